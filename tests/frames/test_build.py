from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from notebook_kit.frames import build_frame
from notebook_kit.frames.columns import TEXT
from notebook_kit.redact import Secret
from notebook_kit.scheduling import SOURCES, STATUSES, Ledger, Source, Status
from notebook_kit.scheduling.outcome import UNSETTLED
from tests.frames.ledgers import (
    EPOCH,
    answered,
    everything,
    failed,
    frame_of,
    frame_of_answers,
    settle,
)

SCHEMA = {
    "item": np.dtype(object),
    "result": np.dtype(object),
    "status": pd.CategoricalDtype([*STATUSES, "pending"]),
    "status_code": pd.Int16Dtype(),
    "error_type": TEXT,
    "error": TEXT,
    "source": pd.CategoricalDtype(list(SOURCES)),
    "attempts": np.dtype("int32"),
    "started": pd.DatetimeTZDtype("us", "UTC"),
    "waited_s": np.dtype("float64"),
    "network_s": np.dtype("float64"),
    "backoff_s": np.dtype("float64"),
    "elapsed_s": np.dtype("float64"),
}


def a_million() -> Ledger:
    ledger = Ledger()
    ledger.grow(1_000_000)
    return ledger


# The schema


@pytest.mark.parametrize(
    "ledger",
    [
        Ledger(),
        answered(["text"]),
        failed([ValueError("no")]),
        everything()[1],
        answered([1] * 5_000),
        a_million(),
    ],
    ids=["none", "one answer", "one failure", "all kinds", "thousands", "a million"],
)
def test_schema_is_the_same_for_any_number_of_rows(ledger: Ledger) -> None:
    """Columns, their order and their dtypes do not depend on how many rows there are."""
    frame = frame_of(range(len(ledger)), ledger)
    assert frame.dtypes.to_dict() == SCHEMA
    assert list(frame) == list(SCHEMA)
    assert len(frame) == len(ledger)


@pytest.mark.skipif(pd.__version__ < "3", reason="text is a dtype of its own from pandas 3 on")
def test_text_is_text_on_pandas_3() -> None:
    """Where pandas has a dtype of text, errors are of that dtype."""
    assert frame_of([], Ledger())["error"].dtype == "str"


def test_items_of_a_frame_are_left_out() -> None:
    """A DataFrame's own rows are not repeated in a column."""
    frame = frame_of(pd.DataFrame({"id": [1]}), answered(["a"]))
    assert list(frame) == list(SCHEMA)[1:]


def test_columns_can_be_changed() -> None:
    """The frame is the user's: its columns are writable and share nothing with the run."""
    plan, ledger = everything()
    frame = build_frame(plan, ledger)
    frame.loc[:, "network_s"] = 9.0
    frame.loc[:, "attempts"] = 9
    assert 9.0 not in build_frame(plan, ledger)["network_s"].tolist()
    assert 9 not in build_frame(plan, ledger)["attempts"].tolist()


def test_columns_without_an_error_share_nothing() -> None:
    """Where no row has failed, writing into one column of errors does not change the other."""
    frame = frame_of(range(3), answered("abc"))
    frame.loc[1, "error"] = "mine"
    assert frame["error"].dropna().to_dict() == {1: "mine"}
    assert frame["error_type"].isna().all()
    assert frame_of(range(3), answered("abc"))["error"].isna().all()


def test_making_a_frame_leaves_the_ledger_as_it_is() -> None:
    """Columns are worked out in memory of the frame: a second frame says the same."""
    plan, ledger = everything()
    first = build_frame(plan, ledger)
    pd.testing.assert_frame_equal(build_frame(plan, ledger), first)


# What a row says


def test_rows_say_what_became_of_the_items() -> None:
    """Each way to end is told by its status, its code and its error."""
    frame = build_frame(*everything())
    assert frame["status"].tolist() == [
        "ok", "failed", "timeout", "cancelled", "skipped", "ok", "pending",
    ]  # fmt: skip
    assert frame["result"].tolist() == [{"n": 1}, None, None, None, None, "text", None]
    assert frame["item"].tolist() == list("abcdefg")
    assert frame["status_code"].dropna().to_dict() == {0: 200, 1: 422}
    assert frame["error_type"].dropna().to_dict() == {1: "ValueError", 2: "TimeoutError"}
    assert frame["error"].dropna().to_dict() == {1: "bad value", 2: "too slow"}
    assert frame["attempts"].tolist() == [1, 1, 1, 1, 1, 1, 0]


def test_rows_agree_with_outcomes() -> None:
    """A row of the frame says the same as the outcome of its item."""
    plan, ledger = everything()
    frame = build_frame(plan, ledger)
    for at in range(len(ledger)):
        outcome = ledger.outcome(at, plan.item(at))
        row = frame.loc[at]
        assert (row["status"], row["source"], row["attempts"], row["result"]) == (
            outcome.status if ledger.status[at] != UNSETTLED else "pending",
            outcome.source,
            outcome.attempts,
            outcome.value,
        )
        assert [row["waited_s"], row["network_s"], row["backoff_s"], row["elapsed_s"]] == (
            pytest.approx(
                [outcome.waited_s, outcome.network_s, outcome.backoff_s, outcome.elapsed_s]
            )
        )


