"""A run that has ended, shown again in a real JupyterLab: its buttons work, and its face stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.lab import CELL_S

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.browser.lab import LabNotebook

SETUP = """
import notebook_kit as nk
server = nk.demo.serve(latency="2 ms")
server.switches.flaky_first_tries = 1.0
client = nk.Client(server.url)
codes = ["ZRH", "GVA", "BSL", "XXX"] * 5
"""
RUN = 'frame = await client.map("/flaky/airports/{iata}", codes, retry=0)'
TELL = "frame = await nk.last_run(); print(set(frame['error_type'].dropna()))"


def _buttons(lab: LabNotebook) -> Locator:
    return lab.page.locator(".jp-OutputArea button.jupyter-button")


def _shown_again(lab: LabNotebook, *more: str) -> None:
    lab.open([SETUP, RUN, "server.switches.flaky_first_tries = 0\nnk.last_run()", *more])
    for cell in range(3):
        lab.run_cell(cell)
        lab.wait_cell(cell)
    _buttons(lab).first.wait_for()


def test_failed_rows_are_tried_again_by_a_click(lab: LabNotebook) -> None:
    """The new run is shown in the same cell; what it leaves can be inspected there."""
    _shown_again(lab, TELL)
    lab.click_button("Retry failed")
    lab.wait_output(2, "tried again in a new run, below.")
    lab.run_cell(3)
    lab.wait_output(3, "{'NotFound'}")
    assert lab.output_text(2).count("Done, ") == 2
    inspect = lab.page.locator(".jp-OutputArea button.jupyter-button", has_text="Inspect")
    inspect.click()
    lab.wait_output(2, "Item at position 0, 20 in all")


@pytest.mark.slow
def test_rows_are_saved_by_a_click(lab: LabNotebook) -> None:
    """Save says where the rows are, also after the page was loaded again; no widget is saved."""
    _shown_again(lab)
    lab.click_button("Save")
    lab.wait_output(2, "were saved to")
    assert len(list(lab.server.folder.glob("*.csv"))) == 1
    lab.save()
    lab.reload()
    expect(_buttons(lab)).to_have_count(3, timeout=CELL_S * 1000)
    lab.click_button("Save")
    lab.wait_output(2, "were saved to")
    expect(lab.page.locator(".jp-OutputArea .nbk:visible")).to_have_count(2, timeout=CELL_S * 1000)
