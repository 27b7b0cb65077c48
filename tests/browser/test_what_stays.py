"""What is left of a panel: on a page that is loaded again, in a file that is exported."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import expect

from tests.browser.lab import CELL_S
from tests.browser.test_panel import SETUP, START, start

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.lab import LabNotebook

_COUNT = re.compile(r"([\d,]+) of 8,000")


def _done(lab: LabNotebook, cell: int) -> int:
    """The items done that a cell shows; only what can be seen counts."""
    found = _COUNT.findall(lab.output_text(cell))
    assert len(found) == 1, found
    return int(found[0].replace(",", ""))


def _grows(lab: LabNotebook, cell: int) -> None:
    before = _done(lab, cell)
    deadline = time.monotonic() + 10
    while _done(lab, cell) == before:
        assert time.monotonic() < deadline, f"{before} for 10 s"
        time.sleep(0.05)


def test_a_page_loaded_again_shows_the_run_going_on(lab: LabNotebook) -> None:
    """One face, which moves; the buttons work; the end is shown; and so in another cell."""
    start(lab, "nk.last_run()")
    lab.save()
    lab.reload()
    lab.wait_output(1, "of 8,000")
    _grows(lab, 1)
    lab.click_button("More attempts at once")
    lab.wait_output(1, "of 5 at once")
    lab.run_cell(2)
    lab.wait_output(2, "of 8,000")
    _grows(lab, 2)
    _grows(lab, 1)
    lab.page.locator(".jp-OutputArea button.jupyter-button", has_text="Cancel").last.click()
    lab.wait_output(2, "Cancelled")
    lab.wait_output(1, "Cancelled")
    expect(lab.page.locator(".jp-OutputArea button.jupyter-button")).to_have_count(
        0, timeout=CELL_S * 1000
    )
    assert _done(lab, 1) == _done(lab, 2)


@pytest.mark.slow
def test_an_exported_page_shows_the_face(lab: LabNotebook, tmp_path: Path) -> None:
    """nbconvert's HTML and the raw file have the face as it was, and no word of a widget."""
    start(lab)
    lab.click_button("Cancel")
    lab.wait_output(1, "Cancelled")
    lab.save()
    assert "widget-view" not in lab.path.read_text(encoding="utf-8")
    html, _ = HTMLExporter().from_filename(str(lab.path))
    path = tmp_path / "page.html"
    path.write_text(html, encoding="utf-8")
    page = lab.page.context.new_page()
    # What nbconvert loads from elsewhere is of no use to the face.
    page.route("http*://**", lambda route: route.abort())
    page.goto(path.as_uri(), wait_until="domcontentloaded")
    shown = page.locator(".nbk").inner_text()
    assert "Cancelled" in shown
    assert "of 8,000" in shown
    assert page.locator(".nbk svg").first.is_visible()
    assert "Error displaying widget" not in page.locator("body").inner_text()
    page.close()


@pytest.mark.slow
def test_a_run_in_mid_way_is_in_the_file_of_a_kernel_that_was_killed(lab: LabNotebook) -> None:
    """The saved file has the face as it was last, also when a cell was awaiting the run."""
    lab.open([SETUP, f"await {START.removeprefix('run = ')}"])
    lab.run_all()
    lab.wait_output(1, "of 8,000")
    lab.page.wait_for_timeout(500)
    lab.kill_kernel()
    lab.save()
    text = lab.path.read_text(encoding="utf-8")
    assert "of 8,000" in text
    lab.reopen_without_kernel()
    lab.wait_output(1, "of 8,000")
