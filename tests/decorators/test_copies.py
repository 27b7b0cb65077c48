"""Copies of plain data."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import notebook_kit as nk
from notebook_kit.decorators.copies import own_copy


@pytest.mark.parametrize(
    "value",
    [1, "text", None, [], {}, [1, [2, (3, [4])]], {"a": {"b": [{1, 2}]}, "c": ()}, ([], {})],
)
def test_a_copy_is_equal_and_of_the_same_kinds(value: Any) -> None:
    """Whatever is inside what."""
    copy = own_copy(value)
    assert repr(copy) == repr(value)


def test_nothing_that_can_be_changed_is_shared_but_objects() -> None:
    """Objects may be anything, and are given as they are."""
    thing = object()
    value = {"rows": [[1], ({"x": {1}},)], "thing": [thing]}
    copy = own_copy(value)
    copy["rows"][0].append(2)
    copy["rows"][1][0]["x"].add(2)
    assert value == {"rows": [[1], ({"x": {1}},)], "thing": [thing]}
    assert copy["thing"][0] is thing


def test_what_holds_itself_and_what_is_very_deep() -> None:
    """The one is copied with its circle, the other given as it is."""
    circle: list[Any] = [1]
    circle.append(circle)
    copy = own_copy(circle)
    assert copy is not circle
    assert copy[1] is copy
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert own_copy(deep) is deep


@pytest.mark.parametrize("where", ["memory", "file"])
@pytest.mark.parametrize("is_async", [False, True])
def test_who_changes_an_answer_changes_nothing_for_others(
    where: str, tmp_path: Any, *, is_async: bool
) -> None:
    """The first caller, one who was given what is kept, and those who waited for one call."""
    path = tmp_path / "cache.db" if where == "file" else None

    def fetch(number: int) -> dict[str, list[int]]:
        return {"rows": [number]}

    async def fetch_async(number: int) -> dict[str, list[int]]:
        return fetch(number)

    kept = nk.cached(ttl="1 h", path=path)(fetch_async if is_async else fetch)

    async def ask() -> Any:
        answer: Any = kept(1)
        return await answer if is_async else answer

    for _ in range(3):
        answer = asyncio.run(ask())
        assert answer == {"rows": [1]}
        answer["rows"].append(99)
    assert kept.stats().misses == 1


def test_those_who_wait_for_one_call_have_answers_of_their_own() -> None:
    """As many as there are of them."""

    @nk.cached(ttl="1 h")
    async def fetch(number: int) -> list[int]:
        return [number]

    async def main() -> list[list[int]]:
        return await asyncio.gather(*(fetch(1) for _ in range(3)))

    answers = asyncio.run(main())
    assert fetch.stats().misses == 3
    assert len({id(answer) for answer in answers}) == 3


def test_who_changes_the_rows_of_a_map_changes_nothing_for_the_next() -> None:
    """As a cell does that is run again."""

    def fetch(number: int) -> list[int]:
        return [number]

    for _ in range(3):
        frame = nk.map(fetch, [1], cache="1 h", progress=False).result()
        assert frame["result"].tolist() == [[1]]
        frame["result"][0].append(99)
