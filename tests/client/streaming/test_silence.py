from __future__ import annotations

from typing import Any

from notebook_kit.client.streaming.silence import Silence


class Clock:
    """A loop's timers on a clock that the test moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.timers: list[tuple[float, Any, tuple[Any, ...]]] = []

    def call_later(self, wait_s: float, function: Any, *args: Any) -> Clock:
        self.timers.append((self.now + wait_s, function, args))
        return self

    def cancel(self) -> None:
        self.timers.clear()

    def to(self, moment: float) -> None:
        while self.timers and self.timers[0][0] <= moment:
            self.now, function, args = self.timers.pop(0)
            function(*args)
        self.now = moment


class Listener:
    def __init__(self, limit_s: float | None = 30.0) -> None:
        self.clock = Clock()
        self.since: float | None = None
        self.stalled: list[float] = []
        self.silence = Silence(
            limit_s,
            lambda: self.since,
            lambda: self.stalled.append(self.clock.now),
            clock=lambda: self.clock.now,
        )
        self.silence.start(self.clock)  # type: ignore[arg-type]  # all that it needs of a loop


def test_silence_is_noticed_when_its_time_is_over() -> None:
    """Counted from the last chunk, or from when the reader began to wait if that is later."""
    it = Listener()
    it.since = 100.0
    it.clock.to(129.9)
    assert it.stalled == []
    it.clock.to(131)
    assert it.stalled == [130.0]


def test_a_chunk_begins_it_anew() -> None:
    """However many there are, one timer is enough."""
    it = Listener()
    it.since = 100.0
    for moment in range(101, 300):
        it.clock.to(moment)
        it.silence.heard()
        assert len(it.clock.timers) == 1
    it.clock.to(328.9)
    assert it.stalled == []
    it.clock.to(330)
    assert it.stalled == [329.0]


def test_time_in_which_nobody_reads_does_not_count() -> None:
    """A reader that comes after an hour has its whole 30 s."""
    it = Listener()
    it.clock.to(3700)
    it.since = 3700.0
    it.clock.to(3729.9)
    assert it.stalled == []
    it.clock.to(3731)
    assert it.stalled == [3730.0]


def test_without_a_limit_there_is_none() -> None:
    """And no timer."""
    it = Listener(None)
    assert it.clock.timers == []


def test_it_can_be_stopped() -> None:
    """Nothing is told after that."""
    it = Listener()
    it.since = 100.0
    it.silence.stop()
    it.clock.to(200)
    assert it.stalled == []
