"""What key= gives, looked at before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit.frames import plan_of
from notebook_kit.storage import Keys
from tests.storage.helpers import kept

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work.db"


def said_of(items: Any, key: Callable[[Any], Any], **options: Any) -> str | None:
    keys = Keys(plan_of(items), key, options.pop("part", None), **options)
    keys.check()
    return keys.said


def first_of(pair: Any) -> Any:
    return pair[0]


def test_rows_that_differ_and_have_one_key_are_told_of(path: Path) -> None:
    """Each run says so, and names the key and how many rows have it."""
    table = pd.DataFrame({"iata": ["ZRH", "GVA", "ZRH"], "x": [1, 2, 3]})
    for rows in (table, table.iloc[::-1]):
        run = nk.map(
            lambda row: row["x"],
            rows,
            key=lambda row: row["iata"],
            checkpoint=path,
            progress=False,
        )
        run.result()
        (notice,) = run.snapshot().notices
        assert notice.startswith("2 rows that differ have the key 'ZRH': a later run may give")


def test_rows_of_a_generator_are_looked_at_as_they_come(path: Path) -> None:
    """Two that differ are told of although nobody knows yet what else comes."""

    def come() -> Iterator[tuple[str, int]]:
        yield from [("a", 1), ("b", 2), ("a", 1), ("b", 3), ("b", 4)]

    run = nk.map(lambda pair: pair, come(), key=first_of, checkpoint=path, progress=False)
    run.result()
    (notice,) = run.snapshot().notices
    assert notice.startswith("2 rows that differ have the key 'b':")


@pytest.mark.parametrize(
    ("items", "options", "said"),
    [
        ([("a", 1), ("a", 1), ("b", 1)], {}, None),
        ([("a", 1), ("a", 2)], {"joins": True}, None),
        ([("a", 1), ("a", 2)], {"part": first_of}, None),
        ([("a", object()), ("a", object())], {}, "2 rows that differ have the key 'a':"),
        (
            [("a", 1), ("b", 1), ("a", 2), ("b", 2), ("b", 3), ("a", 3)],
            {},
            "3 rows that differ have the key 'a', and 2 more share other keys:",
        ),
    ],
    ids=["equal", "meant", "alike to the call", "objects", "several"],
)
def test_only_rows_that_make_other_calls_differ(
    items: list[Any], options: dict[str, Any], said: str | None
) -> None:
    """Equal rows may have one key; what a call does not use, or dedupe= joins, is no difference."""
    found = said_of(items, first_of, **options)
    assert found is None if said is None else str(found).startswith(said)


def test_among_many_the_two_are_found() -> None:
    """However many keys there are, one that two rows have is found, and no other is."""
    assert said_of(range(50_000), str) is None
    found = said_of([*range(50_000), 49_999.0], int)
    assert str(found).startswith("2 rows that differ have the key 49999:")


def test_many_that_come_one_by_one_have_room() -> None:
    """The table of an input of unknown length grows with it."""
    plan = plan_of(iter(()))
    keys = Keys(plan, lambda number: number % 5_000, None)
    for number in range(5_001):
        plan.pulled.append(number)
        keys.came(number)
        assert (keys.said is not None) is (number == 5_000)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (lambda row: row["nope"], r"key= raised KeyError: .*nope.* position 0, Row\(\{'a': 1\}\)"),
        (lambda row: 1 // (row["a"] - 2), "key= raised ZeroDivisionError: .* at position 1, Row"),
        (lambda _row: object(), "key= gives a .*object for the item at position 0, Row"),
    ],
)
def test_a_key_that_cannot_be_is_refused_before_anything_is_sent(
    path: Path, key: Callable[[Any], Any], said: str
) -> None:
    """The error names the item and what was raised; no call is made, and no file."""
    called: list[int] = []
    rows = pd.DataFrame({"a": [1, 2, 3]})
    with pytest.raises(nk.ConfigurationError, match=said) as caught:
        nk.map(called.append, rows, key=key, checkpoint=path, progress=False)
    assert "Nothing was sent" in str(caught.value)
    assert called == []
    assert not path.exists()


def test_items_to_come_without_a_key_are_told_of_once(path: Path) -> None:
    """Those of a generator are done and not kept: the first of each kind is named."""
    run = nk.map(
        lambda row: row["b"],
        iter([{"a": 1, "b": 1}, {"b": 2}, {"b": 3}]),
        key=lambda row: row["a"],
        checkpoint=path,
        progress=False,
        max_concurrency=1,
    )
    assert run.result()["result"].tolist() == [1, 2, 3]
    (notice,) = run.snapshot().notices
    assert notice.startswith("key= raised KeyError: 'a' for {'b': 2}. Such items are not kept")
    assert kept(path) == 1
