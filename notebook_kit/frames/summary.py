"""The summary of a frame: counts, errors by kind, times, in a few lines."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from notebook_kit.frames.build import PENDING
from notebook_kit.frames.columns import TEXT
from notebook_kit.frames.summary_faces import html_face, text_face
from notebook_kit.scheduling import SOURCES, STATUSES, Source, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ErrorKind", "Summary", "errors_by_kind", "summarise"]

_FAILURES: Final = [STATUSES[code] for code in (Status.FAILED, Status.TIMEOUT)]
_KEPT: Final = [SOURCES[code] for code in (Source.CACHE, Source.CHECKPOINT)]


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """Failures of one kind.

    Attributes:
        error_type: the class name of the exception, or None where there was none.
        status_code: the HTTP status, or None.
        count: how many items ended so.
        share: the part of all items, from 0 to 1.
        example: the text of the first one, secrets removed; not escaped.
    """

    error_type: str | None
    status_code: int | None
    count: int
    share: float
    example: str | None


@dataclass(frozen=True, slots=True, repr=False)
class Summary:
    """What became of a run, in numbers; shows itself as text and as HTML.

    Attributes:
        items: rows in all.
        ok: rows with an answer, reused ones included.
        failed: rows that ended in an error.
        timeout: rows that ended at a time limit.
        cancelled: rows that had not ended when the run did.
        skipped: rows that were left out on purpose.
        pending: rows that have not ended yet, in a live run.
        reused: answers that came from a cache or a checkpoint.
        fallbacks: rows that were given something else, as their endpoint was unavailable.
        attempts: tries made, over all rows.
        elapsed_s: seconds from the start of the run to its end.
        items_per_s: rows a second that ended and needed work.
        latency_p50_s: seconds that half of the rows needed less than, all their attempts together;
            NaN where nothing was tried.
        latency_p95_s: the same for 95 of 100 rows.
        latency_max_s: seconds that the slowest row needed.
        kinds: failures by kind, most frequent first.
    """

    items: int
    ok: int
    failed: int
    timeout: int
    cancelled: int
    skipped: int
    pending: int
    reused: int
    fallbacks: int
    attempts: int
    elapsed_s: float
    items_per_s: float
    latency_p50_s: float
    latency_p95_s: float
    latency_max_s: float
    kinds: tuple[ErrorKind, ...] = ()

    def to_series(self) -> pd.Series[Any]:
        """Return the numbers under their names, without the kinds of errors."""
        return pd.Series(self._numbers(), dtype="float64")

    def to_frame(self) -> pd.DataFrame:
        """Return the numbers as one row, to be set under those of other runs."""
        return pd.DataFrame([self._numbers()])

    def _numbers(self) -> dict[str, float]:
        return {it.name: getattr(self, it.name) for it in fields(self) if it.name != "kinds"}

    def __repr__(self) -> str:
        return text_face(self)

    def _repr_html_(self) -> str:
        return html_face(self)


def summarise(frame: pd.DataFrame, elapsed_s: float) -> Summary:
    """Return the summary of a frame.

    Args:
        frame: a frame as `build_frame` makes it.
        elapsed_s: seconds that the run took.

    >>> from notebook_kit.frames import build_frame, plan_of
    >>> from notebook_kit.scheduling import Ledger, Status
    >>> ledger = Ledger()
    >>> ledger.grow(2)
    >>> ledger.settle(0, Status.OK, now=1.0, value="yes")
    >>> ledger.settle(1, Status.FAILED, now=1.0, error=ValueError("no"))
    >>> summarise(build_frame(plan_of(["a", "b"]), ledger), 2.0)
    2 items in 2.0 s (1.00/s)
    ok         1   50 %
    failed     1   50 %
    errors     1   50 %   ValueError: no
    attempts   0
    """
    counts = frame["status"].value_counts().to_dict()
    number = {status: int(counts.get(status, 0)) for status in (*STATUSES, PENDING)}
    is_ok = frame["status"] == STATUSES[Status.OK]
    reused = int((is_ok & frame["source"].isin(_KEPT)).sum())
    worked = number["ok"] + number["failed"] + number["timeout"] - reused
    median, high, longest = _latency(frame)
    return Summary(
        items=len(frame),
        **number,
        reused=reused,
        fallbacks=int((is_ok & (frame["source"] == SOURCES[Source.FALLBACK])).sum()),
        attempts=int(frame["attempts"].sum()),
        elapsed_s=float(elapsed_s),
        items_per_s=worked / elapsed_s if elapsed_s > 0 else 0.0,
        latency_p50_s=median,
        latency_p95_s=high,
        latency_max_s=longest,
        kinds=tuple(_kinds(frame)),
    )


def errors_by_kind(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row per kind of failure, the most frequent first.

    Columns: ``error_type``, ``status_code``, ``count``, ``share`` of all items from 0 to 1, and
    ``example``, the text of the first one.
    """
    kinds = _kinds(frame)
    return pd.DataFrame(
        {
            "error_type": _text([kind.error_type for kind in kinds]),
            "status_code": pd.array([kind.status_code for kind in kinds], dtype="Int16"),
            "count": np.array([kind.count for kind in kinds], dtype="int64"),
            "share": np.array([kind.share for kind in kinds], dtype="float64"),
            "example": _text([kind.example for kind in kinds]),
        }
    )


def _text(values: Sequence[str | None]) -> pd.Series[Any]:
    texts = [math.nan if value is None else value for value in values]
    column: pd.Series[Any] = pd.Series(texts, dtype=TEXT)
    return column


def _latency(frame: pd.DataFrame) -> tuple[float, float, float]:
    tried = frame.loc[(frame["attempts"] > 0).to_numpy(), "network_s"].to_numpy()
    if not len(tried):
        return math.nan, math.nan, math.nan
    median, high = np.quantile(tried, [0.5, 0.95])
    return float(median), float(high), float(tried.max())


def _kinds(frame: pd.DataFrame) -> list[ErrorKind]:
    failed = frame.loc[frame["status"].isin(_FAILURES).to_numpy()]
    groups: dict[tuple[str | None, int | None], list[Any]] = {}
    columns = (failed[name].tolist() for name in ("error_type", "status_code", "error"))
    for kind, code, text in zip(*columns, strict=True):
        key = (_known(kind), _known(code))
        group = groups.setdefault(key, [0, _known(text)])
        group[0] += 1
    found = [
        ErrorKind(kind, code, count, count / len(frame), example)
        for (kind, code), (count, example) in groups.items()
    ]
    return sorted(found, key=lambda kind: -kind.count)


def _known(value: Any) -> Any:
    return None if pd.isna(value) else value
