"""The pictures of README and docs, taken again by ``make pictures``: look at them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from tests.browser.lab import LabNotebook

FOLDER = Path(__file__).parents[2] / "docs" / "images"

SETUP: Final = """
import airportsdata, asyncio, pandas as pd, notebook_kit as nk
server = nk.demo.serve(latency="12 ms")
airports = pd.DataFrame(airportsdata.load("IATA").values()).query("iata != ''")
airports = airports.sample(3000, random_state=7)
client = nk.Client(server.url)
"""
FLAKY: Final = """
server.switches.flaky_first_tries = 0.05
airports.loc[airports.sample(20, random_state=1).index, "iata"] = "QQQ"
"""

CHARTS: Final = """
from IPython.display import HTML
server.switches.update({"broken_countries": ["ID"], "slow_countries": ["AU"]})
run = client.map(
    "/airports/{iata}", airports, max_concurrency=30, retry=1, attempt_timeout=0.55, progress=False
)
frame = await run
kinds = ["latency", "failures", "throughput", "timeline"]
charts = [getattr(frame.calls, kind)(run.attempts)._repr_html_() for kind in kinds]
style = "display:grid; grid-template-columns:1fr 1fr; gap:20px; align-items:start"
four = f'<div style="{style}">' + "".join(f"<div>{chart}</div>" for chart in charts) + "</div>"
"""


@dataclass(frozen=True)
class Picture:
    """One state of a panel.

    Attributes:
        source: what starts it; ``run`` is the run.
        says: what the cell says when it has come about.
        before: what is executed first.
        wait_s: how long the charts are given to fill.
        width: of the page in pixels.
    """

    source: str
    says: str
    before: str = ""
    wait_s: float = 0.5
    width: int = 1240


RUN: Final = 'run = client.map("/flaky/airports/{iata}", airports, rate="200/s")'
PICTURES: Final = {
    "panel": Picture(RUN, "NotFound", FLAKY, wait_s=7),
    "narrow": Picture(RUN, "NotFound", FLAKY, wait_s=5, width=520),
    "nothing": Picture('run = client.map("/airports/{iata}", airports.head(0))', "Done"),
    "million": Picture(
        "async def double(number):\n    return 2 * number\n\n"
        "run = nk.map(double, range(1_000_000), loop='kit', max_concurrency=50)",
        "of 1,000,000",
        wait_s=3,
    ),
    "range": Picture(
        "run = nk.map(summarise, range(3_000), loop='kit', max_concurrency=10)",
        "min left",
        "async def summarise(number):\n"
        "    await asyncio.sleep(0.01 if number < 700 else 0.4)\n"
        "    return number\n",
        wait_s=2,
    ),
    "ended": Picture(
        'frame = await client.map("/flaky/airports/{iata}", airports.head(900), progress=False)\n'
        "nk.last_run()",
        "Done, with errors",
        FLAKY,
    ),
    "all_failed": Picture(
        'run = client.map("/airports/{iata}", ["QQQ"] * 300, retry=0)', "Done, all failed"
    ),
    "charts": Picture("HTML(four)", "slowest 5 %", CHARTS, width=1_500),
    "server_said_so": Picture(
        'run = client.map("/limited/airports/{iata}", airports, max_concurrency=20)',
        "server",
        'server.switches.limited_rate = "5/s"',
        wait_s=4,
    ),
}


def test_every_picture_is_shown_somewhere() -> None:
    """What README and docs show is there in both themes, and there is nothing else."""
    pages = [FOLDER.parents[1] / "README.md", *FOLDER.parent.glob("*.md")]
    shown = {
        name
        for page in pages
        for name in re.findall(r"images/(\w+\.png)", page.read_text(encoding="utf-8"))
    }
    assert shown == {f"{name}_{theme}.png" for name in PICTURES for theme in ("light", "dark")}
    assert shown == {path.name for path in FOLDER.iterdir()}


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PICTURES)
def test_a_picture(lab: LabNotebook, name: str, theme: str) -> None:
    """The cell of a run in each state, as JupyterLab shows it."""
    picture = PICTURES[name]
    FOLDER.mkdir(parents=True, exist_ok=True)
    lab.page.set_viewport_size({"width": picture.width, "height": 1_200})
    lab.open([SETUP + picture.before, picture.source, "nk.last_run().cancel()"])
    lab.set_theme(dark=theme == "dark")
    lab.page.evaluate("window.jupyterapp.commands.execute('application:toggle-left-area')")
    lab.run_cell(0)
    lab.wait_cell(0)
    lab.run_cell(1)
    lab.wait_output(1, picture.says)
    lab.page.wait_for_timeout(1_000 * picture.wait_s)  # so that the charts have something to show
    cell = lab.page.locator(".jp-NotebookPanel .jp-Cell").nth(1)
    shown = cell.screenshot()
    assert shown.startswith(b"\x89PNG")
    (FOLDER / f"{name}_{theme}.png").write_bytes(shown)
    lab.run_cell(2)
    lab.wait_cell(2)
