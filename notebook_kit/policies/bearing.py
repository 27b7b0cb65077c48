"""What one server bears, learnt from what it let in before it refused.

The level is sought first, by doubling; then it is kept; and after a while the rate grows beyond it
with the third power of time, as in CUBIC (S. Ha, I. Rhee and L. Xu, 2008), to see whether more is
borne by now. How long it is kept depends on what a try costs: a server that wants a minute of
silence after each refusal is tried seldom, one that only refuses is tried every few seconds, and
one that is found unchanged again and again is tried less often.

What was sent before it was known that the server refuses is one event, however much is refused.
"""

from __future__ import annotations

import math
from typing import Final

from notebook_kit.policies.intake import Intake

__all__ = ["Bearing"]

# Seeking

#: Seconds in which the rate doubles, or times as long as it takes until a refusal is known, and the
#: most doublings that one start brings.
_DOUBLING_S: Final = 0.2
_DOUBLING_DELAYS: Final = 3.0
_DOUBLINGS: Final = 0.25
#: Where less is known to be borne, it begins with so many a second, or one in so many delays.
_FIRST_RATE: Final = 20.0
_FIRST_DELAYS: Final = 4.0
#: That is blind if it is so many times what is known; with fewer let in then it has told nothing.
_BLIND: Final = 1.5
_TELLING: Final = 5

# Keeping

#: What is kept of the level: timers and the way there shake a steady pace.
_KEPT: Final = 0.985
#: What trying for more may cost: a share of the time in waits, and of the requests in refusals.
_WAITED_SHARE: Final = 0.06
_REFUSED_SHARE: Final = 0.005
#: A level is kept for so many seconds at least and at most; where only refusals are the cost, less.
_SHORTEST_S: Final = 1.0
_LONGEST_S: Final = 1_800.0
_LONGEST_FOR_REFUSALS_S: Final = 30.0
#: It is kept for half of that when it is new, and for so much longer each time it is found again.
_NEW: Final = 0.5
_LONGER: Final = 1.25
_MOST_CONFIRMED: Final = 4
#: Seconds, waits and starts in which the rate then doubles, and the most seconds.
_GROWING_S: Final = 5.0
_GROWING_WAITS: Final = 6.0
_GROWING_STARTS: Final = 8.0
_GROWING_MOST_S: Final = 60.0

# Refusals

#: Seconds of silence when the server names none: after the first storm, later, and at most.
_STORM_PAUSE_S: Final = 0.25
_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 30.0
#: So many pauses one after the other were too short: whatever was known, it holds no more.
_HOPELESS: Final = 6
#: What is left of a rate that was kept and refused: at most; at least; at least again soon after.
_MOST_LEFT: Final = 0.95
_FIRST_LEFT: Final = 0.92
_NEXT_LEFT: Final = 0.7
#: Where a rate was refused while it was kept, the level stays below it.
_BELOW: Final = 0.985
#: That place moves up by so much at the next try, by twice as much at the one after it, and so on.
_FADING: Final = 0.02
#: What is let in may be this many times the level before it says that the level is too low.
_ABOVE: Final = 1.05
_SLOWEST: Final = 0.05
_FASTEST: Final = 1e9


