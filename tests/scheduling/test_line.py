"""The line: who is next, by age or by rank, and who waits for a time."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_kit.scheduling import Status
from notebook_kit.scheduling.line import NOBODY, Line
from notebook_kit.scheduling.ranked_line import RankedLine
from tests.scheduling.parts import ledger_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from notebook_kit.scheduling import Ledger


def settle(ledger: Ledger, index: int) -> None:
    ledger.settle(index, Status.OK, now=0.0)


def ranked(ledger: Ledger, ranks: Sequence[float]) -> RankedLine:
    line = RankedLine(ledger, ranks.__getitem__)
    line.added(0)
    return line


def taken(line: Line, now: float) -> list[int]:
    """Take all who can go now."""
    found = []
    while (index := line.take(now)) != NOBODY:
        found.append(index)
    return found


# By age


def test_the_oldest_goes_first_and_each_goes_once() -> None:
    """In the order of the input, and the time of leaving it is written down."""
    ledger = ledger_of(3)
    line = Line(ledger)
    assert [line.take(1.0), line.take(2.0), line.take(3.0), line.take(4.0)] == [0, 1, 2, NOBODY]
    assert list(ledger.left) == [1.0, 2.0, 3.0]


def test_items_that_have_ended_are_passed_over() -> None:
    """Whether one of them, several, or all that are left."""
    ledger = ledger_of(6)
    line = Line(ledger)
    for index in (1, 2, 4, 5):
        settle(ledger, index)
    assert taken(line, 0.0) == [0, 3]
    ledger.grow(1)
    assert taken(line, 0.0) == [6]


def test_who_comes_again_goes_before_the_fresh_when_the_time_has_come() -> None:
    """Not sooner; the first of those that wait says when."""
    line = Line(ledger_of(3))
    assert line.take(0.0) == 0
    line.try_later(5.0, 0)
    assert line.due == 5.0
    assert line.take(4.9) == 1
    assert line.take(5.0) == 0
    assert line.due is None
    assert line.take(5.0) == 2


@pytest.mark.parametrize("ask", [lambda line: line.take(9.0), lambda line: line.due])
def test_who_has_ended_while_waiting_does_not_come_again(ask: Callable[[Line], object]) -> None:
    """Neither is it started nor waited for."""
    ledger = ledger_of(2)
    line = Line(ledger)
    assert taken(line, 0.0) == [0, 1]
    line.try_later(1.0, 0)
    line.defer(2.0, 1)
    settle(ledger, 0)
    settle(ledger, 1)
    assert ask(line) in (NOBODY, None)
    assert (line.backing_off, line.deferred) == (0, 0)
    assert line.is_empty()


def test_those_who_wait_for_a_server_are_counted_apart() -> None:
    """They back off from nothing; when their time has come they wait no more."""
    line = Line(ledger_of(2))
    taken(line, 0.0)
    line.try_later(3.0, 0)
    line.defer(4.0, 1)
    assert (line.backing_off, line.deferred) == (1, 1)
    assert taken(line, 5.0) == [0, 1]
    assert (line.backing_off, line.deferred) == (0, 0)


def test_one_of_some_can_be_asked_for() -> None:
    """The one whose time came first; nobody as long as none has come."""
    line = Line(ledger_of(4))
    taken(line, 0.0)
    for index, due in enumerate([3.0, 2.0, 1.0, 4.0]):
        line.try_later(due, index)
    assert line.due_of({0, 1}) == 2.0
    assert line.due_of({7}) is None
    assert line.take_one_of({0, 1, 3}, 1.5) == NOBODY
    assert line.take_one_of({0, 1, 3}, 5.0) == 1
    assert line.take_one_of({7}, 5.0) == NOBODY
    assert taken(line, 5.0) == [2, 0, 3]


def test_the_others_keep_their_order_when_one_was_asked_for() -> None:
    """Wherever in the line it stood."""
    line = Line(ledger_of(7))
    taken(line, 0.0)
    for index, due in enumerate([1.0, 10.0, 2.0, 11.0, 12.0, 3.0, 4.0]):
        line.try_later(due, index)
    assert line.take_one_of({1}, 10.0) == 1
    assert taken(line, 12.0) == [0, 2, 5, 6, 3, 4]


def test_one_who_is_asked_for_waits_for_its_server_no_more() -> None:
    """The count of those who do is right."""
    line = Line(ledger_of(1))
    taken(line, 0.0)
    line.defer(1.0, 0)
    assert line.take_one_of({0}, 1.0) == 0
    assert (line.deferred, line.backing_off) == (0, 0)


def test_in_a_plain_line_whoever_cannot_go_is_held() -> None:
    """To put it back would let the younger overtake it for nothing; nobody needs to hurry."""
    line = Line(ledger_of(2))
    first = line.take(0.0)
    assert not line.put_back(first)
    line.hurry(1, 0)
    assert taken(line, 0.0) == [1]


def test_a_line_is_empty_when_nobody_is_left() -> None:
    """Fresh items and those that wait count, whoever has ended does not."""
    ledger = ledger_of(2)
    line = Line(ledger)
    assert not line.is_empty()
    taken(line, 0.0)
    assert line.is_empty()
    line.try_later(1.0, 1)
    assert not line.is_empty()


def test_clearing_gives_back_who_waited_for_another_try() -> None:
    """Who waited for a server had no wait of its own, and nobody comes afterwards."""
    ledger = ledger_of(5)
    line = Line(ledger)
    for _ in range(3):
        line.take(0.0)
    line.try_later(7.0, 0)
    line.defer(8.0, 1)
    settle(ledger, 2)
    assert list(line.taken()) == [0, 1]
    assert line.clear() == [(7.0, 0)]
    assert taken(line, 9.0) == []
    assert (line.due, line.deferred, line.backing_off) == (None, 0, 0)


# By rank


def test_the_lowest_rank_goes_first_and_the_oldest_among_equals() -> None:
    """Whatever the order of the input."""
    ledger = ledger_of(5)
    line = ranked(ledger, [2, 1, 2, 0, 1])
    assert line.ahead == 5
    assert taken(line, 1.0) == [3, 1, 4, 0, 2]
    assert line.ahead == 0
    assert list(ledger.left) == [1.0] * 5


def test_whoever_comes_later_goes_by_rank_too() -> None:
    """One by one or many at once, among those who are there."""
    ranks = [5.0, 1.0, 3.0, 0.0, 4.0, 2.0]
    ledger = ledger_of(2)
    line = ranked(ledger, ranks)
    assert line.take(0.0) == 1
    ledger.grow(1)
    line.added(2)
    ledger.grow(3)
    line.added(3)
    assert line.ahead == 5
    assert taken(line, 0.0) == [3, 5, 2, 4, 0]


def test_who_is_put_back_goes_again_by_rank() -> None:
    """One that is more urgent and comes meanwhile is first; the time of leaving stays the first."""
    ledger = ledger_of(1)
    line = ranked(ledger, [1.0, 0.0])
    assert line.take(1.0) == 0
    assert line.put_back(0)
    ledger.grow(1)
    line.added(1)
    assert [line.take(2.0), line.take(3.0)] == [1, 0]
    assert list(ledger.left) == [1.0, 2.0]


def test_a_retry_goes_by_rank_when_its_time_has_come() -> None:
    """It overtakes no one who is more urgent."""
    line = ranked(ledger_of(3), [1.0, 0.0, 2.0])
    assert line.take(0.0) == 1
    line.try_later(5.0, 1)
    assert line.take(4.0) == 0
    line.try_later(4.5, 0)
    assert taken(line, 5.0) == [1, 0, 2]


def test_an_equal_one_lends_its_urgency() -> None:
    """The first of two equal items goes as early as the second would; never later for it."""
    line = ranked(ledger_of(3), [5.0, 3.0, 0.0])
    assert taken(line, 0.0) == [2, 1, 0]
    line.put_back(0)
    line.put_back(1)
    line.hurry(1, 0)
    line.hurry(0, 2)
    assert taken(line, 0.0) == [0, 1]


def test_urgency_that_is_lent_while_it_waits_counts_when_it_comes_again() -> None:
    """The one that backs off has it as soon as its time has come."""
    line = ranked(ledger_of(3), [5.0, 3.0, 0.0])
    taken(line, 0.0)
    line.try_later(1.0, 0)
    line.hurry(0, 2)
    line.try_later(1.0, 1)
    assert taken(line, 1.0) == [0, 1]


def test_items_that_cannot_be_ranked_go_first_with_what_was_raised() -> None:
    """So that they end at once, each with its own error."""
    ledger = ledger_of(3)
    line = RankedLine(ledger, lambda index: 1.0 / (index - 1))
    line.added(0)
    assert list(line.broken) == [1]
    assert isinstance(line.broken[1], ZeroDivisionError)
    assert taken(line, 0.0) == [1, 0, 2]


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_while_ranking_is_not_an_item_s_error(interrupt: type[BaseException]) -> None:
    """It goes on to whoever is to hear of it."""

    def rank(_: int) -> float:
        raise interrupt

    with pytest.raises(interrupt):
        RankedLine(ledger_of(1), rank).added(0)


def test_of_a_ranked_line_one_of_some_can_be_asked_for() -> None:
    """Those whose time has come, the best of them."""
    line = ranked(ledger_of(3), [2.0, 1.0, 0.0])
    taken(line, 0.0)
    line.try_later(1.0, 0)
    line.try_later(1.0, 1)
    line.try_later(9.0, 2)
    assert line.take_one_of({2}, 1.0) == NOBODY
    assert line.take_one_of({0, 1, 2}, 1.0) == 1
    assert taken(line, 9.0) == [2, 0]


def test_a_ranked_line_knows_when_nobody_is_left() -> None:
    """Whoever ended without being taken is in nobody's way."""
    ledger = ledger_of(3)
    line = ranked(ledger, [0.0, 1.0, 2.0])
    assert not line.is_empty()
    for index in range(3):
        settle(ledger, index)
    assert line.is_empty()
    assert line.take(0.0) == NOBODY


