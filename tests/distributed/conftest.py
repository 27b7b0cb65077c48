"""A cluster in this process, made in milliseconds, and one of processes, made in seconds."""

from __future__ import annotations

import asyncio
import importlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from notebook_kit import distributed

if TYPE_CHECKING:
    from collections.abc import Iterator

# Dask's types are incomplete: most of what is called here has none.
dask: Any = importlib.import_module("distributed")


@contextmanager
def _cluster(*, processes: bool) -> Iterator[Any]:
    # Without an address Dask still takes a fixed port, and a second run of the tests warns of it.
    address = "127.0.0.1:0"
    options: dict[str, Any] = {"n_workers": 2, "threads_per_worker": 1}
    with (
        dask.LocalCluster(processes=processes, dashboard_address=address, **options) as cluster,
        dask.Client(cluster) as client,
    ):
        # What Dask starts on first use belongs to the cluster, not to the test that comes first.
        distributed.map(str, range(4), scheduler=client).result(timeout=30)
        yield client


@pytest.fixture(scope="session", autouse=True)
def _offloading() -> None:
    """Start the thread that Dask starts once in a process and keeps for ever."""
    utils: Any = importlib.import_module("distributed.utils")
    asyncio.run(utils.offload(str))


@pytest.fixture(scope="module")
def near() -> Iterator[Any]:
    """Two workers in this process."""
    with _cluster(processes=False) as client:
        yield client


@pytest.fixture
def far() -> Iterator[Any]:
    """Two workers that are processes of their own.

    Made anew for each test: Dask opens connections to processes whenever it likes, and a test must
    not be blamed for those of its cluster.
    """
    with _cluster(processes=True) as client:
        yield client


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    yield
    distributed.forget()
