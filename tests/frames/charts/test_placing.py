from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_kit.errors import ConfigurationError
from notebook_kit.frames.charts import timeline
from notebook_kit.frames.charts.reading import tries_of
from tests.frames.charts import runs

if TYPE_CHECKING:
    from collections.abc import Sequence

FRAME, ATTEMPTS = runs.mixed(20)


def cities(labels: Sequence[Any] = "aab") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a run of 20 rows under labels that occur several times, and its attempts."""
    index = pd.Index([labels[at % len(labels)] for at in range(20)])
    return FRAME.set_axis(index), ATTEMPTS.set_axis(index.take(ATTEMPTS["position"].to_numpy()))


def check(frame: pd.DataFrame, attempts: pd.DataFrame, rows: Sequence[int]) -> None:
    """Check that the attempts are those of these rows of the run, in this order."""
    tries = tries_of(attempts, frame)
    assert tries is not None
    numbers = np.array(rows)
    assert numbers[tries.item].tolist() == tries.table["position"].tolist()
    assert len(tries) == ATTEMPTS["position"].isin(numbers).sum() > 0


@settings(max_examples=60)
@given(
    rows=st.lists(st.integers(0, 19), min_size=1, max_size=20, unique=True),
    labels=st.sampled_from(["a", "ab", "aab"]),
)
def test_a_cut_frame_has_the_attempts_of_its_rows(rows: list[int], labels: str) -> None:
    """Labels that occur several times, rows left out, another order: each attempt is its row's."""
    frame, attempts = cities(labels)
    check(frame.iloc[rows], attempts, rows)


def test_a_frame_cut_by_a_condition_has_the_attempts_of_its_rows() -> None:
    """As in `frame[frame["attempts"] > 1]`, sorted, and with labels that say nothing any more."""
    frame, attempts = cities()
    several = frame[frame["attempts"] > 1]
    rows = np.flatnonzero((frame["attempts"] > 1).to_numpy()).tolist()
    check(several, attempts, rows)
    check(several.reset_index(drop=True).add_prefix("", axis=0), attempts, rows)
    check(frame.sort_values("started", ascending=False), attempts, list(range(20))[::-1])


def test_one_of_two_frames_put_together_has_attempts() -> None:
    """The rows of the other run have none, whichever comes first."""
    other = FRAME.assign(started=FRAME["started"] + pd.Timedelta("1h"))
    check(pd.concat([FRAME, other]), ATTEMPTS, list(range(40)))
    tries = tries_of(ATTEMPTS, pd.concat([other, FRAME]))
    assert tries is not None
    assert (tries.item - 20).tolist() == ATTEMPTS["position"].tolist()


def test_attempts_of_two_runs_are_refused_where_labels_do_not_tell_them_apart() -> None:
    """The error says how labels can; then all are drawn."""
    later = {"started": pd.Timedelta("1h"), "ended": pd.Timedelta("1h")}
    other = FRAME.assign(started=FRAME["started"] + later["started"])
    others = ATTEMPTS.assign(**{name: ATTEMPTS[name] + by for name, by in later.items()})
    both, attempts = pd.concat([FRAME, other]), pd.concat([ATTEMPTS, others])
    for frame in (both, FRAME):
        with pytest.raises(ConfigurationError, match=r"several runs.*pd\.concat\(\{'a': frame_a"):
            timeline(frame, attempts)
    told = tries_of(pd.concat({"a": ATTEMPTS, "b": others}), pd.concat({"a": FRAME, "b": other}))
    assert told is not None
    half = len(ATTEMPTS)
    assert told.item[:half].tolist() == ATTEMPTS["position"].tolist()
    assert (told.item[half:] - 20).tolist() == ATTEMPTS["position"].tolist()


@pytest.mark.parametrize("rows", [slice(3, None), slice(None, None, -1)])
def test_without_times_nothing_tells_rows_of_one_label_apart(rows: slice) -> None:
    """The error says what to give instead."""
    frame, attempts = cities("a")
    frame["started"] = frame["started"].where(frame["attempts"] < 0)
    check(frame, attempts, list(range(20)))
    if rows.step is None:
        with pytest.raises(ConfigurationError, match=r"labels of frame= occur more than once.*"):
            timeline(frame.iloc[rows], attempts)


def test_rows_of_one_label_and_one_moment_have_to_be_all_there() -> None:
    """They are told apart by their order."""
    frame, attempts = cities("a")
    moment = frame["started"].iloc[0]
    first = attempts["position"].isin([0, 4]).to_numpy()
    frame = frame.assign(started=frame["started"].mask(np.arange(20) == 4, moment))
    since = (attempts["started"] - moment).dt.total_seconds()
    attempts = attempts.assign(waited_s=attempts["waited_s"].mask(first, since))
    check(frame.iloc[[4, 0, 7]].iloc[[1, 0, 2]], attempts, [0, 4, 7])
    with pytest.raises(ConfigurationError, match="times do not say"):
        timeline(frame.iloc[[4, 7]], attempts)


def test_attempts_after_the_first_do_not_say_whose_they_are() -> None:
    """Where the first ones were taken away, rows of one label cannot be told apart."""
    frame, attempts = cities("a")
    later = attempts[attempts["attempt"] > 1]
    with pytest.raises(ConfigurationError, match="times do not say"):
        timeline(frame.iloc[3:], later)


def test_rows_that_were_not_tried_have_no_attempts() -> None:
    """Neither has a part of a frame in which nothing was sent, whatever its labels."""
    frame, attempts = cities()
    none = frame.iloc[:3].assign(attempts=0)
    for part in (none, none.set_axis(list("xyz"))):
        tries = tries_of(attempts, part)
        assert tries is not None
        assert len(tries) == 0
