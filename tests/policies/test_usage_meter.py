"""A meter that is corrected by what was really used: refunds, debts, and what always holds."""

from __future__ import annotations

import heapq
import pickle
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_kit.policies.rate import Rate
from notebook_kit.policies.rate_meter import RateMeter
from notebook_kit.policies.usage_meter import Grant, UsageMeter

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
    weights = st.one_of(st.integers(0, int(amount)).map(float), st.floats(0, amount))
    takes = st.one_of(st.just(0.0), st.floats(0, 3))
    return st.lists(
        st.builds(lambda low, share, takes: Item(low, low * share, takes), weights,
                  st.one_of(st.just(1.0), st.floats(0, most)), takes),
        min_size=1,
        max_size=60,
    )  # fmt: skip


# What always holds


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


# Refunds


def test_what_was_estimated_too_high_is_given_back() -> None:
    """The rest of the window is free again as soon as it is known, not when the stamp leaves."""
    meter = meter_of(10)
    grant = meter.take(0.0, 10.0)
    assert meter.earliest(0.5, 6.0) == 1.01
    assert meter.correct(0.5, grant, 4.0)
    assert meter.earliest(0.5, 6.0) == 0.5
    assert meter.earliest(0.5, 7.0) == 1.01


def test_a_refund_moves_the_pace_back() -> None:
    """A paced item that used a tenth of what was thought holds up the next for a tenth."""
    meter = meter_of(100, burst=False)
    meter.take(0.0, 50.0)
    grant = meter.take(0.5, 50.0)
    assert meter.earliest(0.6, 0.0) == pytest.approx(1.0)
    assert meter.correct(0.6, grant, 5.0)
    assert meter.earliest(0.6, 0.0) == 0.6
    assert meter.earliest(0.6, 46.0) == 1.01


def at_once(meter: UsageMeter, now: float) -> int:
    """Take as much as may go at this time, and return how much that was."""
    count = 0
    while meter.earliest(now, 1.0, "run") <= now:
        meter.take(now, 1.0, "run")
        count += 1
    return count


def held_back() -> UsageMeter:
    """Return a meter of 100 a second that let ten items of ten through, of which none was used."""
    meter = meter_of(100, burst=False)
    grants = [meter.take(tenth / 10, 10.0) for tenth in range(10)]
    for grant in grants:
        meter.correct(0.95, grant, 0.0)
    return meter


def test_who_was_held_back_by_what_is_given_back_may_go_at_once() -> None:
    """Others did not go for its sake, so that the pace owes them all of it, and nothing more."""
    assert at_once(held_back(), 0.955) == 96


def test_what_was_given_back_is_good_until_a_rest() -> None:
    """Afterwards nobody is held back any more, and what begins, begins evenly."""
    assert at_once(held_back(), 0.985) == 99
    assert at_once(held_back(), 9.0) == 1


def test_a_debt_is_paid_by_what_was_given_back() -> None:
    """Who is late catches up with what is left of it, and is not held up for it as well."""
    meter = held_back()
    meter.correct(0.955, meter.take(0.955, 1.0), 81.0)
    assert at_once(meter, 0.955) == 15


def test_a_refund_after_its_window_gives_a_burst_nothing() -> None:
    """What has left the window was free already, so nobody need ask again."""
    meter = meter_of(10)
    grant = meter.take(0.0, 10.0)
    meter.take(1.5, 10.0)
    assert not meter.correct(1.6, grant, 0.0)
    assert meter.earliest(1.6, 1.0) == pytest.approx(2.51)


def test_a_refund_after_its_window_still_moves_the_pace_back() -> None:
    """An item that was thought to need more than its window frees the pace that it was to take."""
    meter = meter_of(10, burst=False)
    grant = meter.take(0.0, 20.0)
    assert meter.earliest(1.2, 1.0) == pytest.approx(2.0)
    assert meter.correct(1.2, grant, 10.0)
    assert meter.earliest(1.2, 1.0) == 1.2


