"""The attempts of one item as a DataFrame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from notebook_kit.frames.columns import TEXT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_kit.scheduling.attempts import Attempt

__all__ = ["attempts_frame"]


def attempts_frame(attempts: Sequence[Attempt], epoch: float) -> pd.DataFrame:
    """Return one row per attempt, numbered from 1, with the same columns however many there are.

    Args:
        attempts: of one item, oldest first.
        epoch: add this to their times to have seconds since the epoch.

    >>> attempts_frame([], 0.0).columns.tolist()[:4]
    ['started', 'waited_s', 'backoff_s', 'why']
    """
    started = [_or_nan(attempt.started) + epoch for attempt in attempts]
    codes: list[Any] = [attempt.status_code for attempt in attempts]
    micros = np.array(started, dtype="float64") * 1e6
    known = np.where(np.isnan(micros), np.iinfo(np.int64).min, np.nan_to_num(micros))
    moments = pd.DatetimeIndex(known.astype("int64").view("datetime64[us]"), tz="UTC")
    columns = {
        "started": pd.Series(moments),
        "waited_s": pd.Series([it.waited_s for it in attempts], dtype="float64"),
        "backoff_s": pd.Series([it.backoff_s for it in attempts], dtype="float64"),
        "why": pd.Series([it.why for it in attempts], dtype=TEXT),
        "network_s": pd.Series([_or_nan(it.network_s) for it in attempts], dtype="float64"),
        "came": pd.Series([str(it.came) for it in attempts], dtype=TEXT),
        "error_type": pd.Series([it.error_type or None for it in attempts], dtype=TEXT),
        "status_code": pd.Series(codes, dtype="Int16"),
    }
    frame = pd.DataFrame(columns)
    frame.index = pd.Index([it.number for it in attempts], dtype="int64", name="attempt")
    return frame


def _or_nan(number: float | None) -> float:
    return float("nan") if number is None else number
