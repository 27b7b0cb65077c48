"""What a server let in, and what it bears by that.

Nothing is known of how it counts, so it is read in two ways. A server that counts in windows lets
in as much again once it has made us wait: it bears what it let in, over the time that includes the
wait. Into a bucket that was drained too fast must have come what left it, less what was in it: and
what was in it shows in the first storm, which empties it at once. Either way it is rather too
little than too much, so of the two the higher is right.
"""

from __future__ import annotations

import itertools
from collections import deque
from typing import Final

__all__ = ["Intake"]

#: A storm shows what a bucket holds only if it is over before much has come in.
_STORM_S: Final = 0.25
#: Where no storm has shown it, a bucket is taken to hold so many seconds of the level.
_USUAL_BURST_S: Final = 0.1
#: Between none and one, nobody knows what was left of a token when the bucket was empty, and what
#: of the time between two starts.
_PART: Final = 0.5
#: Over shorter times, jitter is all there is to see; a bucket of one shows itself at once.
_SHORT_S: Final = 0.1
_SHORT_OF_ONE_S: Final = 0.055
#: Over a shorter stretch than this, a few more or less make too much of a difference.
_STRETCH_S: Final = 1.0
_SHORTEST_STRETCH_S: Final = 0.001
_REMEMBERED: Final = 4_096


class Intake:
    """Starts since the last pause, and what was let in over a stretch that includes pauses.

    Args:
        begin: when the stretch began.
        let_in: how many were let in since then.

    >>> intake = Intake(0.0, 100)
    >>> intake.storm(0.02, 1.02)
    100.0
    """

    __slots__ = ("_begin", "_burst", "_burst_s", "_count", "_starts", "let_in")

    def __init__(self, begin: float, let_in: int) -> None:
        self.let_in = let_in
        self._begin = begin
        self._burst = 0.0
        self._burst_s = 0.0
        self._count = 0
        self._starts: deque[float] = deque(maxlen=_REMEMBERED)

    def started(self, now: float) -> None:
        """An attempt is sent."""
        self._count += 1
        self._starts.append(now)

    def begin_anew(self) -> None:
        """Nobody starts until the pause is over; the stretch goes on."""
        self._starts.clear()
        self._count = 0

    def before(self, sent: float) -> int:
        """Return how many were sent since the pause, and before that one."""
        later = sum(1 for _ in itertools.takewhile(sent.__lt__, reversed(self._starts)))
        return max(0, self._count - later - 1)

    def recent(self, sent: float, span: float) -> float:
        """Return how many a second were sent in the span before that one."""
        since = sent - span
        return sum(since <= at < sent for at in self._starts) / span

    def _until(self, resume: float) -> float:
        return max(_SHORTEST_STRETCH_S, resume - self._begin)

    # What is borne

    def storm(self, refused_at: float, resume: float) -> float:
        """Return what is borne if all was let in at first, and as much will be after the wait."""
        self._burst, self._burst_s = float(max(0, self.let_in)), refused_at - self._begin
        span = self._until(resume)
        if 1.0 < span < 2.0:  # noqa: PLR2004 - most waits are whole seconds, and windows too
            span = max(1.0, self._burst_s)
        return max(1, self.let_in) / span

    def went_on(self, let_in: int, resume: float) -> float:
        """Return what is borne if the last wait was too short, and lasts until now."""
        self.let_in += let_in
        return self.let_in / self._until(resume)

    def refilled(self, let_in: int, sent: float, began: float, resume: float) -> float:
        """Return what is borne if the wait makes up for all that was let in since the last one."""
        if sent - self._begin < _STRETCH_S:
            self.let_in += let_in
        else:
            self._begin, self.let_in = began, let_in
        return self.let_in / self._until(resume)

    def drained(self, sent: float, *, rate: float, level: float, took: float) -> float:
        """Return what must have come into a bucket that was empty at that time and not before."""
        burst = self._burst
        if self._burst_s > _STORM_S:
            burst = 1.0 + _USUAL_BURST_S * level
        short_s = max(_SHORT_OF_ONE_S if burst <= 1 else _SHORT_S, took / 20)
        most = 0.0
        # It was full at one of these times, nobody knows at which: whichever asks for the most.
        before = itertools.dropwhile(sent.__le__, reversed(self._starts))
        for count, at in enumerate(before, 1):
            span = sent - at - _PART / rate
            if span > short_s:
                most = max(most, (count + _PART - burst) / span)
        return most
