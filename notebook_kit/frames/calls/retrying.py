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
from notebook_kit.frames.calls.standing import is_as_it_came, sent_mark
from notebook_kit.frames.columns import (
    TEXT,
    label_index,
    object_array,
    object_column,
    places_of,
)
from notebook_kit.frames.mapper import function_mapper
from notebook_kit.frames.order import sending
from notebook_kit.frames.refusals import refuse_single
from notebook_kit.redact import HIDDEN, shown
from notebook_kit.scheduling import STATUSES, Status

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["UNANSWERED", "retry_words", "send_again"]

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
        ConfigurationError: when the call is not known, or what its rows were made of.
    """
    client_map = getattr(sender, "map", None)
    if not callable(client_map) and not callable(sender):
        given = "nothing" if sender is None else f"a {type(sender).__name__}"
        message = (
            "frame.calls.retry(...) takes a client or the function that was mapped, and was given "
            f"{given}."
        )
        raise ConfigurationError(message)
    wanted = _checked(statuses)
    known = restored(frame)
    places = np.flatnonzero(known["status"].isin(wanted).to_numpy())
    some = _items(frame, items, places) if len(places) else _no_items(frame)
    with sending(sent_mark(known, places)):
        if callable(client_map):
            known_path, known_method = _call(frame, path, method)
            return client_map(known_path, some, method=known_method, **options)
        if path is not None or method is not None:
            message = "path= and method= are of a client's call: leave them out with a function."
            raise ConfigurationError(message)
        return function_mapper()(sender, some, **options)


def retry_words(frame: pd.DataFrame) -> str:
    """Return what to write to have the rows of a frame sent again.

    >>> retry_words(pd.DataFrame({"item": ["a"], "status": ["failed"]}))
    'frame.calls.retry(client)'
    """
    told = told_by(frame)
    sender = "function" if told and told.get("method") is None else "client"
    items = "" if _own_columns(frame) else ", items=table"
    return f"frame.calls.retry({sender}{items})"


def _no_items(frame: pd.DataFrame) -> pd.Series[Any]:
    """Return what a run of nothing is made of: a loop until nothing fails needs no exception."""
    return object_column(object_array([])).set_axis(frame.index[:0])


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
    own = _own_columns(frame)
    if own == ["item"] and not told_by(frame).get("joined"):
        _check_known(frame, places)
        return _kept(frame["item"], places)
    if own:
        if not told_by(frame) and "item" in own:
            _check_alone(own)
            return _kept(frame["item"], places)
        return frame.loc[:, frame.columns.isin(own)].iloc[places]
    message = (
        "The frame does not hold what its rows were made of: give items=, the table that was "
        "mapped, with as many rows as the frame."
    )
    raise ConfigurationError(message)


def _check_known(frame: pd.DataFrame, places: Any) -> None:
    """Refuse rows of a checkpoint that were not done, so that their items are not in it."""
    column = frame["item"]
    if told_by(frame).get("items_unknown") and any(
        it is None for it in column.iloc[places].tolist()
    ):
        message = (
            "The frame is of a checkpoint, which does not hold the items of rows that were not "
            "done: give items=, all that was mapped, or name the statuses= of others."
        )
        raise ConfigurationError(message)


def _own_columns(frame: pd.DataFrame) -> list[Any]:
    """Return the columns that rows were made of: the item, or those of the input beside it."""
    told = told_by(frame)
    # Beside an input, a column of that name is one of several that a row was made of.
    if told and "item" in frame.columns and not told.get("joined"):
        return ["item"]
    outcome = {*columns_of(frame).values(), *told.get("opened", ())}
    return [name for name in frame.columns if name not in outcome]


def _check_alone(names: list[Any]) -> None:
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
    found = _rows_of(frame, rows.index, has_labels=has_labels)
    return rows.iloc[found[places]].set_axis(frame.index[places])


def _rows_of(frame: pd.DataFrame, labels: pd.Index[Any], *, has_labels: bool) -> NDArray[np.intp]:
    """Return at which position of what was mapped each row of the frame is.

    Raises:
        ConfigurationError: when that cannot be told.
    """
    wanted = frame.index
    counts = wanted.equals(pd.RangeIndex(len(wanted)))
    as_they_stand = np.arange(len(wanted))
    in_order = is_as_it_came(restored(frame)) if len(labels) == len(wanted) else None
    if labels.equals(wanted):
        # Labels that count are given anew when rows are sorted; the run itself knows how many
        # it had, and which came first.
        is_other = in_order is not True and "order" in told_by(frame)
        is_other = is_other and told_by(frame).get("items") == len(frame)
        if in_order or (labels.is_unique and not (counts and is_other)):
            return as_they_stand
        raise _unclear(frame, labels)
    found = np.full(len(wanted), -1)
    if labels.is_unique and wanted.is_unique:
        found = places_of(wanted, labels)
    is_whole = bool((found >= 0).all())
    # Labels that only count may stand for others, which a file has lost.
    if is_whole and has_labels and not counts:
        return found
    is_apart = not labels.isin(wanted).any() if has_labels else not is_whole
    # What has no labels is row by row what the frame is, unless that was sorted.
    is_row_by_row = in_order or (in_order is None and not has_labels)
    if len(labels) == len(wanted) and is_apart and is_row_by_row:
        return as_they_stand
    raise _unclear(frame, labels)


def _unclear(frame: pd.DataFrame, labels: pd.Index[Any]) -> ConfigurationError:
    wanted = frame.index
    how = "items.set_axis(frame.index) if they are row by row the same, or items.loc[frame.index]"
    if not wanted.is_unique or wanted.equals(pd.RangeIndex(len(wanted))):
        how = (
            "frame.set_axis(keys) and items.set_axis(keys) with keys = [f'row {n}' for n in "
            "range(len(frame))] if they are row by row the same"
        )
    message = (
        f"items= has {len(labels):,} rows and the frame has {len(wanted):,}, and it cannot be told "
        "which belong together, as by labels that occur once, or by rows that stand as they came: "
        f"give both the same labels, as {how}."
    )
    return ConfigurationError(message)
