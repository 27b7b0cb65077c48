from __future__ import annotations

import numpy as np
import pytest

from notebook_kit.frames.charts import latency
from tests.frames.charts import runs


def test_rows_are_counted_by_how_they_ended() -> None:
    """Each that was tried is in one class of one status, and the title says what is to be seen."""
    frame, _ = runs.mixed(100)
    made = latency(frame)
    counted = made.data[["ok", "failed"]].sum()
    assert counted.to_dict() == {"ok": 90, "failed": 10}
    assert made.title.replace("\N{NO-BREAK SPACE}", " ") == ("Nearly all rows took about 400 ms")
    assert "p95" in made.svg()


def test_attempts_are_counted_by_what_came_of_them() -> None:
    """Given the table, those that failed on the way are there too."""
    made = latency(*runs.mixed(100))
    assert made.data[["answered", "failed"]].sum().to_dict() == {"answered": 90, "failed": 40}
    assert "time of an attempt" in made.svg()


def test_hundredths_are_marked_where_they_are() -> None:
    """The words carry the numbers of numpy's percentiles."""
    frame, _ = runs.mixed(100)
    frame["network_s"] = np.geomspace(0.01, 1.0, 100)
    svg = latency(frame).svg().replace("\N{NO-BREAK SPACE}", " ")
    for part in (50, 95, 99):
        milliseconds = 1e3 * np.percentile(frame["network_s"], part)
        assert f"p{part} {milliseconds:.0f} ms" in svg
    assert "slowest 5 %" in svg


@pytest.mark.parametrize("seconds", [0.0, 1e-9, 1e-6, 86_400.0])
def test_times_that_are_all_alike_have_an_axis(seconds: float) -> None:
    """Nothing, next to nothing and a day: all rows are counted."""
    frame, _ = runs.mixed(30)
    frame["network_s"] = seconds
    data = latency(frame).data
    assert data[["ok", "failed"]].to_numpy().sum() == 30
    assert (data["to_s"] > data["from_s"]).all()


def test_calls_that_take_hardly_any_time_are_told() -> None:
    """A function of a few millionths of a second did not take "0.0 ms"."""
    frame = runs.mixed(100).frame.assign(network_s=0.00003)
    title = latency(frame).title.replace("\N{NO-BREAK SPACE}", " ")
    assert title == "Nearly all rows took about 30 µs"
