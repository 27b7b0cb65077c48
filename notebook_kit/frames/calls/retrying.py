"""The rows of a frame that have no answer, sent again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from notebook_kit.errors import ConfigurationError
from notebook_kit.frames.build import PENDING
from notebook_kit.frames.calls.restored import columns_of, decoded, restored, told_by
from notebook_kit.frames.columns import (
    TEXT,
    label_index,
    object_array,
    object_column,
    places_of,
)
from notebook_kit.frames.mapper import function_mapper
from notebook_kit.frames.refusals import refuse_single
from notebook_kit.redact import HIDDEN, shown
from notebook_kit.scheduling import STATUSES, Status

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["UNANSWERED", "send_again"]

#: What pandas calls labels that come from a file as columns.
_OF_LABELS: Final = re.compile(r"index_*|level_\d+_*|Unnamed: \d+")
#: How rows end that have no answer.
UNANSWERED: Final = tuple(name for name in STATUSES if name != STATUSES[Status.OK])


def send_again(
    frame: pd.DataFrame,
    sender: Any,
    *,
    path: str | None,
    method: str | None,
    items: Any,
    statuses: Iterable[str],
    options: Mapping[str, Any],
) -> Any:
    """Have the sender map the rows that ended so; see `Calls.retry`.

    Raises:
        ConfigurationError: when there is no such row, or the call is not known.
    """
    wanted = _checked(statuses)
    places = np.flatnonzero(restored(frame)["status"].isin(wanted).to_numpy())
    if not len(places):
        message = f"There is nothing to send again: no row of the frame is {' or '.join(wanted)}."
        raise ConfigurationError(message)
    some = _items(frame, items, places)
    client_map = getattr(sender, "map", None)
    if callable(client_map):
        known_path, known_method = _call(frame, path, method)
        return client_map(known_path, some, method=known_method, **options)
    if not callable(sender):
        message = (
            f"frame.calls.retry(...) takes a client or the function that was mapped, and was given "
            f"a {type(sender).__name__}."
        )
        raise ConfigurationError(message)
    if path is not None or method is not None:
        message = "path= and method= are of a client's call: leave them out with a function."
        raise ConfigurationError(message)
    return function_mapper()(sender, some, **options)


def _checked(statuses: Any) -> list[str]:
    is_one = isinstance(statuses, str) or not isinstance(statuses, Iterable)
    wanted: list[Any] = [statuses] if is_one else list(statuses)
    # Rows of a run that went on when its frame was saved.
    known = (*STATUSES, PENDING)
    unknown = [name for name in wanted if name not in known]
    if unknown or not wanted:
        given = shown(unknown[0]) if unknown else "nothing"
        message = f"statuses= was given {given}: name some of {', '.join(known)}."
        raise ConfigurationError(message)
    return wanted


def _call(frame: pd.DataFrame, path: str | None, method: str | None) -> tuple[str, str]:
    """Return path and method of the call, as they are given or kept with the frame."""
    told = told_by(frame)
    known = told.get("path")
    # What was too long, or held a secret, is not kept as it was.
    whole = isinstance(known, str) and not known.endswith("…") and HIDDEN not in known
    found = path or (known if whole else None)
    if not found:
        message = (
            "The frame does not know any more which call it came from: write "
            "frame.calls.retry(client, path='/airports/{iata}', method='GET')."
        )
        raise ConfigurationError(message)
    return found, method or told.get("method") or "GET"


def _items(frame: pd.DataFrame, items: Any, places: Any) -> Any:
    """Return the items of these rows, with the labels of the frame."""
    if items is not None:
        return _given(frame, items, places)
    # Beside an input, a column of that name is one of several that a row was made of.
    outcome = set(columns_of(frame).values())
    own = [name not in outcome for name in frame.columns]
    told = told_by(frame)
    if "item" in frame.columns and not told.get("joined"):
        if not told:
            _check_alone(frame.columns[own])
        return _kept(frame["item"], places)
    if any(own):
        return frame.loc[:, own].iloc[places]
    message = (
        "The frame does not hold what its rows were made of: give items=, the table that was "
        "mapped, with as many rows as the frame."
    )
    raise ConfigurationError(message)


def _check_alone(names: pd.Index[Any]) -> None:
    """Refuse columns of which nobody knows any more whether a row was made of all of them."""
    others = [it for it in names if it != "item" and not _OF_LABELS.fullmatch(str(it))]
    if others:
        message = (
            "The frame does not know any more whether its rows were made of the column 'item' or "
            f"of others too, such as {shown(others[0])}: give items=frame['item'], or "
            f"items=frame[['item', {shown(others[0])}]] with all that a row was made of."
        )
        raise ConfigurationError(message)


def _kept(column: pd.Series[Any], places: Any) -> pd.Series[Any]:
    """Return the items that a frame has itself."""
    found = column.iloc[places].tolist()
    # Files have what is no text as JSON; in the frame of a run, text is what was mapped. Before
    # pandas 3 the two look the same.
    if column.dtype != object or not isinstance(TEXT, pd.StringDtype):
        found = [decoded(item) for item in found]
    return object_column(object_array(found)).set_axis(column.index[places])


def _given(frame: pd.DataFrame, items: Any, places: Any) -> Any:
    """Return the rows of what was mapped: by label where it has labels, or else row by row."""
    has_labels = isinstance(items, (pd.DataFrame, pd.Series, Mapping))
    rows: Any = items
    if isinstance(items, Mapping):
        rows = object_column(object_array(items.values())).set_axis(label_index(list(items)))
    elif not has_labels:
        refuse_single(items)
        rows = object_column(object_array(list(items)))
    found = _rows_of(frame.index, rows.index, has_labels=has_labels)
    return rows.iloc[found[places]].set_axis(frame.index[places])


def _rows_of(wanted: pd.Index[Any], labels: pd.Index[Any], *, has_labels: bool) -> NDArray[np.intp]:
    """Return at which position of what was mapped each row of the frame is.

    Raises:
        ConfigurationError: when that cannot be told.
    """
    as_they_stand = np.arange(len(wanted))
    if labels.equals(wanted):
        return as_they_stand
    found = np.full(len(wanted), -1)
    if labels.is_unique and wanted.is_unique:
        found = places_of(wanted, labels)
    is_whole = bool((found >= 0).all())
    # Labels that only count may stand for others, which a file has lost.
    if is_whole and has_labels and not wanted.equals(pd.RangeIndex(len(wanted))):
        return found
    is_other = not labels.isin(wanted).any() if has_labels else not is_whole
    if len(labels) == len(wanted) and is_other:
        return as_they_stand
    message = (
        f"items= has {len(labels):,} rows and the frame has {len(wanted):,}, and it cannot be told "
        "which belong together: give all that was mapped with the labels of the frame, as "
        "items.set_axis(frame.index) if they are row by row the same, or items.loc[frame.index]."
    )
    raise ConfigurationError(message)
