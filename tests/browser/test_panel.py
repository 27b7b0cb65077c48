"""The panel of a run in a real JupyterLab: it moves, its buttons work, and it stays."""

from __future__ import annotations

import json
import re
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from tests.scripts import AT_ONCE_S

if TYPE_CHECKING:
    from tests.browser.lab import LabNotebook

SETUP = """
import notebook_kit as nk
server = nk.demo.serve(latency="50 ms")
client = nk.Client(server.url)
codes = ["ZRH", "GVA", "BSL", "XXX"] * 2000
print(server.url)
"""
START = 'run = client.map("/airports/{iata}", codes, max_concurrency=4, retry=0)'
TELL = """
import json
frame = run.result(timeout=10)
print(json.dumps(frame["status"].value_counts().to_dict()))
"""


def start(lab: LabNotebook, *more: str) -> str:
    """Open a notebook with a server and a run that takes long; give the server's URL."""
    lab.open([SETUP, START, *more])
    lab.run_cell(0)
    lab.wait_cell(0)
    lab.run_cell(1)
    lab.wait_cell(1)
    lab.wait_output(1, "of 8,000")
    # A run gets its buttons when it has lasted.
    lab.wait_button("Pause")
    return lab.output_text(0).strip()


def _requests(url: str) -> int:
    with urllib.request.urlopen(f"{url}/_demo/stats", timeout=5) as answer:  # noqa: S310 - ours
        stats: dict[str, Any] = json.load(answer)
    return int(stats["requests"])


def _stands_still(url: str) -> int:
    """Wait until the server's count is the same for a quarter of a second; give it."""
    deadline = time.monotonic() + 10
    before = _requests(url)
    while time.monotonic() < deadline:
        time.sleep(0.25)
        now = _requests(url)
        if now == before:
            return now
        before = now
    message = "the server's count never stood still"
    raise AssertionError(message)


def _grows_beyond(url: str, count: int) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if _requests(url) > count:
            return True
        time.sleep(0.05)
    return False


def _done(lab: LabNotebook) -> str:
    """Give the number of items done that the face shows."""
    found = re.search(r"([\d,]+) of 8,000", lab.output_text(1))
    assert found is not None
    return found[1]


@pytest.mark.slow
def test_it_moves_while_the_cell_has_returned(lab: LabNotebook) -> None:
    """A run that nobody awaits goes on, and its panel changes in place."""
    start(lab)
    assert "Running" in lab.output_text(1)
    seen = {_done(lab)}
    deadline = time.monotonic() + 10
    while len(seen) < 4 and time.monotonic() < deadline:
        seen.add(_done(lab))
    assert len(seen) == 4
    lab.click_button("Cancel")
    lab.wait_output(1, "Cancelled")


def test_pause_stops_requests_and_resume_goes_on(lab: LabNotebook) -> None:
    """After Pause the server's count stands still; after Resume it grows."""
    url = start(lab)
    lab.click_button("Pause")
    lab.wait_output(1, "Paused")
    count = _stands_still(url)
    assert 0 < count < 8000
    lab.click_button("Resume")
    assert _grows_beyond(url, count)
    lab.click_button("Cancel")
    lab.wait_output(1, "Cancelled")


@pytest.mark.slow
def test_more_and_fewer_at_once(lab: LabNotebook) -> None:
    """The + and − buttons change how many attempts are under way at once."""
    start(lab, "print('at once:', run.max_concurrency)")
    for _ in range(3):
        lab.click_button("More attempts at once")
    lab.wait_output(1, "of 7 at once")
    lab.click_button("Fewer attempts at once")
    lab.wait_output(1, "of 6 at once")
    lab.run_cell(2)
    lab.wait_output(2, "at once: 6")
    lab.click_button("Cancel")
    lab.wait_output(1, "Cancelled")


@pytest.mark.slow
def test_cancel_keeps_every_finished_row(lab: LabNotebook) -> None:
    """After Cancel the buttons go, and the frame has all rows, the finished ones with answers."""
    start(lab, TELL)
    lab.page.wait_for_timeout(500)
    lab.click_button("Cancel")
    lab.wait_output(1, "Cancelled")
    lab.run_cell(2)
    lab.wait_cell(2)
    counts = json.loads(lab.output_text(2))
    assert sum(counts.values()) == 8000
    assert counts["ok"] > 0
    assert counts["cancelled"] > 0
    assert lab.page.locator(".jp-OutputArea button.jupyter-button").count() == 0


def test_the_stop_button_ends_an_awaited_run_and_keeps_the_rest(lab: LabNotebook) -> None:
    """Interrupting a cell that awaits a run ends it at once; nk.last_run() has what is done."""
    lab.open([SETUP, f"await {START.removeprefix('run = ')}", "run = nk.last_run()\n" + TELL])
    lab.run_all()
    lab.wait_output(1, "of 8,000")
    lab.interrupt()
    lab.wait_cell(1, timeout_s=AT_ONCE_S)
    lab.wait_output(1, "Cancelled")
    lab.run_cell(2)
    lab.wait_cell(2)
    counts = json.loads(lab.output_text(2))
    assert sum(counts.values()) == 8000
    assert counts["cancelled"] > 0


@pytest.mark.slow
def test_the_face_stays_in_the_saved_notebook(lab: LabNotebook) -> None:
    """Saved and opened again without a kernel, the finished panel is there and no widget is."""
    start(lab)
    lab.page.wait_for_timeout(300)
    lab.click_button("Cancel")
    lab.wait_output(1, "Cancelled")
    lab.reopen_without_kernel()
    lab.wait_output(1, "Cancelled")
    assert "of 8,000" in lab.output_text(1)
    assert "Error displaying widget" not in lab.output_text(1)
    assert "Loading widget" not in lab.output_text(1)


@pytest.mark.slow
def test_the_face_stays_when_the_kernel_dies(lab: LabNotebook) -> None:
    """A kernel killed in mid-run leaves the last face on the page and in the saved file."""
    start(lab)
    lab.page.wait_for_timeout(500)
    lab.kill_kernel()
    assert "of 8,000" in lab.output_text(1)
    lab.save()
    lab.reopen_without_kernel()
    lab.wait_output(1, "of 8,000")
