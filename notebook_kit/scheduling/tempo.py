"""Counting for the eye: how fast items end, how long attempts take, which errors there are.

All of it is counted as it happens in constant time and space, so that a view of a run of a million
items costs what a view of ten does. A view may ask from another thread than the one that counts: it
changes nothing, and looks at copies made in one step.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left, bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from notebook_kit.redact import text_of
from notebook_kit.scheduling.snapshot import ErrorGroup

if TYPE_CHECKING:
    from notebook_kit.policies import Failure

__all__ = ["ErrorTally", "Tempo", "Trying"]

_SHOWN_INTERVALS: Final = 60
_RATE_OVER_S: Final = 3.0
#: Histogram classes per doubling: each class is 19 % wide.
_PER_OCTAVE: Final = 4
#: Lower bounds of the classes in seconds, from a microsecond to a month.
_EDGES: Final = tuple(2 ** (step / _PER_OCTAVE) for step in range(-20 * _PER_OCTAVE, 86))
_EXAMPLE_LIMIT: Final = 2_000


class Tempo:
    """Items ended per interval, and a histogram of the seconds that attempts took.

    The interval is a second at first and doubles when the run outgrows the store, so that a run
    of days fits as well.

    >>> tempo = Tempo(start=0.0)
    >>> for second in (0.1, 0.2, 1.5):
    ...     tempo.ended(second)
    >>> tempo.throughput(now=1.6)
    (2, 1)
    """

    __slots__ = ("_classes", "_counts", "_longest", "_shortest", "_start", "_until", "interval_s")

    def __init__(self, *, start: float) -> None:
        self._start = start
        self.interval_s = 1.0
        self._counts: list[int] = [0]
        #: When the last interval that is counted ends.
        self._until = start + 1.0
        self._classes = [0] * (len(_EDGES) + 1)
        self._longest = 0.0
        self._shortest = math.inf

    def ended(self, now: float) -> None:
        """Count one item that ended at this time; times only go forward."""
        if now >= self._until:
            self._extend(now)
        self._counts[-1] += 1

    def _extend(self, now: float) -> None:
        position = int((now - self._start) / self.interval_s)
        while position >= 2 * _SHOWN_INTERVALS:
            counts = [*self._counts, 0] if len(self._counts) % 2 else self._counts
            self._counts = [a + b for a, b in zip(counts[::2], counts[1::2], strict=True)]
            self.interval_s *= 2
            position = int((now - self._start) / self.interval_s)
        self._counts.extend([0] * (position + 1 - len(self._counts)))
        self._until = self._start + len(self._counts) * self.interval_s

    def answered(self, now: float, took: float) -> None:
        """Count an item that ended at this time with an attempt of so many seconds."""
        if now >= self._until:
            self._extend(now)
        self._counts[-1] += 1
        self._classes[bisect_right(_EDGES, took)] += 1
        if took > self._longest:  # noqa: PLR1730 - for each item, and a call costs more
            self._longest = took
        if took < self._shortest:  # noqa: PLR1730 - as above
            self._shortest = took

    def attempt(self, took: float) -> None:
        """Count one attempt that took so many seconds."""
        self._classes[bisect_right(_EDGES, took)] += 1
        self._longest = max(self._longest, took)
        self._shortest = min(self._shortest, took)

    def stood(self, seconds: float, now: float) -> None:
        """Leave out so many seconds up to now: it was the run's will that nothing was started.

        What was under way and has ended meanwhile counts as ended now. Any thread may say so: at
        worst one item is counted in another interval than its own.
        """
        self._start += seconds
        self._until += seconds
        present = max(0, int((now - self._start) / self.interval_s))
        counts = self._counts
        if len(counts) > present + 1:
            self._counts = [*counts[:present], sum(counts[present:])]
            self._until = self._start + len(self._counts) * self.interval_s

    def throughput(self, now: float) -> tuple[int, ...]:
        """Return the items ended in each interval, oldest first, the running one included."""
        counts = tuple(self._counts)
        idle = int((now - self._start) / self.interval_s) + 1 - len(counts)
        counts += (0,) * min(idle, _SHOWN_INTERVALS)
        return counts[-_SHOWN_INTERVALS:]

    def rate_now(self, now: float) -> float:
        """Return items a second over the last few seconds, or over `interval_s` if that is more."""
        counts, interval_s = self._counts, self.interval_s
        elapsed = max(now - self._start, 1e-3)
        span = min(elapsed, max(_RATE_OVER_S, interval_s))
        first, last = int((elapsed - span) / interval_s), int(elapsed / interval_s)
        return sum(counts[first : last + 1]) / (elapsed - first * interval_s)

    def quantile(self, share: float) -> float | None:
        """Return the seconds within which a share of the attempts ended, or None if none has.

        It is the geometric middle of the class in which the sum passes the share, and never less
        than the shortest nor more than the longest.
        """
        sums = tuple(itertools.accumulate(self._classes.copy()))
        if not sums[-1]:
            return None
        at = bisect_left(sums, share * sums[-1])
        middle = _EDGES[max(at - 1, 0)] * 2 ** (0.5 / _PER_OCTAVE)
        return min(max(middle, self._shortest), self._longest)

    def latency(self) -> tuple[float, float, float] | None:
        """Return the 50th and 95th hundredth and the longest attempt in seconds, or None."""
        middle, high = self.quantile(0.5), self.quantile(0.95)
        return None if middle is None or high is None else (middle, high, self._longest)

    def histogram(self) -> tuple[tuple[int, ...], tuple[float, ...]]:
        """Return counts and the bounds of their classes in seconds (one more than counts)."""
        classes = self._classes.copy()
        # What is shorter than the shortest class is counted with it.
        classes[1] += classes[0]
        filled = [at for at, count in enumerate(classes) if count and at]
        if not filled:
            return (), ()
        first, last = filled[0], filled[-1]
        edges = (*_EDGES[first - 1 : last], _EDGES[last - 1] * 2 ** (1 / _PER_OCTAVE))
        return tuple(classes[first : last + 1]), edges


class ErrorTally:
    """Failures by kind, with the first of each as an example."""

    __slots__ = ("_examples", "_groups")

    def __init__(self) -> None:
        self._groups: dict[str, list[int]] = {}
        self._examples: dict[str, str] = {}

    def add(self, index: int, failure: Failure) -> None:
        """Count one item that ended in this failure."""
        kind = _kind_of(failure)
        group = self._groups.get(kind)
        if group is None:
            # The example first: a view may look at any moment.
            # Cut afterwards: half a secret would not be known as one.
            self._examples[kind] = text_of(failure.error)[:_EXAMPLE_LIMIT]
            self._groups[kind] = [1, index]
        else:
            group[0] += 1

    def clear(self) -> None:
        """Count from nothing; whoever looks meanwhile sees what was."""
        # The examples stay: a view may be looking them up.
        self._groups = {}

    def groups(self) -> tuple[ErrorGroup, ...]:
        """Return the groups, most frequent first."""
        groups = [
            ErrorGroup(kind, count, self._examples[kind], position)
            for kind, (count, position) in self._groups.copy().items()
        ]
        return tuple(sorted(groups, key=lambda group: -group.count))


class Trying:
    """What items that wait for another try have failed with, by kind.

    Only who fails and is tried again comes in here.

    >>> from notebook_kit.policies import classify
    >>> trying = Trying()
    >>> trying.waits(7, classify(TimeoutError("too late")))
    >>> [(group.kind, group.count) for group in trying.groups()]
    [('TimeoutError', 1)]
    >>> trying.waits_no_more(7)
    >>> trying.groups()
    ()
    """

    __slots__ = ("_kinds", "_tallies")

    def __init__(self) -> None:
        self._kinds: dict[int, str] = {}
        #: How many there are of a kind, the first one, and what it said.
        self._tallies: dict[str, ErrorGroup] = {}

    def waits(self, index: int, failure: Failure) -> None:
        """Count an item whose last attempt ended in this failure."""
        self.waits_no_more(index)
        kind = self._kinds[index] = _kind_of(failure)
        known = self._tallies.get(kind)
        if known is None or not known.count:
            example = text_of(failure.error)[:_EXAMPLE_LIMIT]
            known = ErrorGroup(kind, 0, example, index)
        self._tallies[kind] = replace(known, count=known.count + 1)

    def waits_no_more(self, index: int) -> None:
        """Forget an item, which is tried again now, or never; it need not have waited."""
        kind = self._kinds.pop(index, None)
        if kind is not None:
            known = self._tallies[kind]
            self._tallies[kind] = replace(known, count=known.count - 1)

    def clear(self) -> None:
        """Forget everybody."""
        self._kinds.clear()
        self._tallies = {}

    def groups(self) -> tuple[ErrorGroup, ...]:
        """Return the groups, most frequent first; from any thread."""
        found = [group for group in self._tallies.copy().values() if group.count]
        return tuple(sorted(found, key=lambda group: (-group.count, group.kind)))


def _kind_of(failure: Failure) -> str:
    kind = type(failure.error).__name__
    return kind if failure.status_code is None else f"{kind} {failure.status_code}"
