"""Runs on a cluster in this process: what comes back, limits, retries, requests."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit import distributed
from tests.distributed.workload import calls, double, double_in_thread, fails_once, in_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.demo import DemoServer

_TIMES = ["started", "waited_s", "network_s", "backoff_s", "elapsed_s"]


@pytest.fixture(autouse=True)
def _fresh() -> None:
    calls.clear()


@pytest.mark.parametrize("function", [double, double_in_thread])
@pytest.mark.parametrize("shards", [None, 1, 3, 50])
def test_gives_the_frame_of_a_local_run(
    near: Any, function: Callable[[int], Any], shards: int | None
) -> None:
    """Whatever the shards, the frame is that of a local run: rows, order, errors, index, dtypes."""
    items = pd.Series(range(7), index=list("aabcdef"))
    run = distributed.map(function, items, scheduler=near, shards=shards, retry=0)
    frame = run.result(timeout=10)
    local = nk.map(function, items, retry=0, progress=False).result()
    pd.testing.assert_frame_equal(frame.drop(columns=_TIMES), local.drop(columns=_TIMES))
    assert frame.dtypes.to_dict() == local.dtypes.to_dict()
    assert (frame["started"].diff().dropna() < pd.Timedelta(minutes=1)).all()
    assert np.isfinite(frame[_TIMES[1:]]).all(axis=None)


def test_rows_of_a_table_become_arguments(near: Any) -> None:
    """Columns become keyword arguments on the workers as here, and there is no item column."""
    table = pd.DataFrame({"a": [1, 2, 3], "b": [10, 20, 30]}, index=["x", "y", "x"])
    frame = distributed.map(lambda a, b: a + b, table, scheduler=near).result(timeout=10)
    assert frame["result"].tolist() == [11, 22, 33]
    assert frame.index.tolist() == ["x", "y", "x"]
    assert "item" not in frame


def test_an_empty_input_is_done_at_once(near: Any) -> None:
    """Nothing in, nothing out: the frame has no rows and the whole schema."""
    frame = distributed.map(double, [], scheduler=near).result(timeout=10)
    local = nk.map(double, [], progress=False).result()
    pd.testing.assert_frame_equal(frame, local)


def test_can_be_awaited(near: Any) -> None:
    """Awaiting the run gives its frame; views and summary are those of a local run."""

    async def main() -> tuple[distributed.DistributedRun, pd.DataFrame]:
        run = distributed.map(double, range(5), scheduler=near, retry=0, name="doubling")
        return run, await run

    run, frame = asyncio.run(main())
    assert len(run) == len(frame) == 5
    assert run.done
    assert run.results["result"].tolist() == [0, 2, 4, 8]
    assert run.errors.index.tolist() == [3]
    assert run.timings.shape == (5, 6)
    assert (run.summary().ok, run.summary().failed) == (4, 1)
    assert repr(run) == "<DistributedRun doubling: done, 2 of 2 shards back, 5 of 5 rows>"
    assert distributed.last_run() is run


def test_a_shard_is_not_kept_as_the_last_run(near: Any) -> None:
    """A worker in this process keeps no shard alive as the last run."""
    distributed.map(double, range(4), scheduler=near).result(timeout=10)
    assert nk.last_run() is None


def test_the_rate_holds_for_all_shards(near: Any) -> None:
    """Two shards share a rate: together they start no more calls in a window than it allows."""
    frame = distributed.map(
        double, np.zeros(20, dtype=int), scheduler=near, rate=nk.Rate(5, per=0.25), shards=2
    ).result(timeout=10)
    left_s = (frame["started"] - frame["started"].min()).dt.total_seconds()
    sent = sorted(left_s + frame["waited_s"])
    # The sixth call after any other is at least a window later, but for the clock's own grain.
    assert all(later - first > 0.249 for first, later in zip(sent, sent[5:], strict=False))
    assert sent[-1] - sent[0] < 2.0


def test_retry_goes_with_the_shard(near: Any) -> None:
    """Options travel: an item that fails once is tried again on its worker."""
    retry = nk.Retry(max_attempts=2, base_delay="1 ms")
    frame = distributed.map(fails_once, [1, 2], scheduler=near, retry=retry).result(timeout=10)
    assert frame["result"].tolist() == [1, 2]
    assert frame["attempts"].tolist() == [2, 2]


def test_retry_failed_runs_the_failed_rows_again(near: Any) -> None:
    """retry_failed() is a new run over the rows that did not end well, under their labels."""
    items = {"a": 1, "b": 2, "c": 3}
    calls.append(2)
    run = distributed.map(fails_once, items, scheduler=near, retry=0, shards=2)
    assert run.result(timeout=10)["status"].tolist() == ["failed", "ok", "failed"]
    again = run.retry_failed()
    frame = again.result(timeout=10)
    assert frame["result"].to_dict() == {"a": 1, "c": 3}
    with pytest.raises(nk.ConfigurationError, match="nothing to retry"):
        again.retry_failed()


def test_map_calls_sends_from_the_workers(near: Any, demo: DemoServer) -> None:
    """map_calls sends one request per row through clients of its own, and closes them."""
    url = demo.url
    codes = pd.DataFrame({"iata": ["ZRH", "GVA", "XXX", "BRN"]}, index=[3, 1, 4, 1])
    frame = distributed.map_calls(
        lambda: nk.Client(url), "/airports/{iata}", codes, scheduler=near, retry=0
    ).result(timeout=10)
    with nk.Client(url) as api:
        local = api.map("/airports/{iata}", codes, retry=0, progress=False)
    pd.testing.assert_frame_equal(frame.drop(columns=_TIMES), local.drop(columns=_TIMES))
    assert frame["status_code"].tolist() == [200, 200, 404, 200]
    assert in_time(lambda: demo.stats().connections_open == 0)


def test_a_client_that_cannot_be_made_is_failed_rows(near: Any) -> None:
    """An error of make_client, or something else than a client, fails the rows, secrets removed."""

    def broken() -> nk.Client:
        key = nk.Secret("sk-" + "0123456789abcdef")
        message = f"no such account: {key.reveal()}"
        raise PermissionError(message)

    frame = distributed.map_calls(broken, "/x/{id}", [1, 2], scheduler=near).result(timeout=10)
    assert frame["error_type"].tolist() == ["PermissionError"] * 2
    assert frame["error"].tolist() == ["no such account: ****"] * 2
    make: Any = os.getcwd
    frame = distributed.map_calls(make, "/x/{id}", [1], scheduler=near).result(timeout=10)
    assert frame["error"].tolist() == ["make_client must return an nk.Client, not a str."]


def test_workers_show_no_panel(near: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever `progress` says here, the runs on the workers show nothing."""
    shown: list[object] = []
    monkeypatch.setattr("notebook_kit.widgets.show", lambda _run, progress: shown.append(progress))
    for progress in (True, False):
        distributed.map(double, [1, 2], scheduler=near, progress=progress).result(timeout=10)
    assert shown == [False] * 4


def test_a_large_input_travels_without_a_warning(near: Any) -> None:
    """Megabytes of items are no mistake: Dask's warning about large graphs is not shown."""
    items = [os.urandom(6_000_000) for _ in range(4)]
    frame = distributed.map(len, items, scheduler=near).result(timeout=20)
    assert frame["result"].tolist() == [6_000_000] * 4
