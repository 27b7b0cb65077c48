"""The inspector of an item in a real JupyterLab: it goes from failure to failure, and it stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.browser.lab import LabNotebook

SETUP = """
import notebook_kit as nk
server = nk.demo.serve(latency="2 ms")
client = nk.Client(server.url)
codes = ["ZRH", "<b>X", "GVA", "XXX", "BSL"] * 40
"""
CELLS = [
    SETUP,
    "run = client.map('/airports/{iata}', codes, progress=False, retry=0); frame = run.result()",
    "run.inspect()",
]
LIVE = "live = client.map('/airports/{iata}', codes * 50, max_concurrency=2, retry=0)"
#: Clicks a button and tells how many milliseconds later the text is there.
CLICK = """async ([cell, label, text]) => {
    const cells = document.querySelectorAll('.jp-NotebookPanel .jp-Cell');
    const outputs = cells[cell].querySelector('.jp-Cell-outputWrapper');
    const button = [...outputs.querySelectorAll('button')].find(
        it => it.textContent.trim() === label);
    const begun = performance.now();
    button.click();
    while (!outputs.textContent.includes(text) && performance.now() - begun < 5000) {
        await new Promise(requestAnimationFrame);
    }
    return performance.now() - begun;
}"""


def _click(lab: LabNotebook, cell: int, label: str, text: str) -> float:
    """Click a button of a cell, and give the seconds until a text was there."""
    return float(lab.page.evaluate(CLICK, [cell, label, text])) / 1_000


def _buttons(lab: LabNotebook) -> Locator:
    return lab.page.locator(".jp-OutputArea button.jupyter-button")


def test_from_failure_to_failure_and_back_without_a_kernel(lab: LabNotebook) -> None:
    """A click shows the next failure at once; what is saved is the face, and no dead widget."""
    lab.open(CELLS)
    for cell in range(3):
        lab.run_cell(cell)
        lab.wait_cell(cell)
    lab.wait_output(2, "Item at position 1, 200 in all")
    _buttons(lab).first.wait_for()
    times = [
        _click(lab, 2, "Next failure", f"Item at position {position}, 200 in all")
        for position in (3, 6, 8, 11)
    ]
    assert sorted(times)[1] < 0.3
    assert "/airports/XXX" not in lab.output_text(2)
    assert "/airports/%3Cb%3EX" in lab.output_text(2)
    assert _click(lab, 2, "Previous failure", "Item at position 8, 200 in all") < 5
    box = lab.page.locator(".jp-OutputArea input[type=number]")
    box.fill("199")
    box.press("Enter")
    lab.wait_output(2, "Item at position 199, 200 in all")
    box.fill("200")
    box.press("Enter")
    lab.wait_output(2, "There is no item at position 200: 200 have come so far.")
    lab.click_button("Close")
    _buttons(lab).first.wait_for(state="detached")
    lab.reopen_without_kernel()
    lab.wait_output(2, "Item at position 199, 200 in all")
    assert "/airports/BSL" in lab.output_text(2)
    assert "Error displaying widget" not in lab.output_text(2)
    assert "Loading widget" not in lab.output_text(2)


@pytest.mark.slow
def test_the_panel_opens_it_under_itself(lab: LabNotebook) -> None:
    """The panel's button shows the first failure in the panel's own cell, also beside others."""
    lab.open([SETUP, LIVE, "import time; time.sleep(1)", "live.cancel()"])
    lab.run_cell(0)
    lab.wait_cell(0)
    lab.run_cell(1)
    lab.wait_output(1, "NotFound")
    lab.click_button("Inspect")
    lab.wait_output(1, "Item at position 1, 10,000 in all")
    lab.run_cell(2)
    lab.wait_cell(2)
    _click(lab, 1, "Next failure", "Item at position 3, 10,000 in all")
    assert "Item at position 3, 10,000 in all" in lab.output_text(1)
    lab.run_cell(3)
    lab.wait_cell(3)
    lab.wait_output(1, "Cancelled")
    assert "Item" not in lab.output_text(2) + lab.output_text(3)
    lab.click_button("Close")
    _buttons(lab).first.wait_for(state="detached")


def test_after_the_page_was_loaded_again(lab: LabNotebook) -> None:
    """What was shown stays, and `run.inspect` shows another that works; so does its own cell."""
    lab.open([*CELLS, "run.inspect(2)"])
    for cell in range(3):
        lab.run_cell(cell)
        lab.wait_cell(cell)
    lab.wait_output(2, "Item at position 1, 200 in all")
    lab.save()
    lab.reload()
    lab.wait_output(2, "Item at position 1, 200 in all")
    # The page has its kernel again when it has drawn its widgets; it would begin another before.
    _buttons(lab).first.wait_for()
    lab.run_cell(3)
    lab.wait_output(3, "Item at position 2, 200 in all")
    _buttons(lab).nth(5).wait_for()
    assert _click(lab, 3, "Next failure", "Item at position 3, 200 in all") < 5
    assert _click(lab, 3, "Next failure", "Item at position 6, 200 in all") < 5
    # The one of before goes its own way, and is seen once.
    assert lab.output_text(2).count("Item at position 1, 200 in all") == 1
    assert _click(lab, 2, "Next failure", "Item at position 3, 200 in all") < 5
    assert "Item at position 1, 200 in all" not in lab.output_text(2)
    assert "Item at position 6, 200 in all" in lab.output_text(3)
    lab.run_cell(2)
    lab.wait_cell(2)
    lab.wait_output(2, "Item at position 1, 200 in all")
    assert _click(lab, 2, "Next failure", "Item at position 3, 200 in all") < 5
    assert "Error displaying widget" not in lab.output_text(2) + lab.output_text(3)


def test_no_column_of_the_attempts_is_cut(lab: LabNotebook) -> None:
    """Where there is no room for the table each attempt is a few lines, with what they are."""
    page = lab.page
    lab.open(CELLS)
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    for cell in range(3):
        lab.run_cell(cell)
        lab.wait_cell(cell)
    lab.wait_output(2, "Item at position 1, 200 in all")
    for width in (800, 520, 400):
        page.set_viewport_size({"width": width, "height": 1_200})
        table = page.locator(".nbk-scroll").first
        wide, room = table.evaluate("it => [it.scrollWidth, it.clientWidth]")
        assert wide <= room
        started = table.locator("td").nth(4)
        said = started.evaluate("it => getComputedStyle(it, '::before').content")
        assert ("started" in said) is (width < 800)
        ends = [it.bounding_box() for it in (started, page.locator(".nbk-inspector").first)]
        assert ends[0] is not None
        assert ends[1] is not None
        assert ends[0]["x"] + ends[0]["width"] <= ends[1]["x"] + ends[1]["width"]
