"""Time in equal stretches: how much happened, and how many were under way, in each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Bins", "bins_of", "smooth"]

_FEWEST: Final = 6
_MOST: Final = 90
#: The shortest time that is shown: an axis needs some length.
_LEAST_S: Final = 1e-3


class Bins(NamedTuple):
    """Equal stretches of time from a moment on.

    Attributes:
        begun: when the first begins, in seconds since the epoch.
        edges: bounds, in seconds since then.
    """

    begun: float
    edges: NDArray[np.float64]

    @property
    def width(self) -> float:
        """How long each one is, in seconds."""
        return float(self.edges[1] - self.edges[0])

    @property
    def span(self) -> float:
        """How long all are together, in seconds."""
        return float(self.edges[-1])

    @property
    def middles(self) -> NDArray[np.float64]:
        """The middle of each."""
        return (self.edges[:-1] + self.edges[1:]) / 2

    def counts(self, moments: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how many moments, in seconds since the epoch, fall in each."""
        last = len(self.edges) - 2
        places = np.clip(((moments - self.begun) / self.width).astype(np.int64), 0, last)
        return np.bincount(places, minlength=last + 1).astype("float64")

    def under_way(
        self, started: NDArray[np.float64], ended: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return how many were under way in each on average: that is exact, not sampled."""
        return np.diff(self._done(ended) - self._done(started)) / -self.width

    def _done(self, moments: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the seconds that have passed, at each edge, since all moments before it."""
        ordered = np.sort(moments - self.begun)
        before = np.searchsorted(ordered, self.edges, side="left")
        sums = np.concatenate(([0.0], np.cumsum(ordered)))
        return before * self.edges - sums[before]


def bins_of(started: NDArray[np.float64], ended: NDArray[np.float64]) -> Bins:
    """Return stretches over all that happened, more of them where more did.

    >>> bins = bins_of(np.array([100.0, 101.0]), np.array([103.0, 106.0]))
    >>> bins.begun, bins.span, len(bins.middles)
    (100.0, 6.0, 6)
    >>> bins.under_way(np.array([100.0, 101.0]), np.array([103.0, 106.0])).tolist()
    [1.0, 2.0, 2.0, 1.0, 1.0, 1.0]
    """
    begun = float(started.min())
    span = max(float(ended.max()) - begun, _LEAST_S)
    number = int(np.clip(2 * len(ended) ** 0.5, _FEWEST, _MOST))
    return Bins(begun, np.linspace(0.0, span, number + 1))


def smooth(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a moving mean that weighs what is near the most; at the ends, of what there is.

    >>> smooth(np.ones(20)).round(6).tolist() == [1.0] * 20
    True
    """
    reach = max(1, len(values) // 14)
    offsets = np.arange(-2 * reach, 2 * reach + 1)
    weights = np.exp(-0.5 * (offsets / reach) ** 2)
    padded = np.pad(values, 2 * reach)
    around = np.convolve(padded, weights, mode="valid")
    there = np.convolve(np.pad(np.ones(len(values)), 2 * reach), weights, mode="valid")
    result: NDArray[np.float64] = around / there
    return result
