"""The runs that a checkpoint keeps: a table of them, and the frame of each."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final, SupportsIndex

import numpy as np
import pandas as pd

from notebook_kit import frames
from notebook_kit.checks import teaches_arguments
from notebook_kit.errors.brevity import brief
from notebook_kit.frames.columns import TEXT, encodable
from notebook_kit.frames.kept_index import kept_index
from notebook_kit.scheduling import Plan
from notebook_kit.storage.listing import list_runs
from notebook_kit.storage.loading import load_run as load

if TYPE_CHECKING:
    import os

    from notebook_kit.storage.listing import Counts, KeptRun

__all__ = ["load_run", "runs"]

_MOMENT: Final = pd.DatetimeTZDtype("s", "UTC")
#: The columns of the table of runs, and their dtypes.
_DTYPES: Final[dict[str, Any]] = {
    "run": TEXT,
    "name": TEXT,
    "state": TEXT,
    "total": pd.Int64Dtype(),
    "ok": np.dtype(np.int64),
    "failed": np.dtype(np.int64),
    "timeout": np.dtype(np.int64),
    "reused": np.dtype(np.int64),
    "duration_s": np.dtype(np.float64),
    "started": _MOMENT,
    "ended": _MOMENT,
}


@teaches_arguments("nk.runs")
def runs(checkpoint: str | os.PathLike[str]) -> pd.DataFrame:
    """Return the runs that a checkpoint keeps, one a row, in the order in which they started.

    ``run`` is what `load_run` takes; ``state`` is ``done``, ``cancelled``, ``stopped``, ``failed``,
    ``running``, or ``broken off`` where its process is gone without a word. ``total`` is how many
    items it has, missing where nobody knows. ``ok``, ``failed`` and ``timeout`` are the rows that
    it has brought, as far as they are in the file, and ``reused`` those that it took over from
    earlier runs. ``duration_s`` are the seconds until it ended or last wrote, and for a running one
    until now; ``started`` and ``ended`` are in UTC, to the second.

    Others may write the file meanwhile. It is not changed, and never made.

    Args:
        checkpoint: what runs were given as ``checkpoint=``.

    Raises:
        ConfigurationError: for what is no path.
        CheckpointCorrupt: when the file is damaged, or something else.
        StorageError: when it is not there, cannot be read, or is of another version.

    >>> import tempfile
    >>> import notebook_kit as nk
    >>> async def double(number):
    ...     return 2 * number
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = f"{folder}/runs.db"
    ...     _ = nk.map(double, [1, 2], checkpoint=path, progress=False).result()
    ...     runs(path)[["name", "state", "total", "ok", "reused"]]
         name state  total  ok  reused
    0  double  done      2   2       0
    """
    with brief:
        found = list_runs(checkpoint)
    rows = [_row(run, counts) for run, counts in found]
    columns = {
        name: pd.Series([row[at] for row in rows], dtype=dtype)
        for at, (name, dtype) in enumerate(_DTYPES.items())
    }
    return pd.DataFrame(columns, index=pd.RangeIndex(len(rows)))


@teaches_arguments("nk.load_run")
def load_run(
    checkpoint: str | os.PathLike[str], run: str | SupportsIndex | None = None
) -> pd.DataFrame:
    """Return the frame of a run that a checkpoint keeps, with the columns and dtypes of its own.

    It has the labels of the input, the answers, errors as text, attempts and times, and all that
    ``frame.calls`` needs. Rows that an earlier run has done have the source ``checkpoint`` and the
    start of the run. Rows that are not in the file are ``pending``, or as the run has left them
    where it was cancelled or stopped. Where there was an answer that could not be kept, the row has
    the ``error_type`` ``AnswerNotKept`` beside its status ``ok``, and a warning says how many such
    rows there are. It may be a run that another process is just writing.

    Args:
        checkpoint: what the run was given as ``checkpoint=``.
        run: its place in `runs`, also from the end as -1; the beginning of its ``run`` there, at
            least four characters; or its name, of which the last run is taken. The last run of all
            if not said.

    Raises:
        ConfigurationError: for what is no path, and where no run is meant or several could be.
        CheckpointCorrupt: when the file is damaged, or something else.
        StorageError: when it is not there, cannot be read, or is of another version.

    >>> import tempfile
    >>> import notebook_kit as nk
    >>> async def double(number):
    ...     return 2 * number
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = f"{folder}/runs.db"
    ...     _ = nk.map(double, {"a": 1, "b": 2}, checkpoint=path, progress=False).result()
    ...     load_run(path, "double")[["item", "result", "status"]]
       item  result status
    a     1       2     ok
    b     2       4     ok
    """
    with brief:
        loaded = load(checkpoint, run)
    size = len(loaded.ledger)
    plan = Plan(
        range(size) if loaded.items is None else loaded.items,
        index=kept_index(loaded.labels, size, **loaded.facts._asdict()),
        keep_items=loaded.items is not None,
        name=loaded.name,
    )
    # Who sends rows again has to know that None may stand for an item that nobody knows.
    told = {"items_unknown": loaded.unknown, "answers_unknown": loaded.unanswered}
    about = loaded.about | {name: count for name, count in told.items() if count}
    if loaded.unanswered:
        _warn(loaded.unanswered, size)
    return frames.RunFrames(about, None).frame(plan, loaded.ledger)


def _warn(count: int, size: int) -> None:
    rows = "1 row" if count == 1 else f"{count:,} rows"
    message = (
        f"Of {rows} among {size:,} the checkpoint does not hold the answer, although there was "
        "one: frame[frame['error_type'] == 'AnswerNotKept'] has them, with the result None. A "
        "later run does them again."
    )
    warnings.warn(message, RuntimeWarning, stacklevel=4)


def _row(run: KeptRun, counts: Counts) -> tuple[Any, ...]:
    texts = map(encodable, (run.run, run.name, run.state))
    times = (_moment(run.started), pd.NaT if run.ended is None else _moment(run.ended))
    total = pd.NA if run.total is None else run.total
    return (*texts, total, *counts, run.until - run.started, *times)


def _moment(seconds: float) -> pd.Timestamp:
    return pd.Timestamp(int(seconds), unit="s", tz="UTC")
