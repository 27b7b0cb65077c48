"""The pictures of the README, taken again: look at them, then copy them to docs/images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.browser.lab import LabNotebook

FOLDER = Path(__file__).parents[2] / "build" / "pictures"
CELLS = [
    """
import airportsdata, pandas as pd, notebook_kit as nk
server = nk.demo.serve(latency="12 ms")
server.switches.flaky_first_tries = 0.05
airports = pd.DataFrame(airportsdata.load("IATA").values()).query("iata != ''")
airports = airports.sample(3000, random_state=7)
airports.loc[airports.sample(20, random_state=1).index, "iata"] = "QQQ"
client = nk.Client(server.url)
""",
    'run = client.map("/flaky/airports/{iata}", airports, rate="200/s")',
    "run.cancel()",
]


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_picture_of_the_panel(lab: LabNotebook, theme: str) -> None:
    """A live run, with failures and a rate, in the middle of its way."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    lab.page.set_viewport_size({"width": 1240, "height": 900})
    lab.open(CELLS)
    lab.set_theme(dark=theme == "dark")
    lab.run_cell(0)
    lab.wait_cell(0)
    lab.run_cell(1)
    lab.wait_output(1, "NotFound")
    lab.page.wait_for_timeout(7_000)  # so that the charts have something to show
    cell = lab.page.locator(".jp-NotebookPanel .jp-Cell").nth(1)
    picture = FOLDER / f"panel_{theme}.png"
    picture.write_bytes(cell.screenshot())
    assert picture.read_bytes().startswith(b"\x89PNG")
    lab.run_cell(2)
    lab.wait_output(1, "Cancelled")
