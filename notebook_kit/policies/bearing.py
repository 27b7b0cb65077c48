"""What one server bears, learnt from what it let in before it refused.

Nothing is known of how the server counts, so two readings are held side by side, and the higher is
believed. A server that counts in windows lets in as much again once it has made us wait: what it
let in, over the time that includes the wait. A bucket that was drained too fast must have got what
left it, less what was in it: and what was in it shows in the first storm, which empties it at once.

The level is sought first, by doubling; then it is kept; and after a while the rate grows beyond it
with the third power of time, as in CUBIC (S. Ha, I. Rhee, L. Xu, 2008; RFC 9438), to see whether
more is borne by now. How long it is kept depends on what a try costs: a server that wants a minute
of silence after each refusal is tried seldom, one that only refuses is tried every few seconds, and
one that is found unchanged again and again is tried less and less.

What was sent before it was known that the server refuses is one event, however many are refused.
"""

from __future__ import annotations

import itertools
import math
from collections import deque
from typing import Final

__all__ = ["Bearing"]

#: What is kept of the level: a little less, because timers and the way there shake a steady pace.
_KEPT: Final = 0.985
#: And of one that was never found again.
_KEPT_UNSURE: Final = 0.97
#: The share of the time that trying for more may cost in waits, and of requests in refusals.
_WAITED_SHARE: Final = 0.07
_REFUSED_SHARE: Final = 0.005
#: The least and the most seconds that a level is kept, the latter by what costs only refusals.
_SHORTEST_S: Final = 1.0
_LONGEST_S: Final = 1_800.0
_LONGEST_FOR_REFUSALS_S: Final = 30.0
#: Each time that it is found unchanged, the level is kept so much longer, up to so many times.
_LONGER: Final = 1.5
_MOST_CONFIRMED: Final = 4
#: Seconds in which the rate doubles beyond the level, by time alone, by waits and by starts.
_PROBING_S: Final = (5.0, 60.0)
_PROBING_WAITS: Final = 6.0
_PROBING_STARTS: Final = 8.0
#: Seconds in which the rate doubles while the level is sought, and the most that one start adds.
_SEEKING_S: Final = 0.2
_SEEKING_LATENCIES: Final = 3.0
_SEEKING_STEP: Final = 0.25
#: Where nothing better is known, seeking begins with one start in so many latencies.
_FIRST_LATENCIES: Final = 4.0
#: Seconds of silence when the server names none: at first, later, and at most.
_FIRST_PAUSE_S: Final = 0.25
_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 30.0
#: A storm shows the size of a bucket only if it is over before much has come in.
_STORM_S: Final = 0.25
#: So much of a bucket is assumed where no storm has shown its size, in seconds of the level.
_USUAL_BURST_S: Final = 0.1
_SLOWEST: Final = 1 / 60
_FASTEST: Final = 1e9
_REMEMBERED: Final = 4_096


