"""A meter that is corrected by what was really used: what holds whatever is granted and used."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_kit.policies.rate import Rate
from notebook_kit.policies.rate_meter import Grant, RateMeter
from notebook_kit.policies.usage_meter import UsageMeter

PLAIN = settings(deadline=None)
THOROUGH = settings(deadline=None, max_examples=300)


def meter_of(amount: float, *, burst: bool = True) -> UsageMeter:
    """Return a meter of so much a second."""
    return UsageMeter(Rate(amount, burst=burst), usage=float)


@dataclass(frozen=True)
class Item:
    """What one item is thought to use, what it really uses, and how long its answer takes."""

    estimate: float
    real: float
    takes: float


@dataclass(frozen=True)
class Served:
    """When an item was let through, and when it became known what it really used."""

    item: Item
    at: float
    known_at: float

    def known(self, now: float) -> float:
        """Return what it counts for, as far as is known by this time."""
        return self.item.real if self.known_at <= now else self.item.estimate


def serve(meter: UsageMeter, items: list[Item], gaps: list[float] | None = None) -> list[Served]:
    """Ask as eagerly as can be, or after these pauses, while the answers come in on their own."""
    now = 0.0
    under_way: list[tuple[float, int, Grant, float]] = []
    served: list[Served] = []
    for position, item in enumerate(items):
        now += gaps[position] if gaps else 0.0
        while True:
            while under_way and under_way[0][0] <= now:
                known_at, _, grant, real = heapq.heappop(under_way)
                meter.correct(known_at, grant, real)
            at = meter.earliest(now, item.estimate, "run")
            if at <= now:
                break
            meter.wait("run", item.estimate, until=at + 0.25)
            # An answer that comes before then may let it go earlier.
            now = min(at, under_way[0][0]) if under_way else at
        grant = meter.take(now, item.estimate, "run")
        known_at = now + item.takes
        heapq.heappush(under_way, (known_at, position, grant, item.real))
        served.append(Served(item, now, known_at))
    return served


def items_of(*, amount: float, most: float) -> st.SearchStrategy[list[Item]]:
    """Return items whose estimates fit into the window, and whose answers may come after it."""
    estimates = st.one_of(st.integers(0, int(amount)).map(float), st.floats(0, amount))
    shares = st.one_of(st.just(1.0), st.floats(0, most))
    takes = st.one_of(st.just(0.0), st.floats(0, 3))
    drawn = st.tuples(estimates, shares, takes)
    items = drawn.map(lambda item: Item(item[0], item[0] * item[1], item[2]))
    return st.lists(items, min_size=1, max_size=30)


@THOROUGH
@given(data=st.data(), amount=st.integers(1, 20), burst=st.booleans())
def test_nothing_is_let_through_beyond_what_is_known(
    data: st.DataObject, amount: int, *, burst: bool
) -> None:
    """Whatever was known of the last second when an item went, it left room for that item."""
    items = data.draw(items_of(amount=amount, most=20))
    gaps = data.draw(
        st.one_of(
            st.none(),
            st.lists(st.sampled_from([0.0, 0.1, 1.5]), min_size=len(items), max_size=len(items)),
        )
    )
    served = serve(meter_of(amount, burst=burst), items, gaps)
    for position, one in enumerate(served):
        before = [other.known(one.at) for other in served[:position] if other.at > one.at - 1.0]
        assert sum(before) + one.item.estimate <= amount + 1e-6


@THOROUGH
@given(data=st.data(), amount=st.integers(1, 20), burst=st.booleans())
def test_no_window_holds_more_real_usage_but_for_debts_that_came_to_light_too_late(
    data: st.DataObject, amount: int, *, burst: bool
) -> None:
    """Laid anywhere, a window holds the amount, and what nobody knew when its last item went."""
    served = serve(meter_of(amount, burst=burst), data.draw(items_of(amount=amount, most=20)))
    for first, begin in enumerate(served):
        window = [one for one in served[first:] if one.at < begin.at + 1.0]
        last = window[-1]
        unknown = [last, *(one for one in window[:-1] if one.known_at > last.at)]
        debt = sum(max(0.0, one.item.real - one.item.estimate) for one in unknown)
        assert sum(one.item.real for one in window) <= amount + debt + 1e-6


@THOROUGH
@given(data=st.data(), amount=st.integers(1, 20), burst=st.booleans())
def test_refunds_let_no_more_through_than_the_window_holds(
    data: st.DataObject, amount: int, *, burst: bool
) -> None:
    """Where estimates are never too low, no window holds more real usage than the amount."""
    served = serve(meter_of(amount, burst=burst), data.draw(items_of(amount=amount, most=1)))
    for first, begin in enumerate(served):
        window = [one.item.real for one in served[first:] if one.at < begin.at + 1.0]
        assert sum(window) <= amount + 1e-6


@THOROUGH
@given(
    stamps=st.lists(
        st.tuples(st.floats(0, 0.4), st.integers(0, 20), st.integers(0, 40), st.floats(0, 5)),
        min_size=1,
        max_size=30,
    ),
    weight=st.integers(0, 25),
)
def test_a_window_is_as_if_the_real_usage_had_been_known(
    stamps: list[tuple[float, int, int, float]], weight: int
) -> None:
    """Corrected in any order and however late, it promises what a meter told the truth does."""
    corrected, truthful = meter_of(10), RateMeter(Rate(10, burst=True))
    now = 0.0
    answers: list[tuple[float, int, Grant, float]] = []
    for position, (gap, estimate, real, takes) in enumerate(stamps):
        now += gap
        answers.append((now + takes, position, corrected.take(now, float(estimate)), float(real)))
        truthful.take(now, float(real))
    for known_at, _, grant, used in sorted(answers, key=lambda answer: answer[:2]):
        now = max(now, known_at)
        corrected.correct(known_at, grant, used)
    assert corrected.earliest(now, weight) == pytest.approx(truthful.earliest(now, weight))


@PLAIN
@given(
    items=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=30),
    late=st.booleans(),
)
def test_a_pace_pays_for_what_was_really_used(items: list[tuple[int, int]], *, late: bool) -> None:
    """Whether answers come at once or long after, the next one goes when the truth is paid for."""
    meter = meter_of(10, burst=False)
    grants = [meter.take(0.0, float(estimate)) for estimate, _ in items]
    for grant, (_, real) in zip(grants, items, strict=True):
        meter.correct(5.0 if late else 0.0, grant, float(real))
    paid = sum(real for _, real in items) * 0.1
    assert meter.earliest(5.0, 0.0) == pytest.approx(max(5.0, paid))


@PLAIN
@given(
    asks=st.lists(st.tuples(st.floats(0, 0.5), st.integers(0, 12)), min_size=1, max_size=40),
    burst=st.booleans(),
)
def test_where_no_answer_tells_it_is_a_meter_like_any_other(
    asks: list[tuple[float, int]], *, burst: bool
) -> None:
    """Without corrections it grants the same at the same times."""
    corrected, plain = meter_of(10, burst=burst), RateMeter(Rate(10, burst=burst))
    now = 0.0
    for gap, weight in asks:
        now += gap
        at = plain.earliest(now, float(weight), "run")
        assert corrected.earliest(now, float(weight), "run") == at
        for meter in (corrected, plain):
            if at <= now:
                meter.take(now, float(weight), "run")
            else:
                meter.wait("run", float(weight), until=at + 0.25)


@PLAIN
@given(
    estimate=st.sampled_from([10.0, 20.0, 50.0, 100.0]),
    takes=st.sampled_from([0.0, 0.01, 0.3, 2.0]),
)
def test_only_what_is_under_way_counts_as_estimated(estimate: float, takes: float) -> None:
    """The window is full of what was really used, and of estimates whose answers are not there."""
    served = serve(meter_of(1000, burst=False), [Item(estimate, 10.0, takes)] * 500)
    guessed_s = min(takes, 1.01)
    each = guessed_s * estimate + (1.01 - guessed_s) * 10.0
    assert served[-1].at >= (500 - 1000 / each) * each / 1000
    # To go, an item needs room for its estimate, however little it uses of that then.
    assert served[-1].at <= 1.02 * 500 * each / (1000 - estimate) + 0.1


def test_a_late_debt_is_still_paid_for_by_the_pace() -> None:
    """With answers slower than the window and estimates too low, the average holds all the same."""
    served = serve(meter_of(10, burst=False), [Item(1.0, 5.0, 3.0)] * 400)
    unknown = [one for one in served if one.known_at > served[-1].at]
    used = sum(one.item.real for one in served) - sum(4.0 for _ in unknown)
    assert served[-1].at >= used / 10 - 0.6
