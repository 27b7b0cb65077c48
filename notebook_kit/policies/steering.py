"""Where concurrency should go, judged by latencies.

Throughput is the number at once divided by the mean latency (Little's law), so the question is how
much of the latency is waiting in line: that is what exceeds the base, the latency where nobody
waits. The level rises while the latency is near the base, and falls in proportion when it is well
above, as in TCP Vegas (L. Brakmo and L. Peterson, 1995).

A base goes stale: items grow heavier in mid-run, or the first ones met a crowd. So now and then
the level dips to a half for one round, which shows the base afresh; and a fall that made nothing
faster is undone, for what fewer at once do not heal was no line.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

__all__ = ["EXACT", "Round", "Steering"]

#: The relative variance of a mean latency that is exact enough: a standard error of a tenth.
EXACT: Final = 0.01
#: Means that are merged get no more exact than this, or old ones would outweigh every new one.
_MOST_EXACT: Final = 0.002
#: The latency sought, in terms of the base: half as many wait as are served, so that the server is
#: not idle while answers and requests are on their way.
_TARGET: Final = 1.5
#: A difference of less than this is none, however exact the figures.
_SLIGHT: Final = 0.2
#: However widely latencies scatter, a longer line than this is one.
_MOST_NOISE: Final = 0.5
#: With more lost than this share, the level only falls.
_MOST_LOST: Final = 0.25
#: Losses of less than this are worth no dip of their own.
_FEW_LOST: Final = 0.05
#: Rounds between two dips, at first and at last.
_DIPS: Final = (8, 64)
#: So few rounds where the base is in doubt.
_SOON: Final = 4


class Round(NamedTuple):
    """What one round of attempts has shown.

    Attributes:
        level: how many were allowed at once.
        mean_s: the mean latency.
        variance: how exact that mean is: the square of its relative standard error.
        lost: the share of attempts that were lost.
    """

    level: float
    mean_s: float
    variance: float
    lost: float = 0.0

    def noise(self, base: Round) -> float:
        """Return by what share the ratio of the two means may be off by chance."""
        return min(_MOST_NOISE, math.sqrt(self.variance + base.variance))

    def merged(self, other: Round) -> Round:
        """Return it with the mean of both, each weighted by its exactness."""
        whole = self.variance + other.variance
        mean_s = (self.mean_s * other.variance + other.mean_s * self.variance) / whole
        variance = max(_MOST_EXACT, self.variance * other.variance / whole)
        return self._replace(mean_s=mean_s, variance=variance)

    def heals(self, higher: Round) -> bool:
        """Tell whether fewer at once made it faster, so that some had waited in line before."""
        faster = math.log(higher.mean_s / self.mean_s)
        return faster > 0.25 * math.log(higher.level / self.level)

    def throughput_to(self, other: Round) -> float:
        """Return the ratio of the two throughputs."""
        return (self.level / self.mean_s) / (other.level / other.mean_s)


class Steering:
    """Says, round by round, which level comes next.

    >>> steering = Steering(least=1)
    >>> steering.next(Round(8.0, mean_s=0.02, variance=0.0001), used=True)
    16.0
    """

    __slots__ = (
        "_base",
        "_before_dip",
        "_confirmed",
        "_dip_pause",
        "_doubted",
        "_fell_from",
        "_least",
        "_slow_start",
        "_to_dip",
    )

    def __init__(self, *, least: int) -> None:
        self._least = least
        #: What a round without a line looks like, as far as is known; whether a dip confirmed it.
        self._base: Round | None = None
        self._confirmed = False
        #: The level doubles until a line is seen.
        self._slow_start = True
        #: Whether the last round showed a line. It takes two: the first requests of connections
        #: that are being made are slow as well.
        self._doubted = False
        #: What was seen before the dip that is under way, and before the level began to fall.
        self._before_dip: Round | None = None
        self._fell_from: Round | None = None
        self._dip_pause = self._to_dip = _DIPS[0]

    @property
    def hurried(self) -> bool:
        """Whether rough figures will do: while it doubles, the next round shows a mistake."""
        return self._slow_start and not self._doubted and self._before_dip is None

    @property
    def base_s(self) -> float | None:
        """The latency without a line, or None as long as it is not known."""
        return self._base.mean_s if self._base else None

    def overloaded(self) -> None:
        """Attempts are refused, or lost in numbers: from here on, go gently."""
        self._slow_start = self._doubted = False
        self._before_dip = self._fell_from = None

    def next(self, seen: Round, *, used: bool) -> float:
        """Return the next level.

        Args:
            seen: what the round at the present level has shown.
            used: whether about as many were under way as the level allows.
        """
        if self._base is None:
            self._base = seen
        if self._before_dip is not None:
            before, self._before_dip = self._before_dip, None
            return self._after_dip(before, seen, self._base)
        base = self._base = self._corrected(seen, self._base)
        excess = _excess_lost(seen, base)
        if excess > _MOST_LOST:
            # The latencies are those of the few that got through, and say nothing.
            self.overloaded()
            return seen.level * (1.0 - excess / 2.0)
        level = self._steer(seen, base) if used else seen.level
        return level * (1.0 - excess / 2.0)

    def _corrected(self, seen: Round, base: Round) -> Round:
        """Return the base with what the round says of it."""
        ratio, noise = seen.mean_s / base.mean_s, seen.noise(base)
        if ratio < 1.0 - max(_SLIGHT, 1.5 * noise):
            self._doubt_base(_SOON)
            return seen
        if not self._can_dip(seen):
            # Nothing is lower: whatever it is here, that is the base.
            return _unsettled(base, seen).merged(seen)
        if ratio < 1.0 + (noise if self._slow_start else 0.0):
            return base.merged(seen)
        return base

    def _doubt_base(self, dip_in: int) -> None:
        self._confirmed = False
        self._to_dip = min(self._to_dip, dip_in)
        self._dip_pause = _DIPS[0]

    def _steer(self, seen: Round, base: Round) -> float:
        top = self._fell_from
        if top is not None and seen.level <= 0.8 * top.level:
            self._fell_from = None
            if _fell_for_nothing(top, seen, base):
                self._base = seen
                self._doubt_base(2)
                return top.level
        ratio, noise = seen.mean_s / base.mean_s, seen.noise(base)
        target = _target(seen.level)
        if ratio > target * (1.0 + noise) or self._stalled(ratio, noise, target):
            return self._fall(seen, base)
        self._doubted = False
        self._fell_from = None
        if self._dip_is_due(seen, ratio):
            self._to_dip = self._dip_pause
            self._dip_pause = min(2 * self._dip_pause, _DIPS[1])
            return self._dip(seen)
        room = min(1.0, max(0.0, (target - ratio) / (target - 1.0)))
        if self._slow_start:
            return seen.level * (2.0 if ratio < 1.0 + 2.0 * noise else 1.0 + room)
        calm = max(0.0, 1.0 - _excess_lost(seen, base) / _MOST_LOST)
        return seen.level * (1.0 + calm * room / 2.0)

    def _stalled(self, ratio: float, noise: float, target: float) -> bool:
        """Tell whether doubling has all but ended, though chance might explain why."""
        return self._slow_start and ratio > 1.0 + max(0.75 * (target - 1.0), 2.0 * noise)

    # Falling

    def _fall(self, seen: Round, base: Round) -> float:
        if not self._doubted:
            self._doubted = True
            return seen.level
        self._doubted = False
        if self._slow_start:
            if base.variance > EXACT and self._can_dip(seen):
                return self._dip(seen)
            self._end_slow_start(seen, base)
        self._fell_from = self._fell_from or seen
        return _proportionate(seen, base)

    def _end_slow_start(self, seen: Round, base: Round) -> None:
        self._slow_start = False
        # A line after the first doubling: there may have been one before it too.
        self._to_dip = 1 if seen.level <= 2.0 * base.level else _DIPS[0]

    # Dips

    def _dip_is_due(self, seen: Round, ratio: float) -> bool:
        if self._slow_start:
            return False
        self._to_dip -= 1
        if self._to_dip > 0 or not self._can_dip(seen):
            return False
        # Where no line is in sight and the base is known, there is nothing to find out.
        return not self._confirmed or ratio > 1.0 + _SLIGHT or seen.lost > _FEW_LOST

    def _can_dip(self, seen: Round) -> bool:
        return int(seen.level) // 2 >= self._least

    def _dip(self, seen: Round) -> float:
        self._before_dip = seen
        return float(int(seen.level) // 2)

    def _after_dip(self, before: Round, seen: Round, base: Round) -> float:
        noise = seen.noise(base)
        if seen.throughput_to(before) > 0.85 * (1.0 + noise):
            # Half as many do as well, so stay here, and see whether fewer still do.
            self._slow_start = False
            self._doubt_base(1)
            self._base = min(seen, base, key=lambda one: one.mean_s)
            return seen.level
        base = self._base = self._confirm(before, seen, base, noise)._replace(lost=seen.lost)
        if self._slow_start:
            if before.mean_s <= base.mean_s * _target(before.level) * (1.0 + before.noise(base)):
                return before.level
            self._end_slow_start(before, base)
        return _proportionate(before, base)

    def _confirm(self, before: Round, seen: Round, base: Round, noise: float) -> Round:
        """Return the base after a dip."""
        ratio, slack = seen.mean_s / base.mean_s, max(_SLIGHT, 1.5 * noise)
        if ratio < 1.0 - slack or (ratio > 1.0 + slack and not seen.heals(before)):
            self._doubt_base(2)
            return seen
        if ratio > 1.0 + slack:
            return base
        self._confirmed = True
        return _unsettled(base, seen).merged(seen)


def _target(level: float) -> float:
    # One may always wait, or a server that serves one or two at once would be idle in between.
    return max(_TARGET, level / (level - 1.0)) if level > 2.0 else 2.0  # noqa: PLR2004


def _proportionate(seen: Round, base: Round) -> float:
    """Return the level at which the latency would be what is sought, at least a half."""
    share = _target(seen.level) * base.mean_s / seen.mean_s
    return seen.level * min(1.0, max(0.5, share))


def _fell_for_nothing(top: Round, seen: Round, base: Round) -> bool:
    """Tell whether it is as slow as before the fall: the items are heavier than they were."""
    much = 1.0 + _SLIGHT
    if seen.mean_s > much * top.mean_s or _excess_lost(seen, base) > _FEW_LOST:
        # It grows worse by itself, or only those that were quick are counted.
        return False
    return seen.mean_s > much * base.mean_s and not seen.heals(top)


def _excess_lost(seen: Round, base: Round) -> float:
    """Return the share of attempts that are lost because there are so many."""
    return max(0.0, seen.lost - base.lost)


def _unsettled(base: Round, seen: Round) -> Round:
    """Return the base with no more weight than what was seen: the fresh counts as much."""
    return base._replace(variance=max(base.variance, seen.variance))
