from __future__ import annotations

import pandas as pd
import pytest

from notebook_kit.frames.calls.elapsed import elapsed_of
from tests.frames.ledgers import frame_of_answers


def test_what_is_kept_with_the_frame_is_believed() -> None:
    """A cut frame still tells how long the whole run took."""
    frame = frame_of_answers(["x"])
    frame.attrs["notebook_kit"] = {"elapsed_s": 12.5}
    assert elapsed_of(frame) == 12.5


@pytest.mark.parametrize("kept", [None, "long", -1.0, float("nan")])
def test_without_it_the_rows_tell(kept: object) -> None:
    """From the first start to the last end."""
    frame = frame_of_answers(["x", "y"])
    frame.attrs["notebook_kit"] = {"elapsed_s": kept}
    assert elapsed_of(frame) == pytest.approx(frame["elapsed_s"].max())


def test_where_nothing_started_it_is_zero() -> None:
    """Rows without a start, and frames without the column."""
    assert (
        elapsed_of(pd.DataFrame({"started": pd.Series([None], dtype="datetime64[us, UTC]")})) == 0.0
    )
    assert elapsed_of(pd.DataFrame()) == 0.0