def test_times_add_up() -> None:
    """What was not spent in attempts and between them was spent waiting; together it is all."""
    ledger = Ledger(epoch=EPOCH)
    ledger.grow(1)
    ledger.left[0] = 10.0
    ledger.network[0] = 0.5
    ledger.backoff[0] = 2.0
    ledger.settle(0, Status.OK, now=13.0)
    row = frame_of(["a"], ledger).loc[0]
    assert row["started"] == pd.Timestamp("2024-01-01T00:00:10", tz=dt.UTC)
    assert (row["waited_s"], row["network_s"], row["backoff_s"], row["elapsed_s"]) == (
        pytest.approx((0.5, 0.5, 2.0, 3.0))
    )


def test_waiting_is_never_negative() -> None:
    """Rounding in the clock does not make a row wait less than nothing."""
    ledger = Ledger()
    ledger.grow(1)
    ledger.left[0] = 1.0
    ledger.network[0] = 1.0000001
    ledger.settle(0, Status.OK, now=2.0)
    assert frame_of(["a"], ledger).loc[0, "waited_s"] == 0.0


def test_items_that_never_left_have_no_start() -> None:
    """An item that stayed in the input has no instant at which it started, and took no time."""
    ledger = Ledger(epoch=EPOCH)
    ledger.grow(2)
    settle(ledger, 0)
    ledger.settle_rest()
    frame = frame_of(["a", "b"], ledger)
    assert frame["started"].isna().tolist() == [False, True]
    assert frame["elapsed_s"].tolist() == [0.75, 0.0]


@pytest.mark.parametrize(("epoch", "left"), [(EPOCH, 0.123457), (0.0, 0.000249)])
def test_microseconds_are_kept(epoch: float, left: float) -> None:
    """An instant is exact to the microsecond, rounded and not cut."""
    ledger = Ledger(epoch=epoch)
    ledger.grow(1)
    ledger.left[0] = left
    started: Any = frame_of(["a"], ledger).loc[0, "started"]
    assert started.microsecond == round(left * 1e6)


def test_reused_answers_say_where_they_came_from() -> None:
    """An answer that was known already names its source."""
    ledger = Ledger()
    ledger.grow(1)
    ledger.reuse(0, "known", source=Source.CHECKPOINT, status_code=200, now=1.0)
    row = frame_of(["a"], ledger).loc[0]
    assert (row["source"], row["result"], row["status_code"]) == ("checkpoint", "known", 200)


# Errors as text


def test_secrets_are_removed_from_errors() -> None:
    """A secret does not reach the frame, not even the half that cutting would leave."""
    secret = Secret("sk-0123456789abcdef0123456789abcdef")
    padding = "x" * 480
    frame = frame_of(
        range(3),
        failed(
            [
                ValueError(f"{secret.reveal()} was refused"),
                ValueError(f"{padding} {secret.reveal()} was refused"),
                ValueError("GET https://me:pw@host/?token=abc with Bearer abcdefghij"),
            ]
        ),
    )
    assert frame["error"].tolist()[0] == "**** was refused"
    assert "sk-" not in frame["error"].str.cat()
    assert frame["error"].tolist()[2] == "GET https://****@host/?token=**** with Bearer ****"


def test_long_errors_are_cut() -> None:
    """The text of an error is one line of at most 500 characters, however long it was."""
    frame = frame_of(range(2), failed([ValueError("a\nb"), ValueError("long " * 1_000_000)]))
    assert frame["error"].tolist()[0] == "a b"
    assert len(frame["error"].tolist()[1]) == 500


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def test_odd_errors_are_rows_too() -> None:
    """Errors without text, that cannot be read or encoded, or of many at once, are rows."""
    group = ExceptionGroup("several", [ValueError("a"), KeyError("b")])
    frame = frame_of(range(4), failed([TimeoutError(), Mute(), ValueError("\udc80"), group]))
    assert frame["error_type"].tolist() == ["TimeoutError", "Mute", "ValueError", "ExceptionGroup"]
    assert frame["error"].tolist() == [
        "",
        "(its message cannot be read: RuntimeError)",
        "\\udc80",
        "several (2 sub-exceptions): ValueError: a; KeyError: 'b'",
    ]


def test_equal_errors_share_nothing_but_their_text() -> None:
    """Rows with the same text of an error each have it."""
    frame = frame_of(range(3), failed([ValueError("a"), KeyError("b"), ValueError("a")]))
    assert frame["error"].tolist() == ["a", "'b'", "a"]
    assert frame["error_type"].tolist() == ["ValueError", "KeyError", "ValueError"]


def test_errors_of_some_rows_in_any_order() -> None:
    """Each row has its own error, in whatever order they came."""
    ledger = Ledger()
    ledger.grow(100)
    for at in (70, 3, 99, 0):
        settle(ledger, at, Status.FAILED, error=ValueError(f"row {at}"))
    frame = frame_of(range(100), ledger)
    assert frame["error"].dropna().to_dict() == {at: f"row {at}" for at in (0, 3, 70, 99)}
    assert frame["error_type"].dropna().index.tolist() == [0, 3, 70, 99]


# Answers of all kinds


def test_answers_stay_themselves() -> None:
    """Whatever was answered is in the frame as the very object."""
    answers: list[Any] = [
        None, {"a": {"b": [1]}}, [1, 2], [3, 4], np.arange(2), np.array(5), b"bytes", "text", 7,
        pd.DataFrame({"a": [1]}), pd.Series([1]), ValueError("answer"), float("nan"), pd.NA, (1,),
    ]  # fmt: skip
    frame = frame_of_answers(answers)
    assert all(kept is answer for kept, answer in zip(frame["result"], answers, strict=True))
    assert set(frame["status"]) == {"ok"}
    assert frame["error"].isna().all()
