"""What a call reads of a row is all that makes it another call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit.execution.parts import part_of

if TYPE_CHECKING:
    from pathlib import Path


def test_a_column_beside_those_that_are_read_changes_nothing(tmp_path: Path) -> None:
    """A cell that writes its answers into the table can be run again and sends nothing."""
    calls: list[str] = []

    def length(text: str) -> int:
        calls.append(text)
        return len(text)

    table = pd.DataFrame({"text": ["a", "bcd"]})
    for _ in range(3):
        frame = nk.map(length, table, progress=False, checkpoint=tmp_path / "runs.db").result()
        table["length"] = frame["result"]
    assert sorted(calls) == ["a", "bcd"]
    assert table["length"].tolist() == [1, 3]


def test_a_function_of_the_whole_row_is_called_for_each_new_row(tmp_path: Path) -> None:
    """Nobody knows what it reads of it."""
    calls: list[Any] = []

    def width(row: Any) -> int:
        calls.append(row)
        return len(row)

    table = pd.DataFrame({"text": ["a"]})
    for _ in range(2):
        frame = nk.map(width, table, progress=False, checkpoint=tmp_path / "runs.db").result()
        table["width"] = frame["result"]
    assert len(calls) == 2


MADE_OF: list[tuple[dict[str, Any], int]] = [
    ({}, 1),
    ({"params": {"page": nk.col("page")}}, 2),
    ({"headers": lambda row: {"x-name": row["name"]}}, 3),
    ({"method": "POST", "idempotency_key": nk.col("name")}, 3),
]


@pytest.mark.parametrize(("options", "requests"), MADE_OF)
def test_rows_from_which_the_same_request_is_made_are_sent_once(
    options: dict[str, Any], requests: int, demo: nk.demo.DemoServer
) -> None:
    """Whatever else they hold; a function may read all of it."""
    table = pd.DataFrame({"iata": ["ZRH"] * 3, "page": [1, 1, 2], "name": ["a", "b", "c"]})
    with nk.Client(demo.url) as client:
        client.map("/airports/{iata}", table, dedupe=True, retry=0, progress=False, **options)
    assert demo.stats().requests == requests


def test_what_has_no_such_parts_is_taken_as_a_whole() -> None:
    """Text, rows without a column, and calls that read nothing of their rows."""
    assert part_of({"a": 1, "b": 2}, ["a"]) == {"a": 1}
    assert part_of({"a": 1, "b": 2}, []) == {"a": 1, "b": 2}
    assert part_of({"b": 2}, ["a"]) == {"b": 2}
    assert part_of("text", ["a"]) == "text"
