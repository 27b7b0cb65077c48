"""Plans: items of a sequence are at hand, those of an iterator once they were pulled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from notebook_kit.scheduling import Plan

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


def test_a_sequence_has_a_length_and_all_of_its_items() -> None:
    """Nothing is copied: the plan looks into the sequence itself."""
    plan = Plan(range(10**9))
    assert plan.length == 10**9
    assert plan.item(123_456_789) == 123_456_789
    assert plan.items(3) == range(3)
    assert not plan.pulled


def test_an_iterator_has_the_items_that_were_pulled() -> None:
    """Its length is not known, and an item is there once it has left the input."""
    source = iter("abc")
    plan = Plan(source)
    assert plan.length is None
    plan.pulled += [next(source), next(source)]
    assert (plan.item(0), plan.item(1)) == ("a", "b")
    assert plan.items(5) == ["a", "b"]
    with pytest.raises(IndexError):
        plan.item(2)


def test_an_async_iterator_has_no_length_either() -> None:
    """What is awaited for each item is of unknown length too."""

    async def letters() -> AsyncIterator[str]:
        yield "a"

    assert Plan(letters()).length is None


@pytest.mark.parametrize("known", [True, False])
def test_the_getter_gives_what_item_gives(*, known: bool) -> None:
    """Of a sequence at once, of an iterator what has been pulled by the time it is asked."""
    plan = Plan("abc" if known else iter("abc"))
    get = plan.getter
    if not known:
        plan.pulled.extend("abc")
    assert [get(index) for index in range(3)] == [plan.item(index) for index in range(3)]


def test_items_keep_the_numbers_of_the_first_plan() -> None:
    """So that a row that is tried again in a new run is known by its first position."""
    first, again = Plan("abcd"), Plan("bd", positions=[1, 3])
    assert [first.numbered(index) for index in (1, 3)] == [(1, "b"), (3, "d")]
    assert [again.numbered(index) for index in (0, 1)] == [(1, "b"), (3, "d")]
