"""Runs on a cluster that end before their input does: what is kept, and what they say."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit import distributed
from notebook_kit.distributed.worker import Limit
from notebook_kit.testing import FaultServer, answer
from tests.client.origins import Origin
from tests.distributed.workload import double, in_time
from tests.paces import at_any_pace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_kit.demo import DemoServer
    from notebook_kit.testing import Behaviour, ReceivedRequest


@pytest.fixture(autouse=True)
def _quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notebook_kit.distributed.worker._LOOK_S", 0.02)


class Refused(Exception):
    """What a library raises for a key that is not accepted."""

    status_code = 401


STATES = ["ok", "failed", "skipped", "cancelled"]

#: Set when no call need wait any more.
released = threading.Event()


@pytest.fixture(autouse=True)
def _held() -> Iterator[None]:
    released.clear()
    yield
    released.set()


def refused_from_ten(number: int) -> int:
    """Answer below ten; refuse the key from there on."""
    if number >= 10:
        message = f"no access for {number}"
        raise Refused(message)
    return number


def slow_below_ten(number: int) -> int:
    """Wait below ten, and refuse the key from there on."""
    if number < 10 and number > 0:
        released.wait(20)
    return refused_from_ten(number)


def test_a_shard_that_stops_loses_no_row(near: Any) -> None:
    """Where a shard's rows all fail for good, what was done is kept, and awaiting says why."""
    run = distributed.map(
        refused_from_ten, range(40), scheduler=near, shards=2, max_concurrency=1, retry=0
    )
    with pytest.raises(nk.BatchFailed, match="does not accept the key") as caught:
        run.result(timeout=10)
    with pytest.raises(nk.BatchFailed):
        asyncio.run(_awaited(run))
    assert caught.value.run is run
    frame = run.frame
    assert len(frame) == 40
    counts = frame["status"].value_counts().reindex(STATES, fill_value=0)
    assert counts.sum() == 40
    assert frame["result"].tolist()[: counts["ok"]] == list(range(counts["ok"]))
    # The first shard that fails three times skips its rest and has the other one cancelled, which
    # may have stopped by itself in the meantime.
    stopped_here = ["ok"] * 10 + ["failed"] * 3 + ["skipped"] * 7
    stopped_there = ["failed"] * 3 + ["skipped"] * 17
    assert frame["status"].tolist()[:20] == stopped_here or (
        frame["status"].tolist()[20:] == stopped_there
    )
    assert 3 <= counts["failed"] <= 6
    assert frame["error"].str.contains("no access for").sum() == counts["failed"]
    said = str(caught.value)
    assert f"{counts['skipped'] + counts['cancelled']} items were not sent" in said
    assert "stopped" in repr(run)
    assert any("does not accept the key" in notice for notice in run.notices)


async def _awaited(run: distributed.DistributedRun) -> pd.DataFrame:
    return await run


def test_a_shard_that_stops_stops_the_others(near: Any) -> None:
    """Where one worker finds that the key is refused, the others need not find out."""
    run = distributed.map(
        slow_below_ten, range(20), scheduler=near, shards=2, max_concurrency=1, retry=0
    )
    with pytest.raises(nk.BatchFailed, match="does not accept the key"):
        run.result(timeout=10)
    frame = run.frame
    assert frame["status"].tolist()[:2] == ["ok", "cancelled"]
    assert set(frame["status"].tolist()[2:10]) == {"cancelled"}
    assert frame["status"].tolist()[10:] == ["failed"] * 3 + ["skipped"] * 7


def test_what_stopped_can_go_on(near: Any) -> None:
    """retry_failed() sends the rows that failed, were skipped or cancelled, and no other."""
    run = distributed.map(
        refused_from_ten, range(40), scheduler=near, shards=2, max_concurrency=1, retry=0
    )
    with pytest.raises(nk.BatchFailed):
        run.result(timeout=10)
    left = run.frame.index[run.frame["status"] != "ok"].tolist()
    again = run.retry_failed()
    with pytest.raises(nk.BatchFailed):
        again.result(timeout=10)
    assert again.frame.index.tolist() == left


