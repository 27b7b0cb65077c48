"""A pilot in a real JupyterLab: the forecast is there, and one click goes on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.browser.lab import LabNotebook

SETUP = """
import json
import notebook_kit as nk
server = nk.demo.serve(latency="20 ms")
client = nk.Client(server.url)
codes = ["ZRH", "GVA", "BSL", "XXX"] * 250
"""
START = """
run = client.map("/airports/{iata}", codes, pilot=40, retry=0, cost=lambda it: 0.002, max_cost=2)
frame = await run
print(json.dumps(frame["status"].value_counts().to_dict()))
"""
TELL = """
frame = run.result(timeout=20)
print(json.dumps(frame["status"].value_counts().to_dict()))
"""


@pytest.mark.slow
def test_a_click_goes_on_from_the_pilot(lab: LabNotebook) -> None:
    """The cell ends with the pilot's rows; a click does the others as well."""
    lab.open([SETUP, START, TELL])
    lab.run_cell(0)
    lab.wait_cell(0)
    lab.run_cell(1)
    lab.wait_cell(1)
    lab.wait_output(1, "Pilot done")
    lab.wait_output(1, "The other 960 items")
    found = json.loads(lab.output_text(1).strip().splitlines()[-1])
    assert found["pending"] == 960
    lab.click_button("Go on")
    lab.wait_output(1, "1,000 of 1,000")
    lab.run_cell(2)
    lab.wait_cell(2)
    found = json.loads(lab.output_text(2).strip().splitlines()[-1])
    assert (found["ok"], found["failed"]) == (750, 250)
