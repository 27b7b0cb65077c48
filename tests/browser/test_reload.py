"""What a page shows of a run after it was loaded again, and what its file keeps."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.browser.lab import LabNotebook

SETUP = """
import notebook_kit as nk
server = nk.demo.serve(latency="50 ms")
client = nk.Client(server.url)
codes = ["ZRH", "GVA", "BSL", "XXX"] * 2000
"""
RUN = 'client.map("/airports/{iata}", codes, max_concurrency=4, retry=0)\nprint("started")'
#: Ends the run that long after the page has gone.
LATER = """
import threading
threading.Timer(0.3, lambda: nk.last_run().cancel()).start()
"""
TOLD = "nk.last_run() in a cell puts this one into it."


def _saved_in_mid_run(lab: LabNotebook, *more: str) -> None:
    lab.open([SETUP, RUN, *more])
    for cell in range(2):
        lab.run_cell(cell)
        lab.wait_cell(cell)
    lab.wait_output(1, "1 failed")
    # A page that is loaded again tells so by asking for its widgets: they must be in the file.
    lab.wait_button("Pause")
    lab.save()


def _until_read(lab: LabNotebook, words: str) -> None:
    """Wait until a reader of the cell can see these words."""
    deadline = time.monotonic() + 20
    while words not in lab.output_text(1):
        assert time.monotonic() < deadline, lab.output_text(1)
        lab.page.wait_for_timeout(50)


def test_the_face_says_that_its_file_keeps_another(lab: LabNotebook) -> None:
    """It names the run as the notebook can, and a cell with that puts the face into the file."""
    _saved_in_mid_run(lab, "nk.last_run().cancel()", "nk.last_run()")
    lab.reload()
    lab.wait_output(1, TOLD)
    # The old face is hidden and holds the same words; the new one is drawn anew all the time.
    _until_read(lab, "nk.last_run().inspect(3) shows the first in full.")
    lab.click_button("Inspect")
    lab.wait_output(1, "nk.last_run().inspect() in a cell shows what Inspect would.")
    lab.run_cell(2)
    lab.wait_output(1, "Cancelled")
    lab.save()
    assert "Cancelled" not in lab.path.read_text(encoding="utf-8")
    lab.run_cell(3)
    lab.wait_output(3, "Cancelled")
    lab.save()
    assert "Cancelled" in lab.path.read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_run_that_ends_while_the_page_is_loaded(lab: LabNotebook) -> None:
    """The page finds the last face, and no widget that is gone."""
    _saved_in_mid_run(lab, LATER)
    lab.run_cell(2)
    lab.wait_cell(2)
    assert "Cancelled" not in lab.path.read_text(encoding="utf-8")
    lab.reload()
    lab.wait_output(1, "Cancelled")
    assert "model not found" not in lab.output_text(1)
    assert lab.output_text(1).count("of 8,000") == 1