import os
WRONG=float(os.environ.get('WRONG','1.5'))
FEW=float(os.environ.get('FEW','5'))
UNSURE=int(os.environ.get('UNSURE','2'))
CEIL=float(os.environ.get('CEIL','.97'))
SHORT=float(os.environ.get('SHORT','.03'))
PART=float(os.environ.get('PART','.5'))
class Bearing:
    """What the server bears, from its first refusal on. Times are seconds on one clock.

    Args:
        now: when the first refusal was heard of.
        sent: when the refused attempt was sent.
        begin: since when answers are counted.
        answered: how many were let in since then.
        until: when the server said to come back, or None.

    Attributes:
        rate: starts a second that may be tried now.
        level: starts a second that are believed to be borne.
        resume: until then nobody starts.
        slowed_at: what was sent before then and is refused is no news.

    >>> bearing = Bearing(0.02, sent=0.01, begin=0.0, answered=100, until=1.02)
    >>> bearing.resume, bearing.level
    (1.02, 100.0)
    """

    __slots__ = (
        "_begin",
        "_blind",
        "_burst",
        "_burst_s",
        "_ceiling",
        "_confirmed",
        "_count",
        "_early",
        "_falls",
        "_first",
        "_grown_at",
        "_kept",
        "_kept_s",
        "_latency",
        "_let_in",
        "_origin",
        "_pause_s",
        "_probing_s",
        "_seeking",
        "_starts",
        "level",
        "rate",
        "resume",
        "slowed_at",
    )

    def __init__(
        self, now: float, *, sent: float, begin: float, answered: int, until: float | None
    ) -> None:
        self.slowed_at = now
        self.resume = now + _FIRST_PAUSE_S if until is None else until
        #: The stretch of time over which it is counted what the server let in, and how much it was.
        self._begin = begin
        self._let_in = answered
        #: Starts since `resume`, and when the latest of them were.
        self._count = 0
        self._starts: deque[float] = deque(maxlen=_REMEMBERED)
        self._latency = max(1e-3, now - sent)
        self._pause_s = _PAUSE_S
        self._seeking = self._first = True
        self._ceiling = math.inf
        self._confirmed = self._early = self._falls = 0
        self._kept = self._kept_s = self._probing_s = 0.0
        self._estimate_first()

    # What happens

    def started(self, now: float, *, idle_s: float) -> None:
        """An attempt is sent; nobody wanted to send one for so long, though it was allowed."""
        self._count += 1
        self._starts.append(now)
        # What was not asked for was not tried either.
        self._origin += idle_s
        if self._seeking:
            doubled_s = max(_SEEKING_S, _SEEKING_LATENCIES * self._latency)
            doublings = min(_SEEKING_STEP, max(0.0, now - self._grown_at) / doubled_s)
            self.rate = min(_FASTEST, self.rate * 2**doublings)
            self._grown_at = now
        else:
            beyond = max(0.0, now - self._origin - self._kept_s) / self._probing_s
            self.rate = min(_FASTEST, self._kept + self.level * min(beyond, 1e3) ** 3)
            if self.rate > 2 * self._ceiling:
                self._ceiling = math.inf

    def answered(self, now: float, *, sent: float) -> None:
        """The attempt sent at that time was let in."""
        self._latency += 0.1 * (max(1e-3, now - sent) - self._latency)
        if self._first and sent <= self.slowed_at:
            self._let_in += 1
            self._estimate_first()

    def refused(self, now: float, *, sent: float, until: float | None) -> None:
        """The attempt sent at that time was refused; the server said until when, or nothing."""
        if sent > self.slowed_at:
            self._learn(now, sent, until)
        elif until is not None and until > self.resume:
            self._origin += until - self.resume
            self._grown_at = self.resume = until
            if self._first:
                self._estimate_first()

    # What is made of it

    def _estimate_first(self) -> None:
        self._burst, self._burst_s = self._let_in, self.slowed_at - self._begin
        span = self.resume - self._begin
        if 1.0 < span < 2.0:  # noqa: PLR2004 - most waits are whole seconds, and windows too
            span = max(1.0, self._burst_s)
        self.level = max(_SLOWEST, max(1, self._let_in) / span)
        self.rate = max(self.level, 1 / (_FIRST_LATENCIES * self._latency))
        self._blind = self.rate > WRONG*self.level
        self._grown_at = self._origin = self.resume

    def _learn(self, now: float, sent: float, until: float | None) -> None:
        self._first = False
        later = sum(1 for _ in itertools.takewhile(lambda at: at > sent, reversed(self._starts)))
        let_in = max(0, self._count - later - 1)
        took = sent - self.resume
        early = let_in == 0 or (let_in < 3 and took < 4 * self._latency)  # noqa: PLR2004 - a few
        resume = self._pause(now, until, early=early)
        if early:
            self._came_early(let_in, resume)
        else:
            self._early = 0
            least = max(self._refilled(let_in, sent, resume), self._drained(sent))
            if self._seeking:
                self._found(let_in, took, least)
            elif self.rate <= 1.01 * self._kept:
                self._was_too_high(least)
            else:
                self._tried(sent, least)
        self.level = max(_SLOWEST, self.level)
        self._plan(resume - sent)
        self.slowed_at = now
        self._grown_at = self._origin = self.resume = resume
        self._kept = self.level * (_KEPT if self._confirmed > 0 else _KEPT_UNSURE)
        self.rate = self.level if self._seeking else self._kept
        self._starts.clear()
        self._count = 0

    def _pause(self, now: float, until: float | None, *, early: bool) -> float:
        """Return when to go on: when the server said, or after a pause that grows if need be."""
        if early:
            self._pause_s = min(_LONGEST_PAUSE_S, 2 * self._pause_s)
        else:
            self._pause_s = min(_LONGEST_PAUSE_S, max(_PAUSE_S, 2 * self._latency))
        if until is None:
            return now + self._pause_s
        return max(until, now + self._pause_s) if early else until

    def _came_early(self, let_in: int, resume: float) -> None:
        """Learn from a refusal right after the pause: that was too short, or the level is wrong."""
        self._early += 1
        self._let_in += let_in
        estimate = self._let_in / (resume - self._begin)
        if not self._seeking:
            least = 0.5 if self._early > 5 else 0.93 if let_in else 1.0  # noqa: PLR2004 - enough
            estimate = max(estimate, least * self.level)
        self.level = min(self.level, estimate)

    def _found(self, let_in: int, took: float, least: float) -> None:
        """Learn from the refusal that ends the search."""
        # Refused at about the rate that was believed to be borne: that is not so.
        wrong = self.rate <= WRONG * self.level
        self.level = least if wrong else max(self.level, least)
        self._seeking = let_in < FEW and self._blind
        self._blind = False
        self._confirmed = -1

    def _was_too_high(self, least: float) -> None:
        """Learn from a refusal of a rate that was kept."""
        kept = self._kept
        self._falls += UNSURE if self._confirmed < 0 and not self._falls else 1
        self._confirmed = -1
        self._ceiling = min(self._ceiling, kept)
        # Towards what is surely borne, but carefully: that may be far too little.
        lowered = kept * (min(kept, max(least, _SLOWEST)) / kept) ** (1 / 3)
        lowered = max(lowered, (0.7 if self._falls > 1 else 0.92) * kept)
        self.level = min(lowered, 0.95 * kept)

    def _tried(self, sent: float, least: float) -> None:
        """Learn from a refusal of more than the level."""
        self._falls = 0
        span = min(1.0, sent - self.resume)
        recent = sum(sent - span <= at < sent for at in self._starts) / span
        level = max(self.level, least)
        if self.rate < 2 * self.level:
            level = max(level, self.level + 0.35 * (recent - self.level))
            same = level < 1.1 * self.level
            self._confirmed = max(0, self._confirmed) + 1 if same else 1
        else:
            level = max(level, 0.8 * recent)
            self._confirmed = 0
        self.level = max(self.level, min(level, CEIL * self._ceiling / _KEPT))
        # What was too much once may not be for ever.
        if self._confirmed > 1:
            self._ceiling *= 1.05

    def _refilled(self, let_in: int, sent: float, resume: float) -> float:
        """Return what is borne if the wait makes up for all that was let in since the last one."""
        # Over less than a second, a few more or less make too much of a difference.
        if sent - self._begin < 1.0:
            self._let_in += let_in
        else:
            self._begin, self._let_in = self.resume, let_in
        return self._let_in / (resume - self._begin)

    def _drained(self, sent: float) -> float:
        """Return what must have come into a bucket that was empty at that time and not before."""
        burst, lost_s = float(self._burst), self._burst_s
        if lost_s > _STORM_S:
            burst, lost_s = 1.0 + _USUAL_BURST_S * self.level, 0.0
        lost_s += 0.5 / self.rate
        shortest = max(SHORT*min(3,burst)+.01, (sent - self.resume) / 20)
        most = 0.0
        # It was full at one of these times, nobody knows at which: whichever asks for the most.
        for count, at in enumerate(itertools.dropwhile(sent.__le__, reversed(self._starts)), 1):
            span = sent - at - lost_s
            if span > shortest:
                most = max(most, (count + PART - burst) / span)
        return most

    def _plan(self, waited_s: float) -> None:
        """Settle how long the level is kept, and how slowly more is tried then."""
        by_waits = min(_LONGEST_S, max(0.0, waited_s) / _WAITED_SHARE)
        refused = 1 + self.level * self._latency
        by_refusals = min(_LONGEST_FOR_REFUSALS_S, refused / (_REFUSED_SHARE * self.level))
        longer = 0.5 if self._confirmed < 0 else _LONGER ** min(self._confirmed, _MOST_CONFIRMED)
        self._kept_s = longer * max(_SHORTEST_S, by_waits, by_refusals)
        least, most = _PROBING_S
        slowly = max(least, _PROBING_WAITS * waited_s, _PROBING_STARTS / self.level)
        self._probing_s = min(most, slowly)
