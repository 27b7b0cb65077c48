"""What holds of each chart of each run."""

from __future__ import annotations

import io
import subprocess
import sys
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from notebook_kit.errors import ConfigurationError, ServerError
from notebook_kit.frames import charts
from tests.frames.charts import runs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from notebook_kit.frames.charts import Chart

CHARTS = [charts.latency, charts.timeline, charts.throughput, charts.failures, charts.concurrency]
RUNS = [
    runs.none,
    runs.one,
    runs.all_reused,
    runs.all_failed,
    runs.without_times,
    runs.mixed,
]
SVG = "{http://www.w3.org/2000/svg}"
MOST = 100_000


@pytest.mark.parametrize("chart", CHARTS)
@pytest.mark.parametrize("make", RUNS)
@pytest.mark.parametrize("knows_attempts", [True, False])
def test_any_run_has_a_chart_or_a_sentence(
    chart: Callable[..., Chart],
    make: Callable[[], runs.Made],
    knows_attempts: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """It is an SVG with a name and a description, a figure and a line of text, and small."""
    frame, attempts = make()
    made = chart(frame, attempts if knows_attempts else None)
    root = ET.fromstring(made.svg())  # noqa: S314 - the drawing is what is tested
    assert root.get("role") == "img"
    assert root.get("aria-label") == made.title == root.findtext(f"{SVG}title")
    assert root.find(f"{SVG}desc") is not None
    page = made._repr_html_()
    assert len(page) < MOST
    assert "nan" not in page.lower()
    assert "<script" not in page
    assert repr(made) == f"{chart.__name__}: {made.title}"
    made.figure().savefig(io.BytesIO(), format="png")
    drawn = root.findall(f"{SVG}path")
    assert bool(drawn) == bool(len(made.data))


@pytest.mark.parametrize("chart", CHARTS)
def test_a_frame_that_was_read_back_has_the_same_chart(
    chart: Callable[..., Chart], tmp_path: Path
) -> None:
    """From parquet, from CSV, and with Arrow's dtypes."""
    frame, attempts = runs.mixed()
    wanted = chart(frame, attempts).svg()
    tables = {"frame": frame.drop(columns="result"), "attempts": attempts}
    for name, table in tables.items():
        table.to_parquet(tmp_path / f"{name}.parquet")
        table.to_csv(tmp_path / f"{name}.csv")
    parquet = [pd.read_parquet(tmp_path / f"{name}.parquet") for name in tables]
    csv = [pd.read_csv(tmp_path / f"{name}.csv", index_col=0) for name in tables]
    arrow = [table.convert_dtypes(dtype_backend="pyarrow") for table in parquet]
    for read in (parquet, csv, arrow):
        assert chart(*read).svg() == wanted


@pytest.mark.parametrize("chart", CHARTS)
def test_what_came_from_an_api_is_escaped(chart: Callable[..., Chart]) -> None:
    """Kinds of errors and labels of rows are text, whatever they hold, also for matplotlib."""
    hostile = type("_<img src=x onerror=alert(1)>$x_{1$", (ServerError,), {})
    frame, attempts = runs.all_failed(hostile("no", status_code=500), count=3)
    frame.index = attempts.index = pd.Index(["<script>", "$a^$", "_b"])
    made = chart(frame, attempts)
    page = made._repr_html_()
    assert "<img" not in page
    assert "<script" not in page
    ET.fromstring(made.svg())  # noqa: S314 - the drawing is what is tested
    made.figure().savefig(io.BytesIO(), format="png")


@pytest.mark.parametrize("chart", CHARTS)
def test_what_is_no_frame_is_refused(chart: Callable[..., Chart]) -> None:
    """The message says what is missing and what to give."""
    frame, _ = runs.one()
    with pytest.raises(ConfigurationError, match=r"frame=\[1, 2\] is no DataFrame: give the frame"):
        chart([1, 2])
    with pytest.raises(ConfigurationError, match="frame= has no column 'network_s'"):
        chart(frame.drop(columns="network_s"))
    with pytest.raises(ConfigurationError, match=r"attempts= has no column .*: run\.attempts"):
        chart(frame, frame)


@pytest.mark.slow
def test_a_million_rows_are_a_small_picture() -> None:
    """They are counted together before they are drawn."""
    frame, attempts = runs.many()
    for chart in CHARTS:
        made = chart(frame, attempts)
        assert len(made._repr_html_()) < MOST
        assert len(made.data) < 2_000


def test_pyplot_is_not_touched() -> None:
    """A figure belongs to who asked for it: pyplot is not even imported, nor is matplotlib before.

    Neither is needed for a chart in a page.
    """
    script = """
import sys
from notebook_kit.frames import charts
from tests.frames.charts import runs

chart = charts.latency(*runs.mixed())
chart._repr_html_()
print("matplotlib" in sys.modules)
chart.figure()
print("matplotlib" in sys.modules, "matplotlib.pyplot" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == ["False", "True", "False"]
