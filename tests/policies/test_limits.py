"""Limits: several rates taken together, shared with others, first come, first served."""

from __future__ import annotations

import heapq
import math
import random
import threading
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_kit.errors import ConfigurationError
from notebook_kit.policies.limits import Limits
from notebook_kit.policies.rate import Rate

PLAIN = settings(deadline=None)
THOROUGH = settings(deadline=None, max_examples=300)


@dataclass(eq=False)
class Caller:
    """Someone who wants permits of these weights, one after the other."""

    limits: Limits
    wants: list[tuple[float, ...]]
    arrives: float = 0.0
    rests: float = 0.0
    late: float = 0.0
    has_ticket: bool = True
    granted: list[float] = field(default_factory=list)


def serve(callers: list[Caller], *, until: float = math.inf) -> int:
    """Let all of them ask, each at the time it was told, and return how often anyone asked."""
    queue = [(caller.arrives, position) for position, caller in enumerate(callers)]
    heapq.heapify(queue)
    asked = 0
    while queue and queue[0][0] <= until:
        now, position = heapq.heappop(queue)
        caller = callers[position]
        if len(caller.granted) == len(caller.wants):
            continue
        asked += 1
        weights = caller.wants[len(caller.granted)]
        at = caller.limits.take_or_wait(now, weights, caller if caller.has_ticket else None)
        if at <= now:
            caller.granted.append(now)
            at = now + caller.rests
        else:
            at += caller.late
        heapq.heappush(queue, (at, position))
    return asked


def most_in_any_window(taken: list[tuple[float, float]], length: float) -> float:
    """Return the most weight that a half-open window holds; it begins at a grant."""
    taken = sorted(taken)
    return max(
        sum(weight for time, weight in taken if begin <= time < begin + length)
        for begin, _ in taken
    )


# One who asks


def test_no_limit_never_waits() -> None:
    """Without rates there is nothing to take, and the limits are false."""
    limits = Limits()
    assert not limits
    assert limits.weights("item") == ()
    assert limits.take_or_wait(3.0, ()) == 3.0


def test_all_or_nothing() -> None:
    """Where one of two rates refuses, nothing is taken of the other."""
    fast, slow = Rate(100, burst=True), Rate(1, burst=True)
    limits = Limits([fast, slow])
    assert limits
    assert limits.take_or_wait(0.0, (1.0, 1.0)) == 0.0
    assert limits.take_or_wait(0.5, (1.0, 1.0)) == 1.01
    alone = Limits([fast])
    assert [alone.take_or_wait(0.6, (1.0,)) for _ in range(99)] == [0.6] * 99
    assert alone.take_or_wait(0.6, (1.0,)) > 0.6


@THOROUGH
@given(
    rates=st.lists(
        st.builds(
            Rate,
            st.integers(1, 20),
            per=st.sampled_from([0.2, 1.0, 7.0]),
            burst=st.booleans(),
        ),
        min_size=1,
        max_size=3,
    ),
    asks=st.lists(
        st.tuples(st.floats(0, 0.5), st.lists(st.integers(0, 20), min_size=3, max_size=3)),
        min_size=1,
        max_size=60,
    ),
    eager=st.booleans(),
)
def test_several_rates_hold_at_once(
    rates: list[Rate], asks: list[tuple[float, list[int]]], *, eager: bool
) -> None:
    """However weights and times are mixed, no window of any rate holds more than it may."""
    limits = Limits(rates)
    now, taken = 0.0, []
    for gap, given_weights in asks:
        weights = [
            float(min(weight, rate.amount))
            for weight, rate in zip(given_weights, rates, strict=False)
        ]
        now += gap
        at = limits.take_or_wait(now, weights)
        while eager and at > now:
            now = at
            at = limits.take_or_wait(now, weights)
        if at <= now:
            taken.append((now, weights))
    for position, rate in enumerate(rates):
        used = [(time, weights[position]) for time, weights in taken]
        if used:
            most = most_in_any_window(used, float(rate.per))  # type: ignore[arg-type]
            assert most <= rate.amount + 1e-6


