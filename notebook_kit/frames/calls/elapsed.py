"""How long the run of a frame took."""

from __future__ import annotations

import pandas as pd

from notebook_kit.checks import number
from notebook_kit.frames.calls.restored import told_by

__all__ = ["elapsed_of"]


def elapsed_of(frame: pd.DataFrame) -> float:
    """Return the seconds that the run took, as kept with the frame or as its rows tell.

    >>> started = pd.to_datetime(["2024-01-01 10:00:00", "2024-01-01 10:00:02"], utc=True)
    >>> elapsed_of(pd.DataFrame({"started": started, "elapsed_s": [1.0, 0.5]}))
    2.5
    """
    known = number(told_by(frame).get("elapsed_s"))
    if known is not None and known >= 0:
        return known
    if "started" not in frame.columns or not frame["started"].notna().any():
        return 0.0
    started = frame["started"]
    spent = frame["elapsed_s"].fillna(0.0) if "elapsed_s" in frame.columns else 0.0
    ended = started + pd.to_timedelta(spent, unit="s")
    return float((ended.max() - started.min()).total_seconds())
