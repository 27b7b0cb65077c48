from __future__ import annotations

import pandas as pd

from notebook_kit.frames.attempts import attempts_frame
from notebook_kit.scheduling.attempts import Attempt, Came

EPOCH = 1_760_000_000.0


def test_one_row_an_attempt() -> None:
    """Times become moments in UTC, and what is not known is missing."""
    frame = attempts_frame(
        [
            Attempt(1, Came.FAILED, 1.5, 2.0, 0.1, 0.0, "", "ServerError", 503),
            Attempt(3, Came.UNDER_WAY, None, None),
        ],
        EPOCH,
    )
    assert frame.index.tolist() == [1, 3]
    assert frame.index.name == "attempt"
    assert frame["started"].iloc[0] == pd.Timestamp("2025-10-09 08:53:21.5", tz="UTC")
    assert pd.isna(frame["started"].iloc[1])
    assert frame["network_s"].iloc[0] == 0.5
    assert frame.loc[3, ["network_s", "status_code", "error_type"]].isna().all()
    assert frame["came"].tolist() == ["failed", "under way"]
    assert frame["status_code"].iloc[0] == 503


def test_the_schema_is_the_same_without_rows() -> None:
    """No attempts have the columns of many."""
    some = attempts_frame([Attempt(1, Came.ANSWERED, 1.0, 2.0)], EPOCH)
    none = attempts_frame([], EPOCH)
    assert none.dtypes.equals(some.dtypes)
    assert str(some["started"].dtype) == "datetime64[us, UTC]"
