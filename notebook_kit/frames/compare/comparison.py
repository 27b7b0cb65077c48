"""What the comparison of two runs has found."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from notebook_kit.frames.columns import TEXT
from notebook_kit.frames.compare.changes import CHANGES, Change
from notebook_kit.frames.compare.differences import words
from notebook_kit.frames.compare.faces import html_face, text_face

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from notebook_kit.frames.compare.alignment import Alignment

__all__ = ["Comparison"]

#: So many rows are described; of a million that differ nobody reads more.
_MOST_DESCRIBED: Final = 10_000
#: Seconds; less than this is noise.
_LEAST_S: Final = 0.01
_PACES: Final = ("same", "slower", "faster")
_CHANGE: Final = pd.CategoricalDtype(list(CHANGES))
_PACE: Final = pd.CategoricalDtype(list(_PACES))


class Comparison:
    """Two runs side by side; shows itself as text and as HTML. Made by `notebook_kit.compare`."""

    def __init__(
        self,
        a: pd.DataFrame,
        b: pd.DataFrame,
        pairs: Alignment,
        change: NDArray[np.int8],
        *,
        tolerance: float,
        slower_than: float,
        other_items: int,
    ) -> None:
        self._a = a
        self._b = b
        self._pairs = pairs
        self._change = change
        self._tolerance = tolerance
        self._slower_than = slower_than
        self._other_items = other_items

    def __len__(self) -> int:
        return len(self._change)

    @property
    def way(self) -> str:
        """By what the rows were brought together: ``"label"``, ``"position"`` or columns."""
        return self._pairs.way

    @property
    def other_items(self) -> int:
        """How many rows that were brought together are of different items."""
        return self._other_items

    @cached_property
    def rows(self) -> pd.DataFrame:
        """One row per pair, those of the first run first, in its order, with their labels.

        Columns: ``change`` (same, changed, now failing, now ok, still failing, only in a, only in
        b), ``status_a`` and ``status_b``, ``differs``, which says where the answers or the errors
        differ (for the first 10,000 rows that do), ``network_s_a`` and ``network_s_b`` in seconds,
        ``ratio`` of the second to the first, and ``pace`` (same, slower, faster; missing where not
        both were tried).
        """
        old, new = self._seconds
        frame = pd.DataFrame(
            {
                "change": pd.Categorical.from_codes(self._change, dtype=_CHANGE),
                "status_a": _picked(self._a["status"], self._pairs.in_a),
                "status_b": _picked(self._b["status"], self._pairs.in_b),
                "differs": self._differs(),
                "network_s_a": old,
                "network_s_b": new,
                "ratio": self._ratio,
                "pace": pd.Categorical.from_codes(self._pace, dtype=_PACE),
            }
        )
        # To give them a name must not name those of the first frame.
        frame.index = self._pairs.labels.copy()
        return frame

    @property
    def changed(self) -> pd.DataFrame:
        """The rows that have an answer in both runs, and another one."""
        return self._those(self._change == Change.CHANGED)

    @property
    def failing(self) -> pd.DataFrame:
        """The rows that have an answer in the first run and none in the second."""
        return self._those(self._change == Change.NOW_FAILING)

    @property
    def fixed(self) -> pd.DataFrame:
        """The rows that have an answer in the second run and had none in the first."""
        return self._those(self._change == Change.NOW_OK)

    @property
    def slower(self) -> pd.DataFrame:
        """The rows that took longer, the worst first."""
        return self._those(self._pace == _PACES.index("slower")).sort_values(
            "ratio", ascending=False, kind="stable"
        )

    @property
    def faster(self) -> pd.DataFrame:
        """The rows that took less time, the best first."""
        return self._those(self._pace == _PACES.index("faster")).sort_values("ratio", kind="stable")

    def summary(self) -> pd.Series[Any]:
        """Return the counts, and the median change of ``network_s``.

        ``rows``, then one number for each kind of change, ``slower`` and ``faster``,
        ``median_change_s`` in seconds, over the rows that have an answer from the network in both,
        and ``median_ratio``; NaN where there are none.
        """
        numbers: dict[str, float] = {"rows": len(self)}
        counts = np.bincount(self._change, minlength=len(CHANGES)).tolist()
        numbers |= dict(zip(CHANGES, counts, strict=True))
        numbers |= {name: int((self._pace == _PACES.index(name)).sum()) for name in _PACES[1:]}
        old, new = self._seconds
        timed = ~np.isnan(self._ratio)
        numbers["median_change_s"] = float(np.median((new - old)[timed])) if timed.any() else np.nan
        numbers["median_ratio"] = float(np.median(self._ratio[timed])) if timed.any() else np.nan
        return pd.Series(numbers, dtype="float64")

    def __repr__(self) -> str:
        return text_face(self)

    def _repr_html_(self) -> str:
        return html_face(self)

    def _those(self, which: NDArray[np.bool_]) -> pd.DataFrame:
        return self.rows.loc[which]

    @cached_property
    def _seconds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        sides = ((self._a, self._pairs.in_a), (self._b, self._pairs.in_b))
        old, new = (_numbers(frame["network_s"], places) for frame, places in sides)
        return old, new

    @cached_property
    def _ratio(self) -> NDArray[np.float64]:
        """How many times as long the second took, where both have an answer from the network."""
        old, new = self._seconds
        timed = np.isin(self._change, (Change.SAME, Change.CHANGED)) & (old > 0) & (new > 0)
        ratio = np.full(len(self), np.nan)
        np.divide(new, old, out=ratio, where=timed)
        return ratio

    @cached_property
    def _pace(self) -> NDArray[np.int8]:
        old, new = self._seconds
        pace = np.where(np.isnan(self._ratio), -1, 0).astype(np.int8)
        with np.errstate(invalid="ignore"):
            apart = np.abs(new - old) >= _LEAST_S
            pace[apart & (self._ratio >= self._slower_than)] = _PACES.index("slower")
            pace[apart & (self._ratio <= 1 / self._slower_than)] = _PACES.index("faster")
        return pace

    def _differs(self) -> pd.Series[Any]:
        texts = np.full(len(self), np.nan, dtype=object)
        told = np.flatnonzero(
            (self._change >= Change.CHANGED) & (self._change <= Change.STILL_FAILING)
        )
        for at in told[:_MOST_DESCRIBED].tolist():
            texts[at] = self._words(at) or np.nan
        column: pd.Series[Any] = pd.Series(texts, dtype=TEXT)
        return column

    def _words(self, at: int) -> str:
        in_a, in_b = int(self._pairs.in_a[at]), int(self._pairs.in_b[at])
        if self._change[at] == Change.CHANGED:
            old, new = self._a["result"].iloc[in_a], self._b["result"].iloc[in_b]
            return words(old, new, self._tolerance)
        old, new = _ended(self._a, in_a), _ended(self._b, in_b)
        return "" if old == new else f"{old} → {new}"


def _picked(column: pd.Series[Any], places: NDArray[np.intp]) -> Any:
    return column.array.take(places, allow_fill=True)


def _numbers(column: pd.Series[Any], places: NDArray[np.intp]) -> NDArray[np.float64]:
    found = np.full(len(places), np.nan)
    known = places >= 0
    found[known] = column.to_numpy(dtype="float64")[places[known]]
    return found


def _ended(frame: pd.DataFrame, at: int) -> str:
    """Return in a few words how a row ended."""
    status = str(frame["status"].iloc[at])
    if status == "ok" or "error_type" not in frame.columns:
        return status
    parts = [frame[name].iloc[at] for name in ("error_type", "status_code") if name in frame]
    return " ".join(str(it) for it in parts if not pd.isna(it)) or status