def test_the_same_rate_given_twice_counts_once() -> None:
    """A rate given to a client and to its map is one limit: an item is not charged twice."""
    rate = Rate(2, burst=True)
    limits = Limits([rate, rate])
    assert limits.rates == (rate,)
    assert [limits.take_or_wait(0.0, limits.weights(None)) for _ in range(3)] == [0.0, 0.0, 1.01]


def test_weights_come_from_the_item() -> None:
    """A rate with a weight function asks it; one without counts calls."""
    limits = Limits([Rate(5), Rate(100, weight=len)])
    assert limits.weights("abc") == (1.0, 3.0)


@pytest.mark.parametrize("weight", [-1, math.nan, math.inf, -math.inf, 10**400, None, "many"])
def test_a_weight_must_be_a_number_that_can_be_counted(weight: Any) -> None:
    """What a weight function gives is checked before it is used."""
    with pytest.raises(ConfigurationError, match="must be a number of zero or more"):
        Limits([Rate(5, weight=lambda _: weight)]).weights("item")


def test_what_a_weight_function_raises_goes_to_the_caller() -> None:
    """The error of a user's function is not dressed up."""
    with pytest.raises(ZeroDivisionError):
        Limits([Rate(5, weight=lambda _: 1 / 0)]).weights("item")


# Several who share


@THOROUGH
@given(
    data=st.data(),
    amount=st.integers(2, 12),
    burst=st.booleans(),
    tickets=st.booleans(),
)
def test_sharers_together_keep_the_rate(
    data: st.DataObject, amount: int, *, burst: bool, tickets: bool
) -> None:
    """However late they come, all are served, and no window holds more than for one of them."""
    rate = Rate(amount, per=1.0, weight=float, burst=burst)
    callers = [
        Caller(
            Limits([rate]),
            [(float(weight),) for weight in weights],
            arrives=data.draw(st.floats(0, 2)),
            rests=data.draw(st.sampled_from([0.0, 0.1, 0.7])),
            late=data.draw(st.sampled_from([0.0, 0.003, 0.4])),
            has_ticket=tickets,
        )
        for weights in data.draw(
            st.lists(st.lists(st.integers(0, amount), max_size=8), min_size=1, max_size=6)
        )
    ]
    serve(callers, until=1000.0)
    assert all(len(caller.granted) == len(caller.wants) for caller in callers)
    taken = [
        (time, weights[0])
        for caller in callers
        for time, weights in zip(caller.granted, caller.wants, strict=True)
    ]
    assert not taken or most_in_any_window(taken, 1.0) <= amount + 1e-6


def test_callers_who_are_always_late_do_not_block_each_other() -> None:
    """Two who come when others may go first are both served: nobody loses a place for nothing."""
    rate = Rate(8)
    late = [Caller(Limits([rate]), [(5.0,)] * 9, arrives, late=0.4) for arrives in (1.1, 1.8)]
    serve(late, until=100.0)
    assert [len(caller.granted) for caller in late] == [9, 9]


@PLAIN
@given(
    amount=st.integers(1, 60),
    per=st.sampled_from([0.5, 1.0, 60.0]),
    count=st.integers(1, 150),
    burst=st.booleans(),
)
def test_many_single_calls_go_in_the_order_they_came_and_do_not_wake_in_vain(
    amount: int, per: float, count: int, *, burst: bool
) -> None:
    """Many callers of one permit each: first come, first served, few questions, no time lost."""
    rate = Rate(amount, per=per, burst=burst)
    callers = [Caller(Limits([rate]), [(1.0,)]) for _ in range(count)]
    asked = serve(callers)
    times = [caller.granted[0] for caller in callers]
    assert times == sorted(times)
    assert asked <= 5 * count
    windows = (count - 1) // amount
    ideal = windows * per if burst else (count - 1) * per / amount
    assert windows * per <= times[-1] <= 1.02 * ideal + 1e-6


