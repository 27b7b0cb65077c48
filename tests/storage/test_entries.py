"""Rows of outcomes, as they are written."""

from __future__ import annotations

import json
import math
from datetime import date
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from notebook_kit.storage.entries import text_of_value
from notebook_kit.storage.exact_json import from_json
from tests.storage.helpers import Kept, select

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work.db"


def test_a_row_says_what_the_frame_says(path: Path) -> None:
    """Times, tries, status and the item itself are written beside answer and digest."""
    with Kept(path, ["a", "b"]) as run:
        run.ledger.network[0], run.ledger.backoff[0] = 0.25, 0.5
        run.settle(0, {"n": 1})
        run.settle(1, error=ValueError("odd"))
        expected = run.ledger.outcome(0, "a")
        settled_at = run.ledger.settled[0] + run.ledger.epoch
    columns = "started, waited_s, network_s, backoff_s, attempts, status, status_code, settled_at"
    row = select(path, f"SELECT {columns} FROM outcomes WHERE position = 0")[0]  # noqa: S608
    assert row[:4] == (expected.started, expected.waited_s, 0.25, 0.5)
    assert row[4:] == (1, "ok", 200, settled_at)
    texts = "label, item_value, value, error_type, error"
    assert select(path, f"SELECT {texts} FROM outcomes ORDER BY position") == [  # noqa: S608
        (None, '"a"', '{"n":1}', None, None),
        (None, '"b"', None, "builtins.ValueError", "odd"),
    ]


@pytest.mark.parametrize(
    ("items", "labels"),
    [
        (["x", "y"], [None, None]),
        ({"a": 1, (1, 2): 2}, ['"a"', '{"~":["tuple",[1,2]]}']),
        (pd.Series([1, 2], index=[7, 8]), ["7", "8"]),
        (pd.Series([1, 2]), [None, None]),
        (pd.Series([1, 2], index=pd.RangeIndex(0, 4, 2)), ["0", "2"]),
        (
            pd.Series([1, 2], index=pd.date_range("2026-01-01", periods=2, tz="UTC")),
            ['"2026-01-01 00:00:00+00:00"', '"2026-01-02 00:00:00+00:00"'],
        ),
    ],
)
def test_labels_are_those_of_the_input(path: Path, items: Any, labels: list[str | None]) -> None:
    """A label is written as JSON, dates as their text, and none where it is the position."""
    with Kept(path, items) as run:
        run.settle(0, 1)
        run.settle(1, 2)
    found = select(path, "SELECT label FROM outcomes ORDER BY position")
    assert [label for (label,) in found] == labels


def test_an_item_that_json_cannot_hold_is_recognised_all_the_same(path: Path) -> None:
    """Only a frame made of the file lacks the item itself."""
    with Kept(path, [PurePosixPath("a/b")]) as run:
        run.settle(0, 1)
    assert select(path, "SELECT item_value, value FROM outcomes") == [(None, "1")]
    with Kept(path, [PurePosixPath("a/b")]) as run:
        assert run.found() == {0: 1}


@pytest.mark.parametrize("items", [[date(2024, 1, 1)], pd.Series([pd.Timestamp("2024")]), [{1}]])
def test_items_of_dates_and_sets_are_written(path: Path, items: Any) -> None:
    """A frame made of the file shows them as they were."""
    with Kept(path, items) as run:
        run.settle(0, 1)
    [(text,)] = select(path, "SELECT item_value FROM outcomes")
    assert from_json(text) == items[0]
    assert type(from_json(text)) is type(items[0])


def test_an_answer_that_changes_just_now_is_read_again() -> None:
    """While somebody changes an answer it is tried a few times, and then it is an error."""
    tries: list[int] = []

    def changing(value: Any) -> Any:
        tries.append(1)
        if len(tries) < value:
            message = "dictionary changed size during iteration"
            raise RuntimeError(message)
        return value

    assert text_of_value(3, changing) == "3"
    tries.clear()
    with pytest.raises(RuntimeError):
        text_of_value(4, changing)


def test_an_item_without_an_end_of_its_own_is_written_once(path: Path) -> None:
    """Recorded twice before it is written, it is one row, as it was at last."""
    with Kept(path, ["a"]) as run:
        run.settle(0, 1)
        run.journal.record(0)
    assert json.loads(select(path, "SELECT value FROM outcomes")[0][0]) == 1


def test_an_item_that_never_left_the_input_has_no_start(path: Path) -> None:
    """A time that there is none of is NULL, and no number that is none."""
    with Kept(path, ["a"]) as run:
        run.settle(0, 1)
        run.ledger.left[0] = math.nan
    assert select(path, "SELECT started FROM outcomes") == [(None,)]
