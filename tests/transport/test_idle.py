"""The shelf of idle connections, on a clock that the test moves."""

from __future__ import annotations

import heapq
import math
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_kit.client.transports.idle import SETTLED_S, IdleShelf

if TYPE_CHECKING:
    from collections.abc import Callable


class ManualClock:
    """A clock that goes only when told to, and then makes the calls that are due."""

    def __init__(self) -> None:
        self._now = 0.0
        self._calls: list[tuple[float, int, ManualTimer]] = []

    def time(self) -> float:
        return self._now

    def call_at(self, when: float, callback: Callable[[], None], /) -> ManualTimer:
        timer = ManualTimer(callback)
        heapq.heappush(self._calls, (when, id(timer), timer))
        return timer

    def move_to(self, when: float) -> None:
        while self._calls and self._calls[0][0] <= when:
            self._now, _, timer = heapq.heappop(self._calls)
            if not timer.cancelled:
                timer.callback()
        self._now = when

    @property
    def armed(self) -> int:
        return sum(not timer.cancelled for _, _, timer in self._calls)


class ManualTimer:
    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Shelf:
    """A shelf of names, with what it dropped and when."""

    def __init__(self, *, max_settled: float = math.inf, expiry: float = math.inf) -> None:
        self.clock = ManualClock()
        self.dropped: dict[str, float] = {}
        self.idle = IdleShelf[str](
            max_settled=max_settled, expiry=expiry, drop=self._drop, clock=self.clock
        )

    def _drop(self, connection: str) -> None:
        self.dropped[connection] = self.clock.time()


def test_a_connection_expires_on_the_dot() -> None:
    """What nobody takes is dropped after exactly the expiry, each by its own time."""
    shelf = Shelf(expiry=15)
    shelf.idle.put("a", "first")
    shelf.clock.move_to(10)
    shelf.idle.put("b", "second")
    shelf.clock.move_to(100)
    assert shelf.dropped == {"first": 15, "second": 25}
    assert shelf.clock.armed == 0


def test_the_last_used_of_an_origin_is_taken_first() -> None:
    """Connections are taken last in, first out, so that those not needed grow old and go."""
    shelf = Shelf()
    for name in ("first", "second"):
        shelf.idle.put("a", name)
    shelf.idle.put("b", "other")
    assert [shelf.idle.take("a") for _ in range(3)] == ["second", "first", None]
    assert len(shelf.idle) == 1


def test_too_many_settled_connections_shrink_to_the_newest() -> None:
    """A second after a burst the longest idle are dropped until the bound is kept."""
    shelf = Shelf(max_settled=2)
    for number in range(5):
        shelf.clock.move_to(number / 10)
        shelf.idle.put("a", str(number))
    shelf.clock.move_to(0.9)
    assert shelf.dropped == {}
    shelf.clock.move_to(50)
    # "0" goes when the third has settled, and so on: never more than two are older than a second.
    assert shelf.dropped == {"0": 1.2, "1": 1.3, "2": 1.4}


def test_without_a_place_for_settled_ones_all_go_after_a_second() -> None:
    """With a bound of 0 a connection can still be taken within the second, not after it."""
    shelf = Shelf(max_settled=0)
    shelf.idle.put("a", "soon")
    shelf.clock.move_to(0.9)
    assert shelf.idle.take("a") == "soon"
    shelf.idle.put("a", "late")
    shelf.clock.move_to(5)
    assert shelf.dropped == {"late": 1.9}


def test_an_expiry_of_nothing_keeps_nothing() -> None:
    """With an expiry of 0 a connection is not taken in at all."""
    shelf = Shelf(expiry=0)
    assert not shelf.idle.put("a", "never")
    assert len(shelf.idle) == 0


def test_what_is_removed_is_not_dropped() -> None:
    """A connection that ended by itself is struck out, once, and the clock leaves it alone."""
    shelf = Shelf(expiry=1)
    shelf.idle.put("a", "gone")
    assert shelf.idle.remove("gone")
    assert not shelf.idle.remove("gone")
    shelf.clock.move_to(5)
    assert shelf.dropped == {}


def test_the_oldest_goes_first() -> None:
    """What has to make room is what has been idle the longest, of whatever origin."""
    shelf = Shelf()
    for origin, name in (("a", "1"), ("b", "2"), ("a", "3")):
        shelf.idle.put(origin, name)
    assert [shelf.idle.take_oldest() for _ in range(3)] == ["1", "2", "3"]


def test_clearing_drops_everything_and_stops_the_clock() -> None:
    """After clear nothing is left, and no timer."""
    shelf = Shelf(expiry=5)
    shelf.idle.put("a", "1")
    shelf.idle.put("b", "2")
    shelf.idle.clear()
    assert list(shelf.dropped) == ["1", "2"]
    assert (len(shelf.idle), shelf.clock.armed) == (0, 0)


Steps = st.lists(
    st.tuples(st.floats(0, 3), st.sampled_from(["put", "take", "remove"]), st.sampled_from("ab")),
    max_size=40,
)


@settings(max_examples=200, deadline=None)
@given(steps=Steps, max_settled=st.integers(0, 4), expiry=st.floats(0.1, 6))
def test_the_rules_hold_at_every_moment(
    steps: list[tuple[float, str, str]], max_settled: int, expiry: float
) -> None:
    """Whatever happens: nothing outlives the expiry, nor too many the first second."""
    shelf = Shelf(max_settled=max_settled, expiry=expiry)
    here: dict[str, float] = {}
    for number, (pause, step, origin) in enumerate(steps):
        shelf.clock.move_to(shelf.clock.time() + pause)
        now = shelf.clock.time()
        for name in shelf.dropped:
            here.pop(name, None)
        assert len(shelf.idle) == len(here)
        assert all(now - since < expiry + 1e-9 for since in here.values())
        settled = sum(now - since > SETTLED_S + 1e-9 for since in here.values())
        assert settled <= max_settled
        if step == "put":
            name = f"{origin}{number}"
            shelf.idle.put(origin, name)
            here[name] = now
        elif step == "take":
            taken = shelf.idle.take(origin)
            mine = [name for name in here if name.startswith(origin)]
            assert taken == (mine[-1] if mine else None)
            here.pop(taken or "", None)
        elif here:
            name = next(iter(here))
            assert shelf.idle.remove(name)
            del here[name]
