"""What a shard gives back: its rows as columns, and each result packed by itself.

Errors travel as the text of their columns, written on the worker, where its secrets are known and
struck out. Results are packed one by one, so that one that cannot travel is one failed row.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from notebook_kit import frames
from notebook_kit.distributed.library import pickled
from notebook_kit.errors import DecodeError
from notebook_kit.scheduling import STATUSES, Ledger, Plan, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

__all__ = [
    "Answer",
    "cancelled_rows",
    "failed_rows",
    "failures",
    "join",
    "not_ok",
    "pending_rows",
    "skipped_rows",
    "unsent",
    "with_failure",
]

#: What a row is called that has not ended, or did not before its run did.
_UNENDED: Final = (STATUSES[Status.CANCELLED], "pending")
_CHANGED_BY_FAILURE: Final = ["status", "error_type", "error"]


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of one shard on their way back.

    Attributes:
        columns: the columns of a frame but for the items and results.
        results: each result as bytes, None where there is none.
        notices: what the user should know of the shard.
        stopped: why the shard ended before its input did, and the whole run should; None if not.
    """

    columns: pd.DataFrame
    results: list[bytes | None]
    notices: tuple[str, ...] = ()
    stopped: str | None = None

    @classmethod
    def of(
        cls, frame: pd.DataFrame, *, notices: Iterable[str] = (), stopped: str | None = None
    ) -> Answer:
        """Pack a frame; a result that cannot travel makes its row a failed one."""
        packed: list[bytes | None] = []
        failures: dict[int, Exception] = {}
        for at, value in enumerate(frame["result"].tolist()):
            try:
                packed.append(None if value is None else pickled(value))
            except Exception as error:  # noqa: BLE001 - pickling runs the value's own code
                packed.append(None)
                failures[at] = DecodeError(
                    f"The result, a {type(value).__name__}, cannot travel back from its worker "
                    f"({type(error).__name__}: {error}): return plain data."
                )
        columns = frame.drop(columns=["result", "item"], errors="ignore").reset_index(drop=True)
        return cls(_with_failures(columns, failures), packed, tuple(notices), stopped)

    def open(self) -> pd.DataFrame:
        """Return the columns with the results; one that cannot be read is a failed row."""
        results: list[Any] = []
        failures: dict[int, Exception] = {}
        for at, packed in enumerate(self.results):
            try:
                # From a worker of the user's own cluster, which runs the user's code anyway.
                results.append(None if packed is None else pickle.loads(packed))  # noqa: S301
            except Exception as error:  # noqa: BLE001 - as in `of`
                results.append(None)
                failures[at] = DecodeError(
                    f"The result came from its worker and cannot be read here "
                    f"({type(error).__name__}: {error})."
                )
        columns = _with_failures(self.columns, failures)
        columns["result"] = _objects(results)
        return columns


def _objects(values: list[Any]) -> pd.Series[Any]:
    from notebook_kit.frames.columns import object_array, object_column  # noqa: PLC0415 - pandas

    return object_column(object_array(values))


def _with_failures(columns: pd.DataFrame, failures: Mapping[int, BaseException]) -> pd.DataFrame:
    columns = columns.copy()
    if failures:
        failed = _failed(failures.values())
        cells: Any = columns.iloc
        for name in _CHANGED_BY_FAILURE:
            cells[list(failures), columns.columns.get_loc(name)] = failed[name].tolist()
    return columns


def failed_rows(count: int, error: BaseException) -> pd.DataFrame:
    """Return so many rows that all failed with one error."""
    return _failed([error] * count)


def _failed(errors: Iterable[BaseException]) -> pd.DataFrame:
    ledger = Ledger()
    for at, error in enumerate(errors):
        ledger.grow(1)
        ledger.settle(at, Status.FAILED, now=0.0, error=error)
    return _rows(ledger)


def cancelled_rows(count: int) -> pd.DataFrame:
    """Return so many rows of which none was started, nor will be."""
    ledger = Ledger()
    ledger.grow(count)
    ledger.settle_rest()
    return _rows(ledger)


def pending_rows(count: int) -> pd.DataFrame:
    """Return so many rows that have not ended yet."""
    ledger = Ledger()
    ledger.grow(count)
    return _rows(ledger)


def skipped_rows(count: int) -> pd.DataFrame:
    """Return so many rows that were left out on purpose."""
    ledger = Ledger()
    ledger.grow(count)
    for at in range(count):
        ledger.settle(at, Status.SKIPPED, now=0.0)
    return _rows(ledger)


def with_failure(frame: pd.DataFrame, error: BaseException) -> pd.DataFrame:
    """Return the frame with that error in the place of what had not ended when it came."""
    unended = frame["status"].isin(_UNENDED).to_numpy().nonzero()[0].tolist()
    return _with_failures(frame, dict.fromkeys(unended, error))


def _rows(ledger: Ledger) -> pd.DataFrame:
    return frames.build_frame(Plan(range(len(ledger)), keep_items=False), ledger)


def join(plan: Plan, pieces: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the frame of the whole plan from the rows of its shards, in order."""
    import pandas as pd  # noqa: PLC0415 - imported when the first frame is made

    ledger = Ledger()
    ledger.grow(plan.length or 0)
    whole = frames.build_frame(plan, ledger)
    if pieces:
        body = pd.concat(pieces, ignore_index=True)
        # By position: labels that occur twice would multiply the rows.
        for name in body.columns:
            whole[name] = body[name].array
    return whole


def not_ok(frame: pd.DataFrame) -> list[int]:
    """Return the positions of the rows that did not end well."""
    positions: list[int] = (frame["status"] != STATUSES[Status.OK]).to_numpy().nonzero()[0].tolist()
    return positions


def failures(frame: pd.DataFrame) -> int:
    """Return how many rows failed or ran out of time."""
    return _count(frame, Status.FAILED, Status.TIMEOUT)


def unsent(frame: pd.DataFrame) -> int:
    """Return how many rows were not begun, or were cut off."""
    return _count(frame, Status.SKIPPED, Status.CANCELLED)


def _count(frame: pd.DataFrame, *statuses: Status) -> int:
    return int(frame["status"].isin([STATUSES[status] for status in statuses]).sum())