def test_ranked_items_that_have_ended_are_passed_over() -> None:
    """As when they were found in a checkpoint."""
    ledger = ledger_of(4)
    line = ranked(ledger, [3.0, 0.0, 1.0, 2.0])
    settle(ledger, 1)
    settle(ledger, 3)
    assert taken(line, 0.0) == [2, 0]


def test_a_ranked_line_is_not_empty_while_somebody_waits() -> None:
    """Put back or for another try."""
    ledger = ledger_of(1)
    line = ranked(ledger, [0.0])
    line.take(0.0)
    assert line.is_empty()
    line.put_back(0)
    assert not line.is_empty()
    line.take(0.0)
    line.try_later(1.0, 0)
    assert not line.is_empty()


def test_clearing_a_ranked_line_sends_all_home() -> None:
    """Only who has left the input was taken; whoever is fresh, put back or waiting is gone."""
    ledger = ledger_of(4)
    line = ranked(ledger, [0.0, 1.0, 2.0, 3.0])
    assert [line.take(0.0), line.take(0.0)] == [0, 1]
    line.put_back(0)
    line.try_later(5.0, 1)
    assert list(line.taken()) == [0, 1]
    assert line.clear() == [(5.0, 1)]
    assert taken(line, 9.0) == []
    assert line.ahead == 0


@settings(deadline=None)
@given(
    ranks=st.lists(st.integers(0, 3), max_size=30),
    sizes=st.lists(st.integers(1, 5), max_size=30),
    seed=st.integers(0, 99),
)
def test_whoever_is_taken_is_the_best_of_those_there(
    ranks: list[int], sizes: list[int], seed: int
) -> None:
    """However items come, are put back or have ended, and nobody is forgotten."""
    chance = random.Random(seed)
    ledger, there = ledger_of(0), set[int]()
    line = RankedLine(ledger, lambda index: float(ranks[index]))
    for size in sizes:
        first = len(ledger)
        ledger.grow(min(size, len(ranks) - first))
        line.added(first)
        there.update(range(first, len(ledger)))
        for _ in range(chance.randint(0, 4)):
            best = min(there, key=lambda index: (ranks[index], index), default=NOBODY)
            assert line.take(0.0) == best
            if best != NOBODY and chance.random() < 0.3:
                line.put_back(best)
            else:
                there.discard(best)
    assert set(taken(line, 0.0)) == there