class Bearing:
    """What the server bears, from its first refusal on. Times are seconds on one clock.

    Args:
        now: when the first refusal was heard of.
        sent: when the refused attempt was sent.
        begin: since when it is counted what was let in.
        let_in: how many were let in since then, or may have been: what is under way counts until it
            is refused, because refusals are quick and answers may take long.
        until: when the server said to come back, or None.

    Attributes:
        rate: starts a second that may be tried now.
        level: starts a second that are believed to be borne.
        resume: until then nobody starts.
        slowed_at: what was sent before then and is refused is no news.

    >>> bearing = Bearing(0.02, sent=0.01, begin=0.0, let_in=100, until=1.02)
    >>> bearing.resume, bearing.level
    (1.02, 100.0)
    """

    __slots__ = (
        "_blind",
        "_ceiling",
        "_confirmed",
        "_delay_s",
        "_early",
        "_falls",
        "_growing_s",
        "_grown_at",
        "_intake",
        "_kept",
        "_kept_s",
        "_origin",
        "_pause_s",
        "_seeking",
        "_storm",
        "_tries",
        "level",
        "rate",
        "resume",
        "slowed_at",
    )

    def __init__(
        self, now: float, *, sent: float, begin: float, let_in: int, until: float | None
    ) -> None:
        self.slowed_at = now
        self.resume = now + _STORM_PAUSE_S if until is None else until
        self._intake = Intake(begin, let_in)
        #: How long it takes until a refusal is known; an answer may take much longer.
        self._delay_s = max(1e-3, now - sent)
        self._pause_s = _PAUSE_S
        #: Whether the level is sought, and whether refusals of the first storm may still come.
        self._seeking = self._storm = True
        #: The lowest rate that was refused while it was kept.
        self._ceiling = math.inf
        #: How often the level was found again in a row, or -1 if it never was.
        self._confirmed = -1
        #: How many refusals in a row came right after the pause, or while the rate was kept.
        self._early = self._falls = 0
        #: How often more than the level was tried since a rate was refused while it was kept.
        self._tries = 0
        self._kept = self._kept_s = self._growing_s = 1.0
        #: Since when the level is kept, and the rate last grew while it was sought.
        self._origin = self._grown_at = self.resume
        #: Whether seeking began far above what was known to be borne.
        self._blind = False
        self.level = self.rate = _SLOWEST
        self._judge_storm()

    # What happens

    def started(self, now: float, *, idle_s: float) -> None:
        """An attempt is sent; nobody wanted to send one for so long, though it was allowed."""
        self._intake.started(now)
        # What was not asked for was not tried either.
        self._origin += idle_s
        self._grown_at += idle_s
        if self._seeking:
            doubling_s = max(_DOUBLING_S, _DOUBLING_DELAYS * self._delay_s)
            doublings = max(0.0, now - self._grown_at) / doubling_s
            self.rate = min(_FASTEST, self.rate * 2 ** min(_DOUBLINGS, doublings))
            self._grown_at = max(now, self._grown_at)
            return
        beyond = max(0.0, now - self._origin - self._kept_s) / self._growing_s
        self.rate = min(_FASTEST, self._kept + self.level * min(beyond, 1e3) ** 3)
        if self.rate > 2 * self._ceiling:
            self._ceiling = math.inf

    def answered(self, *, sent: float) -> None:
        """The attempt sent at that time was let in."""
        if self._early >= _HOPELESS and sent >= self.resume:
            # It is back, and nothing is known of what it bears by now.
            self.rate = max(self.rate, self._first_rate)

    def refused(self, now: float, *, sent: float, until: float | None) -> None:
        """The attempt sent at that time was refused; the server said until when, or nothing."""
        self._delay_s += 0.2 * (max(1e-3, now - sent) - self._delay_s)
        if sent > self.slowed_at:
            self._learn(now, sent, until)
            return
        if until is not None and until > self.resume:
            self._grown_at = self._origin = self.resume = until
        if self._storm:
            self._intake.let_in -= 1
            self._judge_storm()

    # What is made of it

    @property
    def _first_rate(self) -> float:
        return min(_FIRST_RATE, 1 / (_FIRST_DELAYS * self._delay_s))

    def _judge_storm(self) -> None:
        borne = self._intake.storm(self.slowed_at, self.resume)
        self.level = max(_SLOWEST, borne)
        self.rate = max(self.level, self._first_rate)
        self._blind = self.rate > _BLIND * self.level
        self._grown_at = self._origin = self.resume

    def _learn(self, now: float, sent: float, until: float | None) -> None:
        self._storm = False
        intake = self._intake
        let_in = intake.before(sent)
        took = sent - self.resume
        early = let_in == 0 or took < (4 if let_in < 3 else 1) * self._delay_s  # noqa: PLR2004
        resume = self._pause(now, until, early=early)
        if early:
            self._came_early(let_in, intake.went_on(let_in, resume))
        else:
            self._early = 0
            drained = intake.drained(sent, rate=self.rate, level=self.level, took=took)
            borne = max(intake.refilled(let_in, sent, self.resume, resume), drained)
            if self._seeking:
                self._found(let_in, took, borne)
            elif self.rate <= 1.01 * self._kept:
                self._was_too_high(borne)
            else:
                self._tried(intake.recent(sent, min(1.0, took)), borne)
        self.level = max(_SLOWEST, self.level)
        if not let_in and self.level <= _SLOWEST:
            # Nothing is known but that one may come back: one at a time, as often as that is so.
            self.level = max(_SLOWEST, min(1 / max(1e-3, resume - now), self._first_rate))
        self._plan(resume - sent)
        self.slowed_at = now
        self._grown_at = self._origin = self.resume = resume
        self.rate = self.level if self._seeking else self._kept
        intake.begin_anew()

    def _pause(self, now: float, until: float | None, *, early: bool) -> float:
        """Return when to go on: when the server said, or after a pause that grows if need be."""
        # What was needed last time is a hint of what is needed now, but no more.
        factor = 2.0 if early else 0.25
        own = max(_PAUSE_S, 0.5 * self._delay_s, factor * self._pause_s)
        self._pause_s = min(_LONGEST_PAUSE_S, own)
        if until is None:
            until = now + self._pause_s
        elif early:
            until = max(until, now + self._pause_s)
        return max(until, self.resume)

    def _came_early(self, let_in: int, borne: float) -> None:
        """Learn from a refusal right after the pause: that was too short, or the level is wrong."""
        self._early += 1
        if self._early >= _HOPELESS:
            borne = max(borne, 0.5 * self.level)
            self._seeking = True
        elif not self._seeking:
            borne = max(borne, (0.93 if let_in else 1.0) * self.level)
        self.level = min(self.level, borne)

    def _found(self, let_in: int, took: float, borne: float) -> None:
        """Learn from the refusal that ends the search."""
        # If no more was let in than the level says, it was the level that was refused.
        beyond = let_in > _ABOVE * self.level * took + 2
        self.level = max(self.level, borne) if beyond else borne
        self._seeking = self._blind and let_in < _TELLING
        self._blind = False
        self._confirmed = -1

    def _was_too_high(self, borne: float) -> None:
        """Learn from a refusal of a rate that was kept."""
        kept = self._kept
        # What was never found again was perhaps never right.
        self._falls += 2 if self._confirmed < 0 and not self._falls else 1
        self._tries = 0
        self._confirmed = -1
        self._ceiling = min(self._ceiling, kept)
        # Towards what is surely borne, but carefully: that may be far too little.
        share = min(1.0, borne / kept) ** (1 / 3 if self._falls < 4 else 1 / 2)  # noqa: PLR2004
        least = _FIRST_LEFT if self._falls == 1 else _NEXT_LEFT
        self.level = kept * min(_MOST_LEFT, max(least, share))

    def _tried(self, recent: float, borne: float) -> None:
        """Learn from a refusal of more than the level."""
        self._falls = 0
        # What was too much once may not be for ever, and less so the longer nothing was.
        self._tries += 1
        self._ceiling *= 1 + _FADING * self._tries
        level = max(self.level, borne)
        if self.rate < 2 * self.level:
            level = max(level, self.level + 0.5 * (recent - _ABOVE * self.level))
            self._confirmed = max(0, self._confirmed) + 1 if level < 1.1 * self.level else 1
        else:
            level = max(level, 0.9 * recent)
            self._confirmed = -1
        self.level = max(self.level, min(level, _BELOW * self._ceiling))

    def _plan(self, waited_s: float) -> None:
        """Settle how much of the level is kept, for how long, and how slowly more is tried then."""
        self._kept = _KEPT * self.level
        refused = 1 + self.level * self._delay_s
        by_refusals = min(_LONGEST_FOR_REFUSALS_S, refused / (_REFUSED_SHARE * self.level))
        by_waits = min(_LONGEST_S, waited_s / _WAITED_SHARE)
        longer = _LONGER ** min(self._confirmed, _MOST_CONFIRMED)
        longer = _NEW if self._confirmed < 0 else longer
        self._kept_s = longer * max(_SHORTEST_S, by_waits, by_refusals)
        slowly = max(_GROWING_S, _GROWING_WAITS * waited_s, _GROWING_STARTS / self.level)
        self._growing_s = min(_GROWING_MOST_S, slowly)