def test_fail_fast_can_be_turned_off(near: Any) -> None:
    """With `fail_fast=False` every row is tried on every worker, and the frame comes."""
    frame = distributed.map(
        refused_from_ten, range(20), scheduler=near, retry=0, fail_fast=False
    ).result(timeout=10)
    assert frame["status"].tolist() == ["ok"] * 10 + ["failed"] * 10


def odd(number: int) -> int:
    """Fail for every odd number."""
    if number % 2:
        raise ValueError(number)
    return number


def test_too_many_errors_in_one_shard(near: Any) -> None:
    """A shard with more errors than `max_errors` stops itself, and the run says so."""
    run = distributed.map(odd, range(40), scheduler=near, shards=2, max_concurrency=1, max_errors=4)
    with pytest.raises(nk.BatchFailed, match=r"5 items failed, and max_errors=4\. \d\d items"):
        run.result(timeout=10)
    counts = run.frame["status"].value_counts()
    assert 5 <= counts["failed"] <= 10
    # The other shard stops by itself as well, or is cut in the middle.
    assert counts["skipped"] >= 10
    assert counts["skipped"] + counts["cancelled"] >= 20
    assert counts.sum() == 40


def test_too_many_errors_in_all_shards_together(near: Any) -> None:
    """Shards that have few errors each stop the run when they have too many together."""
    run = distributed.map(odd, range(40), scheduler=near, shards=10, max_errors=5)
    with pytest.raises(nk.BatchFailed, match=r"(6|8) items failed, and max_errors=5"):
        run.result(timeout=10)
    frame = run.frame
    assert len(frame) == 40
    assert frame["status"].eq("cancelled").any()
    assert frame["status"].eq("skipped").sum() == 0


def test_no_more_errors_than_allowed_stop_nothing(near: Any) -> None:
    """Exactly as many errors as `max_errors` are no reason to stop."""
    frame = distributed.map(odd, range(12), scheduler=near, shards=3, max_errors=6).result(10)
    assert frame["status"].isin(["ok", "failed"]).all()
    assert frame["status"].eq("failed").sum() == 6


async def slow(number: int) -> int:
    """Answer the first of each shard at once and no other."""
    if number % 10:
        await asyncio.Event().wait()
    return number


@at_any_pace
def test_the_time_of_a_run_is_that_of_all_shards(pace: float, near: Any) -> None:
    """`batch_timeout` counts from the start of the run: what is late is skipped, nothing raised."""
    begun = time.monotonic()
    run = distributed.map(
        slow, range(40), scheduler=near, shards=4, max_concurrency=2, batch_timeout=pace
    )
    frame = run.result(timeout=4 * pace + 20)
    assert time.monotonic() - begun < 4.0 * pace
    # Two shards were under way, two had not begun: their worker was busy.
    assert frame["status"].tolist()[:20] == (["ok"] + ["timeout"] * 2 + ["skipped"] * 7) * 2
    assert frame["status"].tolist()[20:] == ["skipped"] * 20
    assert frame["attempts"].tolist()[20:] == [0] * 20
    assert run.notices == [f"Not done within batch_timeout={pace:g} s."]
    assert frame.dtypes.to_dict() == nk.map(str, [1], progress=False).result().dtypes.to_dict()
    nk.forget()


def test_a_limit_says_what_was_asked_for() -> None:
    """The words of a limit are of the whole run, not of what was left for a shard."""
    assert Limit(90.0, until=0.0).words == "Not done within batch_timeout=90 s."


def test_an_exit_keeps_what_was_done(near: Any) -> None:
    """A call that exits takes only rows of its shard that had not ended."""

    def leave(number: int) -> int:
        if number == 2:
            raise SystemExit(3)
        return number

    frame = distributed.map(leave, range(8), scheduler=near, shards=2, max_concurrency=1).result(10)
    assert frame["result"].tolist() == [0, 1, None, None, 4, 5, 6, 7]
    assert frame["error_type"].tolist()[2:4] == ["SystemExit"] * 2
    assert frame["status"].tolist()[2:4] == ["failed"] * 2


