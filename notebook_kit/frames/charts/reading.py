"""What charts need of a frame and of a table of attempts, as plain arrays.

Either may have been through a file, or through its owner's hands: columns are read for what they
hold, whatever their dtypes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from notebook_kit.errors import ConfigurationError
from notebook_kit.frames.attempts_table import CAUSES, OUTCOMES
from notebook_kit.frames.charts.placing import places_in
from notebook_kit.markup import shorten
from notebook_kit.redact import shown
from notebook_kit.scheduling import STATUSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Items", "Tries", "codes", "items_of", "kinds_of", "labels_of", "read", "tries_of"]

_OF_FRAMES: Final = ("status", "attempts", "started", "waited_s", "network_s", "backoff_s")
_OF_ATTEMPTS: Final = ("position", "started", "ended", "waited_s", "why", "outcome")
#: What an attempt waited for before it began.
_BEFORE: Final = ("waited_s", "backoff_s")
_KIND_LENGTH: Final = 36
_LABEL_LENGTH: Final = 18


@dataclass(frozen=True, slots=True)
class Items:
    """The rows of a frame.

    Attributes:
        status: places in `STATUSES`, -1 for anything else.
        tried: whether at least one attempt was made.
        attempts: how many were.
        started: seconds since the epoch, NaN where not known.
        ended: the same.
        waited: seconds held back.
        network: seconds in attempts.
        backoff: seconds of back-off.
    """

    status: NDArray[np.int64]
    tried: NDArray[np.bool_]
    attempts: NDArray[np.float64]
    started: NDArray[np.float64]
    ended: NDArray[np.float64]
    waited: NDArray[np.float64]
    network: NDArray[np.float64]
    backoff: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.status)

    @property
    def timed(self) -> NDArray[np.bool_]:
        """Which of those that were tried have a beginning and an end that are known."""
        # Of a row that has not ended, the frame of a live run does not say how long it has taken.
        settled = self.status >= 0
        return self.tried & settled & np.isfinite(self.started) & np.isfinite(self.ended)


@dataclass(frozen=True, slots=True)
class Tries:
    """The attempts of the rows of a frame, those alone whose times are known.

    Attributes:
        item: which row each belongs to: positions in the frame.
        started: seconds since the epoch.
        ended: the same.
        waited: seconds held back before it.
        backoff: seconds of back-off before that.
        why: places in `CAUSES`, -1 where there is none.
        outcome: places in `OUTCOMES`, -1 for anything else.
        table: their rows.
        left_out: attempts whose times are not known.
    """

    item: NDArray[np.int64]
    started: NDArray[np.float64]
    ended: NDArray[np.float64]
    waited: NDArray[np.float64]
    backoff: NDArray[np.float64]
    why: NDArray[np.int64]
    outcome: NDArray[np.int64]
    table: pd.DataFrame
    left_out: int

    def __len__(self) -> int:
        return len(self.item)


def read(frame: Any, attempts: Any) -> tuple[Items, Tries | None]:
    """Return what a frame has, and a table of attempts if there is one.

    Raises:
        ConfigurationError: when one of them is something else.
    """
    return items_of(frame), tries_of(attempts, frame)


def items_of(frame: Any) -> Items:
    """Return the rows of a frame.

    Raises:
        ConfigurationError: when it is no frame of a run.
    """
    _check(frame, _OF_FRAMES, "frame", "the frame of a run, as in run.frame or await run")
    attempts = np.nan_to_num(_numbers(frame["attempts"]))
    waited, network, backoff = (
        np.maximum(_numbers(frame[name]), 0.0) for name in ("waited_s", "network_s", "backoff_s")
    )
    started = _moments(frame["started"])
    return Items(
        status=codes(frame["status"], STATUSES),
        tried=attempts > 0,
        attempts=attempts,
        started=started,
        ended=started + waited + network + backoff,
        waited=waited,
        network=network,
        backoff=backoff,
    )


def tries_of(attempts: Any, frame: pd.DataFrame) -> Tries | None:
    """Return the attempts of the rows that are in the frame; None without a table.

    Raises:
        ConfigurationError: when it is no table of attempts.
    """
    if attempts is None:
        return None
    _check(
        attempts, _OF_ATTEMPTS, "attempts", "the table of attempts of the same run: run.attempts"
    )
    item = _places(attempts, frame)
    started, ended = _moments(attempts["started"]), _moments(attempts["ended"])
    there = item >= 0
    known = there & np.isfinite(started) & (ended >= started)
    table = attempts if known.all() else attempts.loc[known]
    no_backoff = pd.Series(0.0, index=table.index)
    return Tries(
        item=item[known],
        started=started[known],
        ended=ended[known],
        waited=np.maximum(np.nan_to_num(_numbers(table["waited_s"])), 0.0),
        backoff=np.maximum(np.nan_to_num(_numbers(table.get("backoff_s", no_backoff))), 0.0),
        why=codes(table["why"], CAUSES),
        outcome=codes(table["outcome"], OUTCOMES),
        table=table,
        left_out=int(np.count_nonzero(there & ~known)),
    )


def codes(column: pd.Series[Any], words: Sequence[str]) -> NDArray[np.int64]:
    """Return where each word of a column stands among the words, -1 where it does not."""
    known = pd.Index(list(words), dtype=object)
    if isinstance(column.dtype, pd.CategoricalDtype):
        # One more for what is missing, whose code is -1.
        of_category = np.append(
            known.get_indexer(pd.Index(column.cat.categories, dtype=object)), -1
        )
        return np.asarray(of_category[column.cat.codes.to_numpy()], dtype=np.int64)
    places = known.get_indexer(pd.Index(column, dtype=object))
    return np.asarray(places, dtype=np.int64)


def kinds_of(table: pd.DataFrame) -> tuple[NDArray[np.int64], list[str]]:
    """Return the kind of each failure as a place among names, the most frequent first."""
    nothing = pd.Series(np.nan, index=table.index)
    types, type_names = pd.factorize(table.get("error_type", nothing).astype(object))
    status = np.nan_to_num(_numbers(table.get("status_code", nothing))).astype(np.int64)
    both = (types + 1) * 100_000 + status
    places, combined = pd.factorize(both)
    names = [_kind(list(type_names), int(code)) for code in combined]
    order = np.argsort(-np.bincount(places, minlength=len(names)), kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank[places], [names[at] for at in order]


def labels_of(frame: pd.DataFrame, positions: NDArray[np.int64]) -> list[str]:
    """Return what rows are called, short enough for an axis."""
    return [shorten(str(label), _LABEL_LENGTH) for label in frame.index.take(positions)]


def _kind(type_names: list[Any], code: int) -> str:
    place, status = divmod(code, 100_000)
    name = str(type_names[place - 1]) if place else "no error kept"
    return shorten(f"{name} {status}" if status > 0 else name, _KIND_LENGTH)


def _check(table: Any, needed: Sequence[str], name: str, wanted: str) -> None:
    if not isinstance(table, pd.DataFrame):
        message = f"{name}={shown(table)} is no DataFrame: give {wanted}."
        raise ConfigurationError(message)
    missing = [column for column in needed if column not in table]
    if missing:
        message = f"{name}= has no column {', '.join(map(repr, missing))}: give {wanted}."
        raise ConfigurationError(message)


def _places(attempts: pd.DataFrame, frame: pd.DataFrame) -> NDArray[np.int64]:
    """Return which row of the frame each attempt belongs to, -1 for none."""
    held = [np.nan_to_num(_numbers(attempts[name])) for name in _BEFORE if name in attempts]
    settled = codes(frame["status"], STATUSES) >= 0
    return places_in(
        frame.index,
        np.where(settled, _moments(frame["started"]), np.nan),
        np.where(settled, _numbers(frame["attempts"]), np.nan),
        attempts=attempts,
        position=np.nan_to_num(_numbers(attempts["position"]), nan=-1.0).astype(np.int64),
        begun=_moments(attempts["started"]) - sum(held),
    )


def _numbers(column: pd.Series[Any]) -> NDArray[np.float64]:
    numbers: pd.Series[Any] = pd.to_numeric(column, errors="coerce")
    return numbers.to_numpy(dtype="float64", na_value=np.nan)


def _is_time(dtype: Any) -> bool:
    return pd.api.types.is_datetime64_any_dtype(dtype) or pd.api.types.is_numeric_dtype(dtype)


def _moments(column: pd.Series[Any]) -> NDArray[np.float64]:
    """Return seconds since the epoch, NaN where there is no time."""
    # One form would be guessed from the first text, and the next may have no fraction of a second.
    how = None if _is_time(column.dtype) else "ISO8601"
    moments = pd.to_datetime(column, utc=True, errors="coerce", format=how)
    index = pd.DatetimeIndex(moments).tz_convert(None)
    micros = index.to_numpy().astype("datetime64[us]")
    seconds = micros.astype("int64") / 1e6
    seconds[np.isnat(micros)] = np.nan
    return seconds
