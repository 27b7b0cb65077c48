"""Answers: what a shard gives back, and how the frame of the whole is made of them."""

from __future__ import annotations

import pickle
from typing import Any

import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit import frames
from notebook_kit.distributed.answer import Answer, cancelled_rows, failed_rows, join, not_ok

KEY = "sk-0123456789abcdef"


class _Stays:
    """Cannot be pickled."""

    def __reduce__(self) -> str:
        message = "stays here"
        raise TypeError(message)


def _unreadable() -> object:
    message = "no such module here"
    raise ImportError(message)


class _Unreadable:
    """Can be pickled, and not be read again."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _unreadable, ()


def _frame_of(values: list[Any]) -> pd.DataFrame:
    return nk.map(lambda value: value, values, progress=False, retry=0).result()


def test_a_frame_survives_the_way() -> None:
    """Opened after the way, an answer has the rows that were packed, but for the items."""
    frame = _frame_of([{"a": [1]}, None, "text", 7])
    answer = pickle.loads(pickle.dumps(Answer.of(frame)))  # noqa: S301 - our own bytes
    opened = answer.open()
    expected = frame.drop(columns="item")
    pd.testing.assert_frame_equal(opened[expected.columns.tolist()], expected)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (_Stays(), r"_Stays, cannot travel.*TypeError: stays here.*plain data"),
        (_Unreadable(), r"cannot be read here \(ImportError: no such module here\)"),
    ],
)
def test_a_result_that_cannot_travel_is_one_failed_row(value: object, said: str) -> None:
    """One result that cannot be packed or read fails its own row and no other."""
    opened = Answer.of(_frame_of([1, value, 3])).open()
    assert opened["status"].tolist() == ["ok", "failed", "ok"]
    assert opened["result"].tolist() == [1, None, 3]
    assert opened["error_type"].tolist()[1] == "DecodeError"
    assert opened["error"].str.contains(said).tolist()[1]
    assert opened.dtypes.to_dict() == cancelled_rows(1).dtypes.to_dict()


def test_errors_are_scrubbed_before_they_travel() -> None:
    """The text of an error leaves a worker without the secrets that are known there."""
    key = nk.Secret(KEY)
    rows = failed_rows(2, ValueError(f"bad key {key.reveal()}"))
    assert rows["error"].tolist() == ["bad key ****"] * 2
    assert KEY.encode() not in pickle.dumps(Answer.of(rows))


@pytest.mark.parametrize("count", [0, 1, 5])
def test_joined_frames_have_the_schema_of_a_local_one(count: int) -> None:
    """Columns, their order and dtypes are those of a local frame, for no rows as for several."""
    local = _frame_of(list(range(count)))
    parts = [local.iloc[:2], local.iloc[2:]] if count > 2 else [local] * bool(count)
    pieces = [Answer.of(part).open() for part in parts]
    joined = join(frames.plan_of(list(range(count))), pieces)
    pd.testing.assert_frame_equal(joined, local)


def test_labels_that_occur_twice_do_not_multiply_rows() -> None:
    """Rows are joined by position, under the labels of the input."""
    items = pd.Series([10, 20, 30], index=["a", "a", "b"])
    pieces = [Answer.of(_frame_of([1])).open(), failed_rows(1, OSError("gone")), cancelled_rows(1)]
    joined = join(frames.plan_of(items), pieces)
    assert joined.index.tolist() == ["a", "a", "b"]
    assert joined["item"].tolist() == [10, 20, 30]
    assert joined["result"].tolist() == [1, None, None]
    assert joined["status"].tolist() == ["ok", "failed", "cancelled"]
    assert not_ok(joined) == [1, 2]
