"""What the rest of a run will take and cost, guessed from the items of its pilot."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import starmap
from statistics import NormalDist
from typing import TYPE_CHECKING, Final, NamedTuple

from notebook_kit.numbers import duration, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Forecast", "Range", "Sample", "Spread", "forecast"]

#: The ranges are meant to hold in 95 cases of 100: two and a half are left out on either side.
_UPPER: Final = 0.975
_Z: Final = NormalDist().inv_cdf(_UPPER)
#: That quantile of Student's t with 1, 2, 3, ... degrees of freedom, where no series is near it.
_T: Final = (12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281)


class Range(NamedTuple):
    """A guess, and between what it most likely is."""

    low: float
    expected: float
    high: float


class Spread(NamedTuple):
    """Some numbers in short: their mean and their variance.

    >>> Spread.of([1.0, 2.0, 3.0])
    Spread(mean=2.0, variance=1.0)
    """

    mean: float
    variance: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Return the mean and the variance of one number or more.

        Of a single number nobody knows the variance: it is taken to be the square of the mean, as
        in an exponential distribution.
        """
        count = len(values)
        mean = math.fsum(values) / count
        if count == 1:
            return cls(mean, mean * mean)
        return cls(mean, math.fsum((value - mean) ** 2 for value in values) / (count - 1))


class Sample(NamedTuple):
    """What is known of the items that have ended.

    Attributes:
        items: how many there are.
        failed: how many of them failed or timed out.
        time_s: seconds that each was in attempts.
        cost: what each has cost, or None where nobody counts.
    """

    items: int
    failed: int
    time_s: Spread
    cost: Spread | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Forecast:
    """What the rest of a run will take, as far as a few of its items can tell.

    Every range is a guess that most likely holds, in about 95 cases of 100, if the rest is like the
    items that it was made from, the server bears as much as it did, and nobody changes the pace.

    Attributes:
        sample: how many items it is a guess from.
        items_left: how many items have not ended, or None as long as nobody knows.
        time_s: seconds for these; None where nobody knows how many they are.
        cost: what these will cost; None where nobody counts or knows how many they are.
        failed_share: which share of them will fail or time out, from 0 to 1.
    """

    sample: int
    items_left: int | None
    time_s: Range | None
    cost: Range | None
    failed_share: Range

    @property
    def failed(self) -> Range | None:
        """How many of the items that are left will fail or time out, or None."""
        if self.items_left is None:
            return None
        low, expected, high = (share * self.items_left for share in self.failed_share)
        return Range(low, expected, high)

    def __repr__(self) -> str:
        left = "the rest" if self.items_left is None else plural(self.items_left, "item")
        told = []
        if (time_s := self.time_s) is not None:
            told.append(_in_words(*map(duration, time_s)))
        if (cost := self.cost) is not None:
            told.append(f"cost {_in_words(*(f'{amount:.3g}' for amount in cost))}")
        told.append(f"{_in_words(*(f'{share:.0%}' for share in self.failed_share))} failed")
        made_from = plural(self.sample, "item")
        text = f"<Forecast for {left}, a guess from {made_from}: {', '.join(told)}>"
        return text.replace("\N{NO-BREAK SPACE}", " ")


def _in_words(low: str, expected: str, high: str) -> str:
    return f"{expected} ({low} to {high})"


def forecast(
    sample: Sample, *, items_left: int | None, max_concurrency: int, pace_s: float = 0.0
) -> Forecast:
    """Return what the items that are left will take.

    The share of failures is Wilson's score interval (E. B. Wilson, 1927). Time and cost are
    Student's prediction interval for the mean of so many further values (G. J. Hahn and W. Q.
    Meeker, "Statistical Intervals", 1991), times their number: the fewer items it is made from, or
    made for, the wider it is. It supposes that so many attempts are always under way, each as long
    as before, and that limits on the rate are used to the full; waits between tries are left out.

    Args:
        sample: what is known of the items that have ended, one at least.
        items_left: how many have not, or None if nobody knows.
        max_concurrency: how many attempts may be under way at once.
        pace_s: seconds for each item that limits ask for at the least.

    >>> few = Sample(20, failed=1, time_s=Spread(0.5, 0.01), cost=Spread(0.002, 0.0))
    >>> forecast(few, items_left=980, max_concurrency=10)
    <Forecast for 980 items, a guess from 20 items: 49 s (44 s to 53 s), cost 1.96 (1.96 to 1.96), \
5% (1% to 24%) failed>
    """
    time_s = cost = None
    if items_left is not None:
        rounds = max(1.0, items_left / max_concurrency) if items_left else 0.0
        least_s = pace_s * items_left
        each_s = _of_the_rest(sample.time_s, sample.items, items_left)
        time_s = Range(*(max(least_s, rounds * value) for value in each_s))
        if sample.cost is not None:
            each = _of_the_rest(sample.cost, sample.items, items_left)
            cost = Range(*(items_left * value for value in each))
    return Forecast(sample.items, items_left, time_s, cost, _wilson(sample.failed, sample.items))


def _of_the_rest(spread: Spread, count: int, items_left: int) -> Range:
    """Return the mean of the values to come; none of them is below zero."""
    if not items_left:
        return Range(0.0, 0.0, 0.0)
    half = _student(max(1, count - 1)) * math.sqrt(spread.variance * (1 / count + 1 / items_left))
    return Range(max(0.0, spread.mean - half), spread.mean, spread.mean + half)


def _wilson(failed: int, count: int) -> Range:
    share, square = failed / count, _Z * _Z
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = _Z * math.sqrt(share * (1 - share) / count + square / (4 * count * count))
    half /= 1 + square / count
    # Rounding must not put the share itself outside.
    return Range(max(0.0, min(share, middle - half)), share, min(1.0, max(share, middle + half)))


def _student(degrees: int) -> float:
    """Return the quantile of Student's t; from eleven degrees on by the series of R. A. Fisher."""
    if degrees <= len(_T):
        return _T[degrees - 1]
    terms = (
        (1, (1, 1), 4),
        (2, (3, 16, 5), 96),
        (3, (-15, 17, 19, 3), 384),
    )
    return _Z + math.fsum(starmap(lambda power, *rest: _term(degrees**power, *rest), terms))


def _term(power: int, coefficients: tuple[int, ...], divisor: int) -> float:
    odd = math.fsum(factor * _Z ** (2 * at + 1) for at, factor in enumerate(coefficients))
    return odd / (divisor * power)
