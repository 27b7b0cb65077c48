from __future__ import annotations

import pandas as pd
import pytest

from notebook_kit.frames.charts import timeline
from tests.frames.charts import runs


def test_each_attempt_and_each_wait_is_a_stretch_of_time() -> None:
    """In order: held back, tried and refused, back-off by its cause, tried again."""
    made = timeline(*runs.mixed(10))
    data = made.data
    asked = data.loc[data["position"] == 1].sort_values("from_s")
    assert asked["what"].tolist() == [
        "waiting: limits or server",
        "failed",
        "waiting: server said so",
        "answered",
    ]
    assert (asked["to_s"] - asked["from_s"]).tolist() == pytest.approx(
        [0.1, 0.05, 1.0, 0.4], abs=1e-5
    )
    assert asked["from_s"].iloc[1:].tolist() == pytest.approx(
        asked["to_s"].iloc[:-1].tolist(), abs=1e-5
    )
    assert data.index.equals(pd.Index(data["position"], name=data.index.name))
    assert data.loc[data["position"] == 2, "what"].tolist().count("waiting: back-off") == 1
    assert made.caption == ""


def test_without_the_attempts_the_caption_says_what_is_missing() -> None:
    """Waits and tries are as long as they were, and drawn as one each."""
    frame, _ = runs.mixed(10)
    made = timeline(frame)
    mine = made.data.loc[made.data["position"] == 1].sort_values("from_s")
    assert mine["what"].tolist() == ["waiting: limits or server", "waiting: back-off", "ok"]
    assert (mine["to_s"] - mine["from_s"]).tolist() == pytest.approx([0.1, 1.0, 0.45], abs=1e-5)
    assert "attempts=run.attempts" in made.caption


def test_of_many_rows_some_are_chosen_evenly() -> None:
    """The first and the last are among them, and the caption says how many of how many."""
    made = timeline(*runs.mixed(1_000))
    positions = made.data["position"].drop_duplicates().sort_values()
    assert len(positions) == 200
    assert (positions.iloc[0], positions.iloc[-1]) == (0, 999)
    assert positions.diff().max() <= 7
    assert made.caption.startswith("200 of 1,000 rows")


def test_rows_tried_time_and_again_do_not_fill_the_picture() -> None:
    """Of very many attempts some are drawn."""
    frame, attempts = runs.mixed(10)
    frame["attempts"] *= 1_000
    again = pd.concat([attempts] * 1_000)
    made = timeline(frame, again)
    assert "1,000 of their 13,000 attempts are drawn." in made.caption
    assert len(made._repr_html_()) < 100_000


def test_few_rows_are_named_by_their_labels() -> None:
    """And many by their number; the first one is at the top."""
    frame, attempts = runs.mixed(10)
    names = pd.Index([f"customer {at}" for at in range(10)])
    frame.index, attempts.index = names, names.take(attempts["position"].to_numpy())
    svg = timeline(frame, attempts).svg()
    assert svg.index("customer 0<") < svg.index("customer 9<")
    assert "customer" not in timeline(*runs.mixed(100)).svg()


def test_the_title_says_where_the_time_went() -> None:
    """The share of waiting, and what for."""
    frame, attempts = runs.mixed(100)
    attempts.loc[attempts["why"] == "back-off", "backoff_s"] *= 2
    title = timeline(frame, attempts).title.replace("\N{NO-BREAK SPACE}", " ")
    assert title == "The rows spent 49 % of their time waiting, most of it for back-off"
    frame["waited_s"] = frame["backoff_s"] = 0.0
    assert timeline(frame).title.startswith("Hardly any waiting")


def test_a_part_of_a_frame_has_its_own_attempts() -> None:
    """Rows that were taken out or put in another order are found by their labels."""
    frame, attempts = runs.mixed(20)
    failed = frame.loc[frame["status"] == "failed"].iloc[::-1]
    data = timeline(failed, attempts).data
    assert sorted(set(data.index)) == [9, 19]
    assert set(data["position"]) == {0, 1}
