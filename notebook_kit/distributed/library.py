"""Dask's own things, in the one place that imports it: it is slow to import and may be absent."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from notebook_kit.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

__all__ = ["any_size", "checked_client", "event", "pickled", "unwanted"]


def checked_client(scheduler: object) -> Any:
    """Return the client of a cluster if it is one that can be used here.

    Raises:
        ConfigurationError: when it is none, when it is asynchronous, or when Dask is absent.
    """
    if not isinstance(scheduler, _library("distributed").Client):
        message = (
            f"scheduler must be a distributed.Client, not a {type(scheduler).__name__}: "
            "scheduler=distributed.Client('tcp://...')."
        )
        raise ConfigurationError(message)
    client: Any = scheduler
    if client.asynchronous:
        message = (
            "scheduler is an asynchronous distributed.Client: make it without asynchronous=True; "
            "the run can be awaited all the same."
        )
        raise ConfigurationError(message)
    return client


def event(name: str, client: Any = None) -> Any:
    """Return the cluster's event of that name; on a worker it needs no client."""
    return _library("distributed").Event(name, client=client)


def unwanted() -> Callable[[], bool]:
    """Return, in a task, what tells whether everybody who waited for this task has gone."""
    worker = _library("distributed").get_worker()
    key = worker.get_current_task()

    def ask() -> bool:
        task = worker.state.tasks.get(key)
        return task is None or task.state == "cancelled"

    return ask


def any_size() -> AbstractContextManager[object]:
    """Return a block in which tasks may be of any size without a warning: they hold the input."""
    threshold = {"distributed.admin.large-graph-warning-threshold": "1 TiB"}
    quiet: AbstractContextManager[object] = _library("dask.config").set(threshold)
    return quiet


def pickled(thing: Any) -> bytes:
    """Return the thing as bytes, functions and classes of a notebook included."""
    # Not pickle: what a notebook defines exists elsewhere only as what cloudpickle makes of it.
    written: bytes = _library("cloudpickle").dumps(thing)
    return written


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        message = f"A run on a cluster needs the {name} package: pip install 'notebook_kit[dask]'."
        raise ConfigurationError(message) from error
