"""What runs on a worker: one shard, from its payload to its answer."""

from __future__ import annotations

import asyncio
import pickle
import time
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from notebook_kit import mapping
from notebook_kit.client import Client
from notebook_kit.distributed.answer import (
    Answer,
    cancelled_rows,
    failed_rows,
    skipped_rows,
    with_failure,
)
from notebook_kit.distributed.library import event, unwanted
from notebook_kit.errors import BatchError, ConfigurationError, TransportError
from notebook_kit.scheduling import RunState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    import pandas as pd

    from notebook_kit.execution import Run

__all__ = [
    "Limit",
    "StartRun",
    "WorkerLost",
    "client_run",
    "function_run",
    "run_shard",
    "told",
]

#: Seconds between two looks whether the run was cancelled.
_LOOK_S: Final = 0.5
_OUT_OF_TIME: Final = "Not done within batch_timeout="


class StartRun(Protocol):
    """Starts the run of a shard; what it opened is closed at the end of the block."""

    def __call__(self, items: Any, left_s: float | None, /) -> AbstractContextManager[Run]:
        """Give the run, started, which has so many seconds left; None if there is no limit."""
        ...


class Limit(NamedTuple):
    """When the time of a whole run is over.

    Attributes:
        seconds: how long it may take.
        until: when that is over, in seconds since 1970, as the clocks of a cluster agree on them.
    """

    seconds: float
    until: float

    @property
    def words(self) -> str:
        """What to tell the user when it is over."""
        return f"{_OUT_OF_TIME}{self.seconds:g} s."


class WorkerLost(TransportError):
    """A worker died with a shard under way; its calls may have been sent, and are not sent again.

    Dask would run the shard anew on another worker, which would repeat calls that must not be
    repeated, and hand what killed one worker to the next.
    """


def told(error: Exception) -> Exception:
    """Return what to say of a shard whose answer did not come, for whatever Dask raised."""
    if not isinstance(error, CancelledError):
        return error
    message = (
        "The cluster let go of this row's shard before it came back: its client was closed, or its "
        "scheduler has gone. The call may have been sent."
    )
    return WorkerLost(message)


class _Flag(Protocol):
    def is_set(self) -> bool: ...
    def set(self) -> None: ...


def run_shard(payload: bytes, count: int, begun: str, stop: str) -> Answer:
    """Run one shard as a task of Dask.

    Nothing is raised: Dask would log the error with the payload beside it.

    Args:
        payload: what `pickle` makes a `StartRun`, the items and a `Limit` or None of.
        count: how many items there are.
        begun: name of the event that says that the shard was started.
        stop: name of the event that says that the run was cancelled.
    """
    try:
        stopped = event(stop)
        released = unwanted()
        return _answer(payload, count, event(begun), lambda: released() or _is_set(stopped))
    except BaseException as error:  # noqa: BLE001 - SystemExit too: it would end the worker
        return Answer.of(failed_rows(count, error))


def _is_set(flag: _Flag) -> bool:
    """Tell whether a flag is set, as far as the scheduler can be asked just now."""
    try:
        return bool(flag.is_set())
    except (Exception, asyncio.CancelledError):  # noqa: BLE001 - Dask raises all sorts of things
        # A scheduler that is slow to answer must not cost a shard; of one that has gone for good
        # the worker hears otherwise.
        return False


def _answer(payload: bytes, count: int, begun: _Flag, stop: Callable[[], bool]) -> Answer:
    if begun.is_set():
        message = (
            f"The worker died that had {count:,} rows under way, this one among them; its call may "
            "have been sent. run.retry_failed() sends it again."
        )
        raise WorkerLost(message)
    if stop():
        return Answer.of(cancelled_rows(count))
    start: StartRun
    limit: Limit | None
    start, items, limit = pickle.loads(payload)  # noqa: S301 - made by who started the run
    left_s = None if limit is None else limit.until - time.time()
    if limit is not None and left_s is not None and left_s <= 0:
        return Answer.of(skipped_rows(count), notices=[limit.words])
    begun.set()
    with start(items, left_s) as run:
        try:
            return _ended(run, stop, limit)
        finally:
            # Without effect on a run that has ended.
            run.cancel()
            if mapping.last_run() is run:
                mapping.forget()


def _ended(run: Run, stop: Callable[[], bool], limit: Limit | None) -> Answer:
    """Wait for the run and return its rows, as they are if it ended before its input did."""
    try:
        rows = _wait(run, stop)
    except BatchError as error:
        notices = run.snapshot().notices
        reasons = (notice for notice in notices if str(error).startswith(notice))
        return Answer.of(run.frame, notices=notices, stopped=next(reasons, str(error)))
    except BaseException as error:  # noqa: BLE001 - as in run_shard; what is done is kept
        return Answer.of(with_failure(run.frame, error))
    notices = run.snapshot().notices
    if limit is not None and run.state is RunState.STOPPED:
        # Its own words are of the time that was left when it began.
        others = (notice for notice in notices if not notice.startswith(_OUT_OF_TIME))
        notices = (*others, limit.words)
    return Answer.of(rows, notices=notices)


def _wait(run: Run, stop: Callable[[], bool]) -> pd.DataFrame:
    while True:
        try:
            return run.result(timeout=_LOOK_S)
        except TimeoutError:
            # Too early, or an error of that kind that ended the run: then it is raised again.
            if run.done:
                return run.result()
        if stop():
            run.cancel()


def _within(options: dict[str, Any], left_s: float | None) -> dict[str, Any]:
    return options if left_s is None else {**options, "batch_timeout": left_s}


@contextmanager
def function_run(
    items: Any, left_s: float | None, *, function: Callable[..., Any], options: dict[str, Any]
) -> Iterator[Run]:
    """Call a function with every item."""
    yield mapping.map(function, items, **_within(options, left_s))


@contextmanager
def client_run(
    items: Any,
    left_s: float | None,
    *,
    make_client: Callable[[], Client],
    path: str,
    options: dict[str, Any],
) -> Iterator[Run]:
    """Send a request for every item, through a client that is made here and closed at the end."""
    client: object = make_client()
    if not isinstance(client, Client):
        message = f"make_client must return an nk.Client, not a {type(client).__name__}."
        raise ConfigurationError(message)
    try:
        yield client.map(path, items, **_within(options, left_s))
    finally:
        client.close()
