"""The rows of a frame that have no answer, sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from notebook_kit.errors import ConfigurationError
from notebook_kit.frames.calls.restored import columns_of, decoded, restored, told_by
from notebook_kit.frames.columns import object_array, object_column
from notebook_kit.frames.mapper import function_mapper
from notebook_kit.redact import HIDDEN, shown
from notebook_kit.scheduling import STATUSES, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["UNANSWERED", "send_again"]

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


def _checked(statuses: Iterable[str]) -> list[str]:
    wanted = [statuses] if isinstance(statuses, str) else list(statuses)
    unknown = [name for name in wanted if name not in STATUSES]
    if unknown or not wanted:
        given = shown(unknown[0]) if unknown else "nothing"
        message = f"statuses= was given {given}: name some of {', '.join(STATUSES)}."
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
    if "item" in frame.columns:
        found = [decoded(item) for item in frame["item"].iloc[places].tolist()]
        return object_column(object_array(found)).set_axis(frame.index[places])
    outcome = set(columns_of(frame).values())
    own = [name not in outcome for name in frame.columns]
    if any(own):
        return frame.loc[:, own].iloc[places]
    message = (
        "The frame does not hold what its rows were made of: give items=, the table that was "
        "mapped, with as many rows as the frame."
    )
    raise ConfigurationError(message)


def _given(frame: pd.DataFrame, items: Any, places: Any) -> Any:
    rows = items if isinstance(items, (pd.DataFrame, pd.Series)) else list(items)
    if len(rows) != len(frame):
        message = (
            f"items= has {len(rows):,} rows and the frame has {len(frame):,}: give all that was "
            "mapped, row by row; the ones that are sent are picked from it."
        )
        raise ConfigurationError(message)
    if isinstance(rows, list):
        rows = object_column(object_array(rows))
    return rows.iloc[places].set_axis(frame.index[places])
