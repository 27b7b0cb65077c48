"""What runs on a worker: one shard, from its payload to its answer."""

from __future__ import annotations

import pickle
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Protocol

from notebook_kit import mapping
from notebook_kit.client import Client
from notebook_kit.distributed.answer import Answer, cancelled_rows, failed_rows
from notebook_kit.distributed.library import event, unwanted
from notebook_kit.errors import ConfigurationError, TransportError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    import pandas as pd

    from notebook_kit.execution import Run

__all__ = ["StartRun", "WorkerLost", "client_run", "function_run", "run_shard"]

#: Seconds between two looks whether the run was cancelled.
_LOOK_S: Final = 0.5


class StartRun(Protocol):
    """Starts the run of a shard; what it opened is closed at the end of the block."""

    def __call__(self, items: Any, /) -> AbstractContextManager[Run]:
        """Give the run, started."""
        ...


class WorkerLost(TransportError):
    """A worker died with a shard under way; its calls may have been sent, and are not sent again.

    Dask would run the shard anew on another worker, which would repeat calls that must not be
    repeated, and hand what killed one worker to the next.
    """


class _Flag(Protocol):
    def is_set(self) -> bool: ...
    def set(self) -> None: ...


def run_shard(payload: bytes, count: int, begun: str, stop: str) -> Answer:
    """Run one shard as a task of Dask.

    Nothing is raised: Dask would log the error with the payload beside it.

    Args:
        payload: what `pickle` makes a `StartRun` and the items of.
        count: how many items there are.
        begun: name of the event that says that the shard was started.
        stop: name of the event that says that the run was cancelled.
    """
    try:
        stopped = event(stop)
        released = unwanted()
        rows = _rows(payload, count, event(begun), lambda: released() or bool(stopped.is_set()))
        return Answer.of(rows)
    except BaseException as error:  # noqa: BLE001 - SystemExit too: it would end the worker
        return Answer.of(failed_rows(count, error))


def _rows(payload: bytes, count: int, begun: _Flag, stop: Callable[[], bool]) -> pd.DataFrame:
    if begun.is_set():
        message = (
            f"The worker died that had {count:,} rows under way, this one among them; its call may "
            "have been sent. run.retry_failed() sends it again."
        )
        raise WorkerLost(message)
    if stop():
        return cancelled_rows(count)
    begun.set()
    start: StartRun
    start, items = pickle.loads(payload)  # noqa: S301 - made by who started the run, as Dask's own
    with start(items) as run:
        try:
            return _wait(run, stop)
        finally:
            # Without effect on a run that has ended.
            run.cancel()
            if mapping.last_run() is run:
                mapping.forget()


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


@contextmanager
def function_run(
    items: Any, *, function: Callable[..., Any], options: dict[str, Any]
) -> Iterator[Run]:
    """Call a function with every item."""
    yield mapping.map(function, items, **options)


@contextmanager
def client_run(
    items: Any, *, make_client: Callable[[], Client], path: str, options: dict[str, Any]
) -> Iterator[Run]:
    """Send a request for every item, through a client that is made here and closed at the end."""
    client: object = make_client()
    if not isinstance(client, Client):
        message = f"make_client must return an nk.Client, not a {type(client).__name__}."
        raise ConfigurationError(message)
    try:
        yield client.map(path, items, **options)
    finally:
        client.close()
