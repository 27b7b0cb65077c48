"""The frame: the columns of a ledger as a DataFrame, one row per input, in input order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from notebook_kit.frames.columns import label_index, object_array, object_column, text_column
from notebook_kit.markup import shorten
from notebook_kit.redact import scrub
from notebook_kit.scheduling import SOURCES, STATUSES, Status
from notebook_kit.scheduling.outcome import UNSETTLED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from notebook_kit.scheduling import Ledger, Plan

__all__ = ["PENDING", "SOURCE_TYPE", "STATUS_TYPE", "build_frame"]

#: The status of a row that has not ended; only the frame of a live run has it.
PENDING: Final = "pending"
STATUS_TYPE: Final = pd.CategoricalDtype([*STATUSES, PENDING])
SOURCE_TYPE: Final = pd.CategoricalDtype(list(SOURCES))
#: Characters of an error's text that are kept.
_ERROR_LENGTH: Final = 500
#: Characters of it that are looked at: an answer of megabytes may be part of a message.
_ERROR_READ: Final = 20_000


@dataclass(frozen=True, slots=True)
class _Copy:
    """What a ledger held at one moment; the run may go on while the frame is made."""

    status: NDArray[np.uint8]
    source: NDArray[np.uint8]
    status_code: NDArray[np.int16]
    attempts: NDArray[np.int32]
    left: NDArray[np.float64]
    settled: NDArray[np.float64]
    network: NDArray[np.float64]
    backoff: NDArray[np.float64]
    results: list[Any]
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
    columns: dict[str, Any] = {}
    if plan.keep_items:
        items = _padded(plan.items(len(copy)), len(copy))
        columns["item"] = object_column(object_array(items))
    columns |= _outcome_columns(copy)
    columns |= _time_columns(copy)
    # The columns count their rows alike; labels that occur twice would multiply them.
    frame = pd.DataFrame(columns, copy=False)
    # A name that is given to the labels of one frame is not that of the next.
    frame.index = _index(plan, len(copy)).copy()
    return frame


def _copy(ledger: Ledger) -> _Copy:
    values = ledger.values  # noqa: PD011 - a list of answers, no DataFrame
    numbers = (
        ledger.status,
        ledger.source,
        ledger.status_code,
        ledger.attempts,
        ledger.left,
        ledger.settled,
        ledger.network,
        ledger.backoff,
    )
    # The ledger grows column by column: only so many rows are whole.
    count = min(len(values), *(len(column) for column in numbers))
    # Slices are copies made in one step; an array that shared the ledger's memory would keep it
    # from growing. The status comes first: an item that has ended there has the rest as well.
    status, source, *others = [column[:count] for column in numbers]
    code, attempts, left, settled, network, backoff = (np.array(column) for column in others)
    return _Copy(
        status=np.frombuffer(status, np.uint8),
        source=np.frombuffer(source, np.uint8),
        status_code=code,
        attempts=attempts,
        left=left,
        settled=settled,
        network=network,
        backoff=backoff,
        results=values[:count],
        errors=ledger.errors.copy(),
        epoch=ledger.epoch,
    )


def _padded(items: Sequence[Any], count: int) -> list[Any]:
    known = list(items)
    return known if len(known) == count else [*known, *[None] * (count - len(known))]


def _index(plan: Plan, count: int) -> pd.Index[Any]:
    if plan.index is None:
        return pd.RangeIndex(count)
    index = plan.index if isinstance(plan.index, pd.Index) else label_index(plan.index)
    return index if len(index) == count else index[:count]


def _outcome_columns(copy: _Copy) -> dict[str, Any]:
    code = np.where(copy.status == UNSETTLED, len(STATUSES), copy.status).astype(np.int8)
    results = object_array(copy.results)
    results[copy.status != Status.OK] = None
    statuses = pd.Categorical.from_codes(code, dtype=STATUS_TYPE)
    sources = pd.Categorical.from_codes(copy.source.astype(np.int8), dtype=SOURCE_TYPE)
    kinds, texts = _error_columns(copy)
    return {
        "result": object_column(results),
        "status": statuses,
        "status_code": pd.arrays.IntegerArray(copy.status_code, copy.status_code == 0),
        "error_type": kinds,
        "error": texts,
        "source": sources,
        "attempts": copy.attempts,
    }


def _error_columns(copy: _Copy) -> tuple[pd.Series[Any], pd.Series[Any]]:
    kinds: dict[str, int] = {}
    texts: dict[str, int] = {}
    kind_places = np.full(len(copy), -1, dtype=np.intp)
    text_places = kind_places.copy()
    for at, error in copy.errors.items():
        # An error that came while the columns were copied belongs to the next frame.
        if at < len(copy) and copy.status[at] != UNSETTLED:
            kind_places[at] = kinds.setdefault(type(error).__name__, len(kinds))
            text_places[at] = texts.setdefault(_text(error), len(texts))
    # Many errors say the same, and removing secrets is what costs most.
    safe = [shorten(scrub(text), _ERROR_LENGTH) for text in texts]
    return text_column(list(kinds), kind_places), text_column(safe, text_places)


def _text(error: BaseException) -> str:
    try:
        return str(error)[:_ERROR_READ]
    except Exception as broken:  # noqa: BLE001 - a user's __str__ may raise anything
        return f"(its message cannot be read: {type(broken).__name__})"


def _time_columns(copy: _Copy) -> dict[str, Any]:
    ended = (copy.status != UNSETTLED) & (copy.settled >= copy.left)
    spent = copy.network + copy.backoff
    waited = np.zeros(len(copy))
    np.subtract(copy.settled - copy.left, spent, out=waited, where=ended)
    np.maximum(waited, 0.0, out=waited)
    return {
        "started": _instants(copy.left + copy.epoch),
        "waited_s": waited,
        "network_s": copy.network,
        "backoff_s": copy.backoff,
        "elapsed_s": waited + spent,
    }


def _instants(seconds: NDArray[np.float64]) -> pd.DatetimeIndex:
    known = np.isfinite(seconds)
    instants = np.full(len(seconds), np.datetime64("NaT", "us"))
    instants[known] = np.round(seconds[known] * 1e6).astype("int64").astype("datetime64[us]")
    return pd.DatetimeIndex(instants, copy=False).tz_localize("UTC")
