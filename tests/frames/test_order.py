from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_kit.frames.calls.restored import restored
from notebook_kit.frames.calls.standing import order_of
from notebook_kit.frames.order import sending, taken_mark

STARTS = st.one_of(st.none(), st.integers(0, 3))
ROWS = st.lists(
    st.tuples(STARTS, st.sampled_from(["ok", "failed"]), st.sampled_from(["a", "b"])), max_size=6
)


def frame(rows: list[tuple[int | None, str, str]]) -> pd.DataFrame:
    """Return a frame of rows that began at these seconds, ended so and said so."""
    columns: Any = list(zip(*rows, strict=True)) or [(), (), ()]
    started = pd.to_datetime(pd.Series(columns[0], dtype="float64"), unit="s", utc=True)
    table = {"started": started, "status": list(columns[1]), "error": list(columns[2])}
    return restored(pd.DataFrame(table))


@given(ROWS, st.randoms())
def test_the_mark_tells_an_order_in_which_rows_stand_elsewhere(
    rows: list[tuple[int | None, str, str]], random: Any
) -> None:
    """The same rows in the same order have one mark, in another order another one."""
    rows = sorted(rows, key=lambda row: (row[0] is None, row[0] or 0))
    other = rows.copy()
    random.shuffle(other)
    same = [row[:2] for row in rows] == [row[:2] for row in other]
    if rows == other:
        assert order_of(frame(rows)) == order_of(frame(other))
    elif not same:
        assert order_of(frame(rows)) != order_of(frame(other))


@pytest.mark.parametrize("start", [None, 1])
def test_rows_of_one_moment_are_told_apart_by_their_errors(start: int | None) -> None:
    """Also where no row ever began."""
    rows = [(start, "failed", "a"), (start, "failed", "b")]
    assert order_of(frame(rows)) != order_of(frame(rows[::-1]))


def test_what_is_sent_again_is_told_to_one_run() -> None:
    """A run within that run is another, and after the block nothing is told."""
    with sending(["a", "b"]):
        assert taken_mark() == ["a", "b"]
        assert taken_mark() is None
    with sending(["a", "b"]):
        pass
    assert taken_mark() is None
