from __future__ import annotations

import pytest

from notebook_kit.frames.charts import concurrency
from notebook_kit.frames.charts.load import _even_ticks
from tests.frames.charts import runs


def test_what_was_under_way_adds_up_to_the_time_of_all_attempts() -> None:
    """The mean in each stretch is exact, so that nothing is lost between two looks."""
    frame, attempts = runs.mixed(200)
    data = concurrency(frame, attempts).data
    width = data["to_s"] - data["from_s"]
    assert (data["under_way"] * width).sum() == pytest.approx(attempts["network_s"].sum(), rel=1e-4)
    assert (data["rows_per_s"] * width).sum() == pytest.approx(200)


def test_one_that_ends_as_another_begins_is_not_beside_it() -> None:
    """Times are rounded, the greatest number is not: it was never above two."""
    made = concurrency(*runs.all_failed(count=50))
    assert "2 at most" in made.title


def test_without_the_attempts_the_caption_says_what_is_assumed() -> None:
    """Where rows were tried more than once; else nothing is missing."""
    frame, attempts = runs.mixed(50)
    assert "run.attempts" in concurrency(frame).caption
    assert "run.attempts" not in concurrency(frame, attempts).caption
    assert "run.attempts" not in concurrency(runs.all_failed().frame).caption


@pytest.mark.parametrize(
    ("most", "names"),
    [
        (8, ["0", "4", "8"]),
        (30, ["0", "10", "20", "30"]),
        (1, ["0", "1"]),
        (1_200, ["0", "400", "800", "1,200"]),
        (7, ["0", "7"]),
    ],
)
def test_the_most_that_were_under_way_has_a_tick(most: int, names: list[str]) -> None:
    """It is the limit that was set, in most runs."""
    assert [name for _, name in _even_ticks(most)] == names