@pytest.mark.parametrize("burst", [True, False])
def test_a_heavy_item_is_not_overtaken_for_ever(*, burst: bool) -> None:
    """Beside thirty callers who always want a little, one who needs the whole window gets it."""
    draw = random.Random(4).random
    rate = Rate(100, weight=float, burst=burst)
    light = [
        Caller(Limits([rate]), [(5.0,)] * 10_000, draw(), rests=draw() / 3, late=draw() / 300)
        for _ in range(30)
    ]
    heavy = Caller(Limits([rate]), [(100.0,)] * 5, arrives=1.0)
    serve([*light, heavy], until=30.0)
    assert len(heavy.granted) == 5
    assert all(len(caller.granted) >= 5 for caller in light)


def test_who_waits_for_a_slower_limit_of_its_own_holds_nobody_up() -> None:
    """A run with a slow rate of its own keeps no place in the line of the shared one."""
    shared, slow = Rate(10, burst=True), Rate(1, per="hour", burst=True)
    both = Caller(Limits([shared, slow]), [(1.0, 1.0)] * 2)
    one = Caller(Limits([shared]), [(10.0,)] * 5, arrives=0.5)
    serve([both, one], until=10.0)
    assert len(both.granted) == 1
    assert one.granted == pytest.approx([1.01, 2.02, 3.03, 4.04, 5.05])


def test_a_place_is_given_up_while_another_limit_is_in_the_way() -> None:
    """Held back by its own slow rate, a run leaves all of the shared one to the others."""
    shared, slow = Rate(10, burst=True), Rate(1, per="hour", burst=True)
    both, one = Limits([shared, slow]), Limits([shared])
    assert one.take_or_wait(0.0, (10.0,)) == 0.0
    assert both.take_or_wait(0.5, (1.0, 1.0), "both") == 1.01
    assert Limits([slow]).take_or_wait(0.8, (1.0,)) == 0.8
    assert both.take_or_wait(1.01, (1.0, 1.0), "both") > 3600
    assert one.take_or_wait(1.02, (10.0,), "one") == 1.02
    assert both.take_or_wait(2.5, (1.0, 1.0), "both") > 3600
    assert one.take_or_wait(2.6, (10.0,), "one") == 2.6


def test_a_place_is_kept_for_a_moment_only() -> None:
    """One who does not come for its turn holds the others up for a quarter of a second."""
    limits = Limits([Rate(10, burst=True)])
    limits.take_or_wait(0.0, (10.0,))
    assert limits.take_or_wait(0.1, (10.0,), "absent") == 1.01
    assert limits.take_or_wait(1.2, (1.0,), "present") > 1.2
    assert limits.take_or_wait(1.27, (1.0,), "present") == 1.27


def test_who_leaves_gives_up_its_place_at_once() -> None:
    """A cancelled run's claim is gone as soon as it says so."""
    limits = Limits([Rate(10, burst=True)])
    limits.take_or_wait(0.0, (5.0,))
    assert limits.take_or_wait(0.1, (10.0,), "heavy") == 1.01
    assert limits.take_or_wait(0.2, (1.0,), "light") > 0.2
    limits.leave("heavy")
    limits.leave("a stranger")
    assert limits.take_or_wait(0.3, (1.0,), "light") == 0.3


def test_threads_that_share_a_rate_keep_it() -> None:
    """Eight threads that ask as fast as they can are granted exactly what one window holds."""
    rate = Rate(500, per="hour", burst=True)
    granted: list[Any] = []
    start = threading.Barrier(8)

    def ask() -> None:
        limits = Limits([rate])
        start.wait(timeout=10)
        mine = sum(limits.take_or_wait(1.0, (1.0,)) == 1.0 for _ in range(200))
        granted.append(mine)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert sum(granted) == 500
