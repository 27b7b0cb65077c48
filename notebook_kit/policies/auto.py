"""Concurrency that finds its own level.

What is sought is the smallest number at once that gives about the best throughput. Latencies say
most of it, see `Steering`. What is lost on the way cuts the limit in proportion to its share, as
marked packets do in DCTCP (M. Alizadeh et al., 2010); what is refused cuts it at once, and the
limit nears the place of the refusal by halves.

It counts in rounds of attempts and not in seconds, so that 2 ms and 2 s are alike. Latencies that
scatter widely are judged by their standard error, so that a lucky round is not taken for a trend.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from notebook_kit.checks import whole_number
from notebook_kit.errors import ConfigurationError
from notebook_kit.policies.failure import FailureKind
from notebook_kit.policies.steering import EXACT, Round, Steering

if TYPE_CHECKING:
    from notebook_kit.policies.failure import Failure

__all__ = ["AutoConcurrency"]

#: The share of the limit that must really be under way before latencies speak for a higher one.
_USED: Final = 0.75
_FEWEST_SAMPLES: Final = 8
#: The variance of a mean is taken for at least this, as latencies of fixed length come in bursts.
_LEAST_VARIANCE: Final = 0.0001
#: A short round right after a doubling is less exact than it looks: its attempts began together.
_ROUGH: Final = 4.0
#: What remains of the limit when attempts are refused.
_CUT: Final = 0.75
#: Rounds until the limit goes once more where it was refused, at first and at last.
_PATIENCE: Final = (32, 512)
_REFUSED: Final = frozenset({429, 503})
#: Statuses by which a server or its gateway says that it waited in vain.
_LOST: Final = frozenset({408, 502, 504})


class AutoConcurrency:
    """How many attempts may be under way at once, learnt from how they end.

    It begins by doubling, settles at about one and a half times what the server serves at once, and
    follows when that changes. Attempts that are refused (429, 503), lost or timed out lower it. It
    does not rise while something else holds the client back, such as a rate or a slow input.

    Times are seconds on any clock that only goes forward. It belongs to one thread.

    Args:
        start: where to begin, brought between the other two.
        least: never fewer than this.
        most: never more than this.

    Attributes:
        limit: how many may be under way now.

    Raises:
        ConfigurationError: when one is no whole number of one or more, or ``most`` is below
            ``least``.

    >>> auto = AutoConcurrency(start=8, most=32)
    >>> for now in range(1, 50):  # each takes a second, however many are under way
    ...     for _ in range(auto.limit):
    ...         auto.finished(now, sent=now - 1.0, in_flight=auto.limit, failure=None)
    >>> auto.limit
    32
    """

    __slots__ = (
        "_ceiling",
        "_count",
        "_counts_from",
        "_cut_at",
        "_in_flight",
        "_least",
        "_level",
        "_lost",
        "_most",
        "_need",
        "_others",
        "_peak",
        "_since",
        "_squares",
        "_started_by",
        "_steering",
        "_total",
        "limit",
    )

    def __init__(self, *, start: int = 8, least: int = 1, most: int = 256) -> None:
        whole_number(start, name="start", example="8")
        self._least = whole_number(least, name="least", example="1")
        self._most = whole_number(most, name="most", example="256")
        if most < least:
            message = f"most={most} is below least={least}: write them the other way round."
            raise ConfigurationError(message)
        #: The limit before it is cut to a whole number.
        self._level = float(min(most, max(least, start)))
        self.limit = int(self._level)
        self._steering = Steering(least=least)
        self._ceiling = _Ceiling()
        self._cut_at = -math.inf
        #: From when on latencies count; never, until the first round is over.
        self._counts_from = math.inf
        #: By when the attempts of the first round had started, and how many others have ended.
        self._started_by: float | None = None
        self._others = 0
        #: When this round began to count.
        self._since = 0.0
        #: How many must have ended in this round, and what has been counted in it.
        self._need = self.limit
        self._count = self._lost = self._in_flight = self._peak = 0
        self._total = self._squares = 0.0
        self._begin()

    def finished(self, now: float, *, sent: float, in_flight: int, failure: Failure | None) -> None:
        """Note how an attempt ended.

        Args:
            now: the time.
            sent: when the attempt was sent.
            in_flight: how many were under way until now, this one included.
            failure: what went wrong, or None.
        """
        if failure is not None and not _was_answered(failure):
            self._suffer(now, failure, sent)
            return
        if in_flight > self._peak:  # noqa: PLR1730 - a call of max takes a third of all the time
            self._peak = in_flight
        if now >= self._counts_from:
            took = now - sent
            self._total += took
            self._squares += took * took
            self._in_flight += in_flight
            self._count += 1
            if self._count >= self._need:
                self._end_round(now)
        elif self._counts_from == math.inf:
            self._meet_first(now, sent, in_flight)

    def _meet_first(self, now: float, sent: float, in_flight: int) -> None:
        """Count an attempt of the first round.

        All that started together are waited for: the quickest of them would make a base that is
        too low to be true. But one that hangs must not hold up everything.
        """
        if self._started_by is None:
            self._started_by = now
            self._since = sent
            self._need = min(self._need, in_flight)
        if sent <= self._started_by:
            took = now - sent
            self._total += took
            self._squares += took * took
            self._in_flight += in_flight
            self._count += 1
        else:
            self._others += 1
        if self._count >= self._need or self._others >= 2 * self.limit:
            self._counts_from = now
            self._end_round(now)

    def _suffer(self, now: float, failure: Failure, sent: float) -> None:
        """Count an attempt that was refused or lost."""
        if failure.status_code in _REFUSED:
            # Those that were sent before the cut were refused for the same reason.
            if sent >= self._cut_at and not failure.quota_gone:
                self._cut_at = now
                self._ceiling.hit(self.limit)
                self._steering.overloaded()
                self._move(now, _CUT * self._level, settles_in=self._steering.base_s or 0.0)
        elif failure.kind is not FailureKind.INVALID and (
            now >= self._counts_from or self._counts_from == math.inf
        ):
            self._lost += 1
            self._need -= 1
            if self._count >= self._need:
                self._end_round(now)

    # Rounds

    def _begin(self) -> None:
        self._count = self._lost = self._in_flight = self._peak = 0
        self._total = self._squares = 0.0
        if self._counts_from == math.inf:
            self._need = self.limit
        elif self._steering.hurried:
            self._need = max(self.limit // 2, _FEWEST_SAMPLES)
        else:
            self._need = 2 * max(self.limit, _FEWEST_SAMPLES)

    def _end_round(self, now: float) -> None:
        if self._count == 0:
            self._steering.overloaded()
            self._move(now, self._level / 2.0, settles_in=self._steering.base_s or 0.0)
            return
        seen, scatter_s = self._read()
        longest = 4 * max(self.limit, _FEWEST_SAMPLES)
        if seen.variance > EXACT and not self._steering.hurried and self._count < longest:
            self._need += max(self.limit, _FEWEST_SAMPLES)
            return
        following = self._steering.next(seen, used=self._is_used(now))
        level = self._ceiling.approach(following, self._level)
        # A line takes longer to run empty than the mean of those who stand in it.
        settles_in = seen.mean_s + (2.0 * scatter_s if level < self._level else 0.0)
        self._move(now, level, settles_in=settles_in)

    def _is_used(self, now: float) -> bool:
        """Tell whether about as many were under way as are allowed."""
        enough = _USED * self.limit
        if self._in_flight >= enough * self._count:
            return True
        # Attempts that end together count each other down; over time as many were under way all
        # the same (Little's law).
        return self._peak >= enough and self._total >= enough * (now - self._since)

    def _read(self) -> tuple[Round, float]:
        """Return what the round has shown, and the standard deviation of its latencies."""
        # A clock may be too coarse for what is very fast.
        mean_s = max(self._total / self._count, 1e-9)
        spread = max(0.0, self._squares / self._count - mean_s * mean_s)
        variance = max(_LEAST_VARIANCE, spread / self._count / (mean_s * mean_s))
        if self._steering.hurried and self._steering.base_s is not None:
            variance *= _ROUGH
        lost = self._lost / (self._count + self._lost)
        return Round(self._level, mean_s, variance, lost), math.sqrt(spread)

    def _move(self, now: float, level: float, *, settles_in: float) -> None:
        self._level = min(float(self._most), max(float(self._least), level))
        self._since = now
        if int(self._level) != self.limit:
            self.limit = int(self._level)
            # What ends before then was sent before, and tells of the limit that was.
            self._counts_from = self._since = now + settles_in
        self._begin()


class _Ceiling:
    """Where attempts were refused: it is neared by halves, and left alone for a while."""

    __slots__ = ("_level", "_patience", "_to_wait")

    def __init__(self) -> None:
        self._level = math.inf
        self._patience = _PATIENCE[0]
        self._to_wait = 0

    def hit(self, level: float) -> None:
        """Note that attempts were refused at this level."""
        self._level = level
        self._to_wait = self._patience
        self._patience = min(2 * self._patience, _PATIENCE[1])

    def approach(self, level: float, now_at: float) -> float:
        """Return how far to go towards the level after one more round without a refusal."""
        if self._to_wait:
            self._to_wait -= 1
            return min(level, max(now_at, (now_at + self._level) / 2.0))
        self._level = max(self._level, 1.125 * min(self._level, now_at) + 1.0)
        return min(level, self._level)


def _was_answered(failure: Failure) -> bool:
    """Tell whether the latency says as much of the server as that of a good answer."""
    if failure.kind is FailureKind.STATUS:
        return failure.status_code not in _REFUSED and failure.status_code not in _LOST
    return failure.kind is FailureKind.OTHER
