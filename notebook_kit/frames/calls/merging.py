"""What a later run brought, in the place of what a frame held."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from notebook_kit.errors import ConfigurationError
from notebook_kit.frames.attrs import KEY
from notebook_kit.frames.build import PENDING
from notebook_kit.frames.calls.restored import (
    OUTCOME,
    columns_of,
    frame_of,
    require,
    restored,
    runs_of,
    told_by,
)
from notebook_kit.frames.calls.standing import is_as_it_came, is_sent_order, order_of
from notebook_kit.frames.columns import object_array, places_of
from notebook_kit.frames.compare.changes import equal_values
from notebook_kit.frames.identity import identify

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["merged"]

_NOT_TRIED: Final = ("cancelled", "skipped", PENDING)
#: What is kept with a frame of its run and is not so of two.
_OF_ONE_RUN: Final = ("started", "elapsed_s", "order", "run", "sent")


def merged(frame: pd.DataFrame, newer: Any) -> pd.DataFrame:
    """Return the frame with the rows of a newer one in their places; see `Calls.merge`.

    Raises:
        ConfigurationError: when the rows cannot be told, or columns are not there.
    """
    other = frame_of(newer, of="frame.calls.merge")
    require(other, ("status", "attempts"), of="What frame.calls.merge puts in")
    if told_by(frame).get("opened") and "result" not in columns_of(frame):
        message = (
            "The answers in this frame are opened into columns, in which those of the new rows "
            "have no place: merge them into run.frame, and open the answers of that with "
            "frame.calls.expand(...)."
        )
        raise ConfigurationError(message)
    older, other = restored(frame), restored(other)
    if not len(other):
        return frame.copy()
    places = _places(older, other)
    old, new = older["status"].to_numpy()[places], other["status"].to_numpy()
    better = ~np.isin(new, _NOT_TRIED) & ~((old == "ok") & (new != "ok"))
    taken = np.arange(len(frame))
    taken[places[better]] = len(frame) + np.flatnonzero(better)
    changed = {
        name: _joined(older[name], other[name], taken)
        for name in OUTCOME
        if name in older.columns and name in other.columns
    }
    attempts = older["attempts"].to_numpy(copy=True)
    attempts[places] += other["attempts"].to_numpy()
    changed["attempts"] = pd.Series(attempts, index=frame.index)
    names = columns_of(frame)
    made = {names[name]: _as_in(frame[names[name]], column) for name, column in changed.items()}
    result = frame.assign(**made)
    result.attrs = {**frame.attrs}
    if told := told_by(frame):
        result.attrs[KEY] = _told_of_both(told, other)
        if "order" in told and is_as_it_came(older):
            result.attrs[KEY]["order"] = order_of(restored(result))
    return result


def _as_in(column: pd.Series[Any], made: pd.Series[Any]) -> pd.Series[Any]:
    """Return what was made with the backend of the column in whose place it is put."""
    return made.astype(column.dtype) if isinstance(column.dtype, pd.ArrowDtype) else made


def _told_of_both(told: Mapping[str, Any], other: pd.DataFrame) -> dict[str, Any]:
    """Return what is kept of the run with what is so of both; of either, its attempts are known."""
    kept = {name: it for name, it in told.items() if name not in _OF_ONE_RUN}
    runs = [runs_of(told), runs_of(told_by(other))]
    kept.pop("runs", None)
    if all(runs):
        kept["runs"] = list(dict.fromkeys(name for some in runs for name in some))
    return kept


def _joined(old: pd.Series[Any], new: pd.Series[Any], taken: NDArray[np.intp]) -> pd.Series[Any]:
    both = pd.concat([old, new], ignore_index=True)
    return both.iloc[taken].set_axis(old.index)


def _places(frame: pd.DataFrame, other: pd.DataFrame) -> NDArray[np.intp]:
    """Return at which position of the frame each row of the other belongs."""
    unanswered = np.flatnonzero((frame["status"] != "ok").to_numpy())
    if frame.index.is_unique and other.index.is_unique:
        found = places_of(other.index, frame.index)
        if (found >= 0).all():
            _check_counted(frame, other, found)
            return found
    # A frame that was read from a file may have lost its labels.
    elif len(other) == len(unanswered) and frame.index[unanswered].equals(other.index):
        _check_order(frame, unanswered, other)
        return unanswered
    message = (
        f"frame.calls.merge cannot tell which of {len(frame):,} rows the {len(other):,} new ones "
        "belong to: give a frame with labels of this one, each once, or the frame of "
        "frame.calls.retry(...), whose labels are those of the rows without an answer."
    )
    raise ConfigurationError(message)


def _check_counted(frame: pd.DataFrame, other: pd.DataFrame, places: NDArray[np.intp]) -> None:
    """Refuse rows that are called 0, 1, 2, ... by themselves and are of other items than these.

    So are those of a list of what failed, mapped for itself.
    """
    is_part = len(other) < len(frame) and other.index.equals(pd.RangeIndex(len(other)))
    if not is_part or "item" not in frame.columns or "item" not in other.columns:
        return
    if _have_equal_items(frame.iloc[places], other):
        return
    message = (
        f"The {len(other):,} new rows are called 0, 1, 2, ..., and the rows of these labels were "
        "made of other items: map what has the labels of the frame, as frame.loc[..., 'item'] or "
        "frame.calls.retry(...), or give newer.set_axis(labels)."
    )
    raise ConfigurationError(message)


def _check_order(frame: pd.DataFrame, places: NDArray[np.intp], other: pd.DataFrame) -> None:
    """Refuse rows whose labels do not tell them apart and that may stand in another order."""
    is_same = is_sent_order(frame, places, told_by(other).get("sent"))
    if is_same is None and "item" in frame.columns and "item" in other.columns:
        is_same = _have_same_items(frame.iloc[places], other)
    if is_same is None:
        is_same = is_as_it_came(frame)
    if is_same:
        return
    message = (
        "Labels occur more than once, and the rows of the frame are in another order than when "
        "they were sent, or nothing says that they are not: frame.calls.merge takes the frame in "
        "that order; sort it afterwards, or send a frame whose labels occur once."
    )
    raise ConfigurationError(message)


def _have_same_items(frame: pd.DataFrame, other: pd.DataFrame) -> bool | None:
    """Tell whether rows were made of the same items in the same order; None if of others."""
    items = [it["item"].tolist() for it in (frame, other)]
    old, new = (Counter(map(identify, of_one)) for of_one in items)
    return None if old != new else _have_equal_items(frame, other)


def _have_equal_items(frame: pd.DataFrame, other: pd.DataFrame) -> bool:
    old, new = (object_array(it["item"].tolist()) for it in (frame, other))
    return bool(equal_values(old, new, 0.0).all())
