"""Runs on workers that are processes of their own: what only they can show."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit import distributed
from tests.distributed.workload import in_time

if TYPE_CHECKING:
    from notebook_kit.demo import DemoServer

# Dask's types are incomplete: most of what is called here has none.
dask: Any = importlib.import_module("distributed")

pytestmark = pytest.mark.slow


def test_calls_run_in_the_workers(far: Any, demo: DemoServer) -> None:
    """Rows come back in order from two processes, with errors, codes and times of their own."""
    url = demo.url
    run = distributed.map_calls(
        lambda: nk.Client(url), "/airports/{iata}", ["ZRH", "XXX", "GVA", "BRN"], scheduler=far
    )
    frame = run.result(timeout=30)
    assert frame["status_code"].tolist() == [200, 404, 200, 200]
    assert frame["result"].tolist()[2]["city"] == "Geneva"
    assert frame["error_type"].tolist()[1] == "NotFound"
    assert (frame["network_s"] > 0).all()
    assert in_time(lambda: demo.stats().connections_open == 0)


def test_what_a_notebook_defines_comes_back_as_itself(far: Any) -> None:
    """Functions and classes that no worker can import travel both ways."""

    class Point:
        def __init__(self, x: int, process: int) -> None:
            self.x = x
            self.process = process

    async def locate(x: int) -> Any:
        return Point(x, os.getpid())

    frame = distributed.map(locate, range(6), scheduler=far).result(timeout=30)
    points = frame["result"].tolist()
    assert [point.x for point in points] == list(range(6))
    assert all(isinstance(point, Point) for point in points)
    assert len({point.process for point in points} - {os.getpid()}) == 2


def test_a_dying_worker_fails_its_rows_only(far: Any) -> None:
    """A worker that dies takes the rows it had under way; all others are there, and none twice."""

    def call(number: int) -> int:
        if number == 2:
            os._exit(1)
        return number

    run = distributed.map(call, range(8), scheduler=far, shards=2, retry=0)
    frame = run.result(timeout=60)
    assert len(frame) == 8
    assert frame["status"].tolist() == ["failed"] * 4 + ["ok"] * 4
    assert frame["error_type"].tolist()[:4] == ["WorkerLost"] * 4
    far.wait_for_workers(2, timeout=30)


def test_a_dead_run_stops_calling(far: Any, demo: DemoServer) -> None:
    """When the process that asked has gone, workers end their calls instead of paying for them."""
    url = demo.url
    with dask.Client(far.cluster.scheduler_address, set_as_default=False) as other:
        run = distributed.map_calls(
            lambda: nk.Client(url), "/slow?seconds={s}", [60] * 4, scheduler=other, retry=0
        )
        assert in_time(lambda: demo.stats().in_flight == 4)
    assert in_time(lambda: demo.stats().in_flight == 0)
    assert set(run.result(timeout=10)["error_type"]) == {"WorkerLost"}


def test_cancel_cuts_the_calls_of_the_workers(far: Any, demo: DemoServer) -> None:
    """cancel() ends requests that are under way in other processes; finished rows stay."""
    url = demo.url
    items = [0, 60, 0, 60]
    run = distributed.map_calls(
        lambda: nk.Client(url), "/slow?seconds={s}", items, scheduler=far, retry=0
    )
    assert in_time(lambda: demo.stats().in_flight == 2 and demo.stats().requests == 4)
    run.cancel()
    assert run.result(timeout=10)["status"].tolist() == ["ok", "cancelled"] * 2
    assert in_time(lambda: demo.stats().in_flight == 0)


def test_a_rate_holds_over_processes(far: Any, demo: DemoServer) -> None:
    """The server never sees more in a window than the rate of the whole run allows."""
    url = demo.url
    run = distributed.map_calls(
        lambda: nk.Client(url),
        "/airports/{iata}",
        ["ZRH"] * 24,
        scheduler=far,
        rate=nk.Rate(8, per=0.5),
    )
    assert run.result(timeout=30)["status"].eq("ok").all()
    assert demo.stats().requests == 24
    # Requests are stamped where they arrive, and a process is slow to send its very first.
    arrivals = demo.stats().arrivals[8:]
    assert all(later - first > 0.45 for first, later in zip(arrivals, arrivals[8:], strict=False))