def test_those_who_wait_go_earlier() -> None:
    """Who stands in the line goes as soon as there is room, in the order of the line."""
    meter = meter_of(10)
    grant = meter.take(0.0, 10.0)
    meter.wait("first", 4.0, until=1.3)
    meter.wait("second", 4.0, until=1.3)
    meter.correct(0.5, grant, 4.0)
    assert meter.earliest(0.5, 4.0, "second") == pytest.approx(1.01)
    assert meter.earliest(0.5, 4.0, "first") == 0.5
    meter.take(0.5, 4.0, "first")
    assert meter.earliest(0.5, 2.0, "second") == 0.5


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


# Debts


def test_what_was_estimated_too_low_is_charged() -> None:
    """An over-full window lets nobody through until it has room again."""
    meter = meter_of(10)
    grant = meter.take(0.0, 1.0)
    meter.take(0.4, 5.0)
    assert not meter.correct(0.5, grant, 30.0)
    assert meter.earliest(0.5, 0.5) == 1.01
    assert meter.earliest(0.5, 5.0) == 1.01
    assert meter.earliest(0.5, 6.0) == pytest.approx(1.41)


def test_a_debt_moves_the_pace_on() -> None:
    """A paced item that used three times its estimate is paid for three times as long."""
    meter = meter_of(10, burst=False)
    grant = meter.take(0.0, 2.0)
    assert meter.earliest(0.1, 1.0) == pytest.approx(0.2)
    meter.correct(0.1, grant, 6.0)
    assert meter.earliest(0.1, 1.0) == pytest.approx(0.6)


def test_a_debt_of_a_burst_is_forgotten_with_its_window() -> None:
    """As the server's own window does, a burst forgets what is older than the window."""
    meter = meter_of(10)
    grant = meter.take(0.0, 1.0)
    meter.correct(1.2, grant, 500.0)
    assert meter.earliest(1.2, 10.0) == 1.2


def test_a_late_debt_is_still_paid_for_by_the_pace() -> None:
    """With answers slower than the window and estimates too low, the average holds all the same."""
    served = serve(meter_of(10, burst=False), [Item(1.0, 5.0, 3.0)] * 400)
    unknown = [one for one in served if one.known_at > served[-1].at]
    used = sum(one.item.real for one in served) - sum(4.0 for _ in unknown)
    assert served[-1].at >= used / 10 - 0.6


def test_an_item_that_used_more_than_the_window_does_not_block_it_for_ever() -> None:
    """However large a debt is, the window is empty again when its stamp has left."""
    meter = meter_of(10)
    meter.correct(0.9, meter.take(0.0, 10.0), 1e9)
    assert meter.earliest(1.0, 10.0) == 1.01
    meter.take(1.01, 10.0)
    assert meter.earliest(1.01, 1.0) == pytest.approx(2.02)


# More than one correction


def test_the_last_correction_counts() -> None:
    """Corrected twice, a grant stands for what was said last; the same again changes nothing."""
    meter = meter_of(10)
    grant = meter.take(0.0, 5.0)
    assert not meter.correct(0.1, grant, 9.0)
    assert meter.correct(0.2, grant, 3.0)
    assert not meter.correct(0.3, grant, 3.0)
    assert meter.earliest(0.3, 7.0) == 0.3
    assert meter.earliest(0.3, 7.5) == 1.01


def test_grants_of_one_moment_are_told_apart() -> None:
    """Of two equal grants, each is corrected on its own, and only while it is in the window."""
    meter = meter_of(10)
    first, second = meter.take(0.0, 5.0), meter.take(0.0, 5.0)
    assert meter.correct(0.1, first, 1.0)
    assert meter.correct(0.1, second, 2.0)
    assert meter.earliest(0.1, 7.0) == 0.1
    later = meter.take(1.0, 7.0)
    assert not meter.correct(1.02, second, 0.0)
    assert meter.correct(1.02, later, 0.0)
    assert meter.earliest(1.02, 10.0) == 1.02


def test_a_copy_in_another_place_can_be_corrected_too() -> None:
    """A pickled meter keeps its grants, and is corrected apart from the one it was copied from."""
    meter = meter_of(10)
    grant = meter.take(0.0, 10.0)
    other: Grant = pickle.loads(pickle.dumps(grant))  # noqa: S301 - its own
    assert other.meter.correct(0.5, other, 0.0)
    assert other.meter.earliest(0.5, 10.0) == 0.5
    assert meter.earliest(0.5, 10.0) == 1.01
