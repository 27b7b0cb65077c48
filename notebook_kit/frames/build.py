"""The frame: the columns of a ledger as a DataFrame, one row per input, in input order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from notebook_kit.errors.groups import with_parts
from notebook_kit.frames.columns import (
    label_index,
    object_array,
    object_column,
    sparse_text_array,
)
from notebook_kit.markup import shorten
from notebook_kit.redact import scrub_told
from notebook_kit.scheduling import SOURCES, STATUSES, Status
from notebook_kit.scheduling.outcome import UNSETTLED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from notebook_kit.scheduling import Ledger, Plan

__all__ = ["PENDING", "SOURCE_TYPE", "STATUS_TYPE", "build_frame"]

#: The status of a row that has not ended; only the frame of a live run has it.
PENDING: Final = "pending"
STATUS_TYPE: Final = pd.CategoricalDtype([*STATUSES, PENDING])
SOURCE_TYPE: Final = pd.CategoricalDtype(list(SOURCES))
_STARTED: Final = pd.DatetimeTZDtype("us", "UTC")
#: Characters of an error's text that are kept.
_ERROR_LENGTH: Final = 500
#: Characters of it that are looked at: an answer of megabytes may be part of a message.
_ERROR_READ: Final = 20_000


@dataclass(frozen=True, slots=True)
class _Copy:
    """What a ledger held at one moment; the run may go on while the frame is made.

    The arrays are the frame's own: columns are worked out in their memory.
    """

    status: NDArray[np.uint8]
    source: NDArray[np.uint8]
    status_code: NDArray[np.int16]
    attempts: NDArray[np.int32]
    left: NDArray[np.float64]
    settled: NDArray[np.float64]
    network: NDArray[np.float64]
    backoff: NDArray[np.float64]
    results: NDArray[np.object_]
    errors: dict[int, BaseException]
    epoch: float

    def __len__(self) -> int:
        return len(self.status)


def build_frame(plan: Plan, ledger: Ledger) -> pd.DataFrame:
    """Return one row per input, in input order, with the labels of the input.

    Columns: ``item`` (unless the input was a DataFrame), ``result``, ``status``, ``status_code``,
    ``error_type``, ``error`` (secrets removed, at most 500 characters), ``source``, ``attempts``,
    ``started`` (UTC), and in seconds ``waited_s``, ``network_s``, ``backoff_s`` and their sum
    ``elapsed_s``. Their dtypes are the same for any number of rows. Text is ``str`` on pandas 3,
    ``object`` with NaN before.

    It can be asked of a live run: rows that have not ended are ``pending`` in it.

    >>> from notebook_kit.frames import plan_of
    >>> from notebook_kit.scheduling import Ledger, Status
    >>> ledger = Ledger()
    >>> ledger.grow(2)
    >>> ledger.settle(0, Status.OK, now=1.0, value={"n": 1})
    >>> build_frame(plan_of(["a", "b"]), ledger)[["item", "result", "status"]]
      item    result   status
    0    a  {'n': 1}       ok
    1    b      None  pending
    """
    copy = _copy(ledger)
    places = pd.RangeIndex(len(copy))
    columns: dict[str, Any] = {}
    if plan.keep_items:
        columns["item"] = object_column(_items(plan, len(copy)), places)
    columns |= _outcome_columns(copy, places)
    columns |= _time_columns(copy)
    # The columns count their rows alike; labels that occur twice would multiply them.
    frame = pd.DataFrame(columns, index=places, copy=False)
    # A name that is given to the labels of one frame is not that of the next.
    frame.index = _index(plan, len(copy)).copy()
    return frame


def _copy(ledger: Ledger) -> _Copy:
    values = ledger.values  # noqa: PD011 - a list of answers, no DataFrame
    # The status comes first: an item that has ended there has the rest as well.
    columns: tuple[tuple[Any, Any], ...] = (
        (ledger.status, np.uint8),
        (ledger.source, np.uint8),
        (ledger.status_code, np.int16),
        (ledger.attempts, np.int32),
        (ledger.left, np.float64),
        (ledger.settled, np.float64),
        (ledger.network, np.float64),
        (ledger.backoff, np.float64),
    )
    # The ledger grows column by column: only so many rows are whole.
    count = min(len(values), *(len(column) for column, _ in columns))
    status, source, code, attempts, left, settled, network, backoff = (
        _copied(column, dtype, count) for column, dtype in columns
    )
    return _Copy(
        status=status,
        source=source,
        status_code=code,
        attempts=attempts,
        left=left,
        settled=settled,
        network=network,
        backoff=backoff,
        results=object_array(islice(values, count), count),
        errors=ledger.errors.copy(),
        epoch=ledger.epoch,
    )


def _copied(column: Any, dtype: Any, count: int) -> NDArray[Any]:
    """Return the beginning of a column of the ledger, which can grow all the while.

    An array that looked into the ledger's memory would keep it from growing. Both ways of copying
    here are one step for all threads, and the first one does without memory of its own.
    """
    array: Any = np.empty(count, dtype)
    try:
        memoryview(array)[:] = column
    except ValueError:  # It is longer by now.
        array[:] = np.frombuffer(column[:count], dtype)
    copied: NDArray[Any] = array
    return copied


def _items(plan: Plan, count: int) -> NDArray[np.object_]:
    known = plan.source if isinstance(plan.source, Sequence) else plan.pulled
    # As many of them as there are in one step, also while more are being pulled.
    size = min(len(known), count)
    items = object_array(islice(known, size), size)
    if size == count:
        return items
    padded = np.full(count, None, dtype=object)
    padded[:size] = items
    return padded


def _index(plan: Plan, count: int) -> pd.Index[Any]:
    if plan.index is None:
        return pd.RangeIndex(count)
    index = plan.index if isinstance(plan.index, pd.Index) else label_index(plan.index)
    return index if len(index) == count else index[:count]


def _outcome_columns(copy: _Copy, places: pd.Index[Any]) -> dict[str, Any]:
    code = copy.status.astype(np.int8)
    code[copy.status == UNSETTLED] = len(STATUSES)
    copy.results[copy.status != Status.OK] = None
    statuses = pd.Categorical.from_codes(code, dtype=STATUS_TYPE)
    sources = pd.Categorical.from_codes(copy.source.view(np.int8), dtype=SOURCE_TYPE)
    kinds, texts = _error_columns(copy)
    return {
        "result": object_column(copy.results, places),
        "status": statuses,
        "status_code": pd.arrays.IntegerArray(copy.status_code, copy.status_code == 0),
        "error_type": kinds,
        "error": texts,
        "source": sources,
        "attempts": copy.attempts,
    }


def _error_columns(copy: _Copy) -> tuple[Any, Any]:
    kinds: dict[str, int] = {}
    texts: dict[str, int] = {}
    rows: list[int] = []
    kind_of: list[int] = []
    text_of: list[int] = []
    for at, error in copy.errors.items():
        # An error that came while the columns were copied belongs to the next frame.
        if at < len(copy) and copy.status[at] != UNSETTLED:
            rows.append(at)
            kind_of.append(kinds.setdefault(type(error).__name__, len(kinds)))
            text_of.append(texts.setdefault(_text(error), len(texts)))
    # Many errors say the same, and removing secrets is what costs most.
    safe = [_on_one_line(scrub_told(text)) for text in texts]
    return (
        sparse_text_array(len(copy), rows, list(kinds), kind_of),
        sparse_text_array(len(copy), rows, safe, text_of),
    )


def _text(error: BaseException) -> str:
    try:
        return with_parts(error)[:_ERROR_READ]
    except Exception as broken:  # noqa: BLE001 - a user's __str__ may raise anything
        return f"(its message cannot be read: {type(broken).__name__})"


def _on_one_line(text: str) -> str:
    # What is short enough needs no cutting, for which its words would be gone through one by one.
    return " ".join(text.split()) if len(text) <= _ERROR_LENGTH else shorten(text, _ERROR_LENGTH)


def _time_columns(copy: _Copy) -> dict[str, Any]:
    spent = copy.network + copy.backoff
    waited = copy.settled
    waited -= copy.left
    waited -= spent
    # It is NaN where the item never left; the clock's rounding may make it less than nothing.
    np.fmax(waited, 0.0, out=waited)
    # An end that came after the status was read belongs to the next frame.
    waited[copy.status == UNSETTLED] = 0.0
    spent += waited
    return {
        "started": _instants(copy.left, copy.epoch),
        "waited_s": waited,
        "network_s": copy.network,
        "backoff_s": copy.backoff,
        "elapsed_s": spent,
    }


def _instants(seconds: NDArray[np.float64], epoch: float) -> Any:
    """Return the instants of seconds, in whose memory they are kept."""
    seconds += epoch
    seconds *= 1e6
    is_unknown = ~np.isfinite(seconds)
    seconds[is_unknown] = 0.0
    instants = seconds.view(np.int64)
    np.rint(seconds, out=instants, casting="unsafe")
    instants[is_unknown] = pd.NaT.value
    # Whole numbers are the microseconds of the dtype, and stay where they are.
    return pd.array(instants, dtype=_STARTED, copy=False)