def test_notices_of_shards_come_back_once(near: Any, demo: DemoServer) -> None:
    """What workers have to tell is told once, however many of them say it."""
    url = demo.url
    run = distributed.map_calls(
        lambda: nk.Client(url, max_connections=3),
        "/airports/{iata}",
        ["ZRH"] * 4,
        scheduler=near,
        max_concurrency=50,
    )
    assert run.result(timeout=10)["status"].eq("ok").all()
    assert run.notices == ["max_concurrency=50 was lowered to 3, the client's max_connections."]


# Options that hold for each shard by itself


def test_auto_and_hedging_and_breakers_work_in_each_shard(near: Any) -> None:
    """Adaptive concurrency, second attempts and breakers are each shard's own."""
    frame = distributed.map(
        double,
        [0, 1, 2, 4] * 10,
        scheduler=near,
        max_concurrency="auto",
        hedge="5 s",
        breaker=nk.Breaker(failure_threshold=3),
        attempt_timeout=5,
        item_timeout="10 s",
    ).result(timeout=10)
    assert frame["result"].tolist() == [0, 2, 4, 8] * 10


def test_priority_is_the_order_within_each_shard(near: Any) -> None:
    """The most urgent rows of a shard go first there."""
    table = pd.DataFrame({"n": range(8), "rank": [4, 3, 2, 1, 1, 2, 3, 4]})
    frame = distributed.map(
        lambda n: n,
        table,
        scheduler=near,
        shards=2,
        priority="rank",
        order="low_first",
        max_concurrency=1,
    ).result(timeout=10)
    began = frame["started"] + pd.to_timedelta(frame["waited_s"], unit="s")
    assert began[:4].is_monotonic_decreasing
    assert began[4:].is_monotonic_increasing


def test_what_answers_used_is_charged_in_each_shard(near: Any) -> None:
    """A rate that learns from answers travels with what tells it the usage."""
    rate = nk.Rate(40, per=0.5, weight=lambda _n: 1, usage=lambda answer: answer)
    began = time.monotonic()
    frame = distributed.map(
        lambda n: n, [10] * 12, scheduler=near, shards=2, rate=rate, max_concurrency=1
    ).result(timeout=10)
    assert frame["status"].eq("ok").all()
    # 120 at 40 in half a second: a second and a half, less what may go in the first window.
    assert time.monotonic() - began > 0.7


def test_idempotency_keys_are_told_apart_and_stay(near: Any) -> None:
    """Rows of different shards have different keys, and each keeps its own through retry_failed."""

    def rule(number: int, _: ReceivedRequest) -> Behaviour | None:
        return answer(status=400) if number <= 6 else None

    with Origin(rule) as origin:
        url = origin.url
        run = distributed.map_calls(
            lambda: nk.Client(url, retry=0),
            "/{n}",
            range(6),
            scheduler=near,
            shards=3,
            method="POST",
            idempotency_key=True,
            fail_fast=False,
        )
        assert run.result(timeout=10)["status"].tolist() == ["failed"] * 6
        assert run.retry_failed().result(timeout=10)["status"].tolist() == ["ok"] * 6
        assert in_time(lambda: origin.count == 12)
    keys: dict[str, set[bytes | None]] = {}
    for request in origin.requests:
        keys.setdefault(request.path, set()).add(request.header("idempotency-key"))
    assert all(len(of_row) == 1 for of_row in keys.values())
    assert len(set.union(*keys.values())) == 6


def test_hosts_that_vary_work_on_workers(near: Any) -> None:
    """A placeholder in the host of a template sends each row to its own server."""
    with FaultServer() as one, FaultServer() as two:
        for server in (one, two):
            server.when("*", answer("fine"))
        ports = pd.DataFrame({"port": [one.port, two.port] * 3})
        frame = distributed.map_calls(
            nk.Client, "http://127.0.0.1:{port}/x", ports, scheduler=near
        ).result(timeout=10)
        assert frame["status"].eq("ok").all()
        assert (len(one.requests), len(two.requests)) == (3, 3)
