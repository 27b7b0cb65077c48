"""Whether the rows of a frame stand in the order in which its run gave them."""

from __future__ import annotations

import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from notebook_kit.frames.calls.restored import told_by
from notebook_kit.frames.order import order_mark
from notebook_kit.frames.outcome_names import OUTCOME

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["is_as_it_came", "is_sent_order", "order_of", "sent_mark"]

#: Settings with which rows do not start in the order of the input.
_OUT_OF_TURN: Final = ("priority", "order")
#: What tells the rows of a run apart in any order, but for those of one moment.
_TOLD_APART: Final = ("started", "status", "error")


def is_as_it_came(frame: pd.DataFrame) -> bool | None:
    """Tell whether the rows of a restored frame stand as they came; None where nothing says it.

    What the frame knows of its order says so. Where a file has lost that, the starts of the rows
    do, which follow the input.

    >>> import pandas as pd
    >>> from notebook_kit.frames.calls.restored import restored
    >>> frame = pd.DataFrame({"started": ["2024-01-01", "2024-01-02"], "status": "ok"})
    >>> frame = restored(frame)
    >>> is_as_it_came(frame), is_as_it_came(frame[::-1]), is_as_it_came(frame[:0])
    (True, False, None)
    """
    began = _began(frame)
    if began is None:
        return None
    told = told_by(frame)
    if told.get("order") == order_mark(frame, began):
        return True
    settings = told.get("settings")
    if isinstance(settings, dict) and any(name in settings for name in _OUT_OF_TURN):
        return None
    known = began[~np.isnat(began)]
    apart = np.diff(known).astype(np.int64)
    if (apart < 0).any():
        return False
    # Rows that began at the same moment, or never, may stand in any order.
    return True if len(known) == len(began) > 0 and (apart > 0).all() else None


def order_of(frame: pd.DataFrame) -> str | None:
    """Return what tells the order of a restored frame."""
    began = _began(frame)
    return None if began is None else order_mark(frame, began)


def sent_mark(frame: pd.DataFrame, places: NDArray[np.intp]) -> list[str] | None:
    """Return what tells the order of a restored frame, of some of its rows, and of the alike."""
    marks = [order_of(frame), order_of(frame.iloc[places]), _mark_of_alike(frame.iloc[places])]
    known = [mark for mark in marks if mark is not None]
    return known if len(known) == len(marks) else None


def _mark_of_alike(rows: pd.DataFrame) -> str:
    """Return what tells the order of rows that began and ended alike: what they were made of."""
    said = rows[[name for name in _TOLD_APART if name in rows.columns]]
    own = rows.loc[:, ~rows.columns.isin(OUTCOME)]
    are_alike = said.duplicated(keep=False).to_numpy()
    if rows.index.is_unique or not own.shape[1] or not are_alike.any():
        return ""
    # A class of the user's may fail at being written as text, by which objects are told apart.
    with suppress(Exception):
        numbers = pd.util.hash_pandas_object(
            own[are_alike], index=False, categorize=False
        ).to_numpy()
        return f"{zlib.crc32(numbers.tobytes()):08x}"
    return ""


def is_sent_order(frame: pd.DataFrame, places: NDArray[np.intp], mark: Any) -> bool | None:
    """Tell whether these rows stand as when they were sent; None where nothing says it."""
    whole = order_of(frame)
    if whole is None or not isinstance(mark, list) or len(mark) != len(("frame", "rows", "alike")):
        return None
    rows = frame.iloc[places]
    if _mark_of_alike(rows) != mark[2]:
        return False
    began = _began(rows)
    are_distinct = rows["started"].notna().all() and rows["started"].is_unique
    same_rows = are_distinct and began is not None and order_mark(rows, began) == mark[1]
    return bool(whole == mark[0] or same_rows)


def _began(frame: pd.DataFrame) -> NDArray[np.datetime64] | None:
    if "started" not in frame.columns or "status" not in frame.columns:
        return None
    moments = frame["started"].dt.tz_convert("UTC").dt.tz_localize(None)
    began: NDArray[np.datetime64] = moments.to_numpy().astype("datetime64[us]")
    return began
