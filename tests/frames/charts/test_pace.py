from __future__ import annotations

import pytest

from notebook_kit.frames.charts import throughput
from tests.frames.charts import runs


def test_every_row_ended_in_one_column() -> None:
    """Columns times their width are the rows, and the line lies among them."""
    frame, _ = runs.mixed(200)
    data = throughput(frame).data
    width = data["to_s"] - data["from_s"]
    assert (data["rows_per_s"] * width).sum() == pytest.approx(200)
    assert data["smoothed_per_s"].between(0, data["rows_per_s"].max()).all()
    assert "attempts_per_s" not in data


def test_attempts_are_a_second_line() -> None:
    """Where more were made than rows ended; without the table the caption says what is missing."""
    frame, attempts = runs.mixed(200)
    made = throughput(frame, attempts)
    data = made.data
    assert data["attempts_per_s"].sum() > data["smoothed_per_s"].sum()
    assert "attempts ended" in made.svg()
    assert "run.attempts" in throughput(frame).caption
    assert "run.attempts" not in made.caption


def test_rows_that_were_reused_are_left_out_and_said() -> None:
    """They ended at once, which is no throughput."""
    frame, _ = runs.mixed(100)
    frame.loc[:49, "attempts"] = 0
    made = throughput(frame)
    assert made.title.startswith("50 rows in")
    assert "Not shown: 50 rows" in made.caption


def test_rows_of_a_live_run_that_have_not_ended_are_left_out() -> None:
    """The frame does not say how long they have taken."""
    frame, _ = runs.mixed(100)
    frame.loc[:9, "status"] = "pending"
    assert throughput(frame).title.startswith("90 rows in")
