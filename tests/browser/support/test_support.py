"""Every button on every kernel, in cells that await, that block and that have returned.

What is measured is kept in build/support; ``python -m tests.browser.support.table`` makes the table
of docs/notebook-support.md of it.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import pytest

from notebook_kit.widgets.clicks import reaches_python
from tests.browser.support.kernels import FOLDER, VERSIONS, name_of
from tests.browser.support.measure import ACTIONS, Moment, click, stop
from tests.browser.support.table import MEASURED

if TYPE_CHECKING:
    from tests.browser.lab import LabNotebook

pytestmark = pytest.mark.slow

SETUP: Final = """
import notebook_kit as nk
server = nk.demo.serve(latency="20 ms")
client = nk.Client(server.url)
codes = ["ZRH", "GVA", "BSL", "XXX"] * 10_000
def start():
    return client.map("/airports/{iata}", codes, max_concurrency=4, retry=0)
"""
CELLS: Final = {
    "awaiting": "await start()",
    "blocking": "start().result()",
    "returned": "run = start()",
}
TOTAL: Final = "of 40,000"


@pytest.mark.parametrize("frontend", ["JupyterLab", "Notebook"])
@pytest.mark.parametrize("version", VERSIONS)
def test_every_button_acts_where_the_kernel_lets_it(
    lab: LabNotebook, frontend: str, version: str
) -> None:
    """Clicks act, or are off with a word on the stop button; the stop button always acts."""
    if not (FOLDER / version).exists() and "CI" not in os.environ:
        pytest.skip(f"NO ipykernel {version}: scripts/make_kernels.sh")
    lab.open([SETUP, *CELLS.values()], kernel=name_of(version), notebook7=frontend == "Notebook")
    lab.run_cell(0)
    lab.wait_cell(0)
    found = {
        moment: _measure(lab, index, moment, version) for index, moment in enumerate(CELLS, start=1)
    }
    MEASURED.mkdir(parents=True, exist_ok=True)
    told = {
        "frontend": frontend,
        "kernel": version,
        "moments": {name: asdict(moment) for name, moment in found.items()},
    }
    path = MEASURED / f"{frontend}-{version}.json"
    path.write_text(json.dumps(told, indent=1), encoding="utf-8")


def _measure(lab: LabNotebook, index: int, moment: str, version: str) -> Moment:
    found = Moment()
    heard = moment == "returned" or reaches_python(blocking=moment == "blocking", version=version)
    _begin(lab, index, moment)
    if heard:
        for action in ACTIONS:
            found.clicks[action] = click(lab, index, action)
        assert None not in found.clicks.values()
        lab.wait_cell(index)
    else:
        lab.wait_output(index, "stop button ends the run")
        lab.page.wait_for_timeout(1_000)  # the row is brought up to date one widget a turn
        for action in ("Pause", "+", "\N{MINUS SIGN}", "Cancel"):
            found.clicks[action] = click(lab, index, action)
        assert set(found.clicks.values()) == {None}
        found.stop = stop(lab, index)
        lab.wait_cell(index)
        return found
    if moment != "returned":
        _begin(lab, index, moment)
        lab.page.wait_for_timeout(500)
        found.stop = stop(lab, index)
        lab.wait_cell(index)
    return found


def _begin(lab: LabNotebook, index: int, moment: str) -> None:
    lab.run_cell(index)
    if moment == "returned":
        lab.wait_cell(index)
    lab.wait_output(index, TOTAL)
    lab.wait_output(index, "Running")
    lab.page.locator(".jp-OutputArea button.jupyter-button", has_text="Pause").wait_for()
