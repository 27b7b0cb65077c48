"""How runs on a cluster in this process end: cancelled, interrupted, failed, left alone."""

from __future__ import annotations

import _thread
import asyncio
import functools
import importlib
import sys
import threading
from typing import TYPE_CHECKING, Any, cast

import pytest

import notebook_kit as nk
from notebook_kit import distributed
from notebook_kit.distributed.library import pickled
from notebook_kit.distributed.worker import _wait, function_run, run_shard
from notebook_kit.execution import wait_sync
from tests.distributed.workload import (
    calls,
    double,
    fails_once,
    in_time,
    started,
    wait_from_seven,
)

if TYPE_CHECKING:
    import pandas as pd

# Dask's types are incomplete: most of what is called here has none.
dask: Any = importlib.import_module("distributed")


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    started.clear()
    monkeypatch.setattr("notebook_kit.distributed.worker._LOOK_S", 0.02)
    # Nothing below ends because it was given up.
    monkeypatch.setattr("notebook_kit.distributed.run._GRACE_S", 60.0)


def test_cancel_keeps_what_is_done(near: Any) -> None:
    """cancel() ends calls under way, keeps finished rows, and awaiting then gives the frame."""
    run = distributed.map(wait_from_seven, range(12), scheduler=near, shards=4)
    assert started.wait(20)
    assert in_time(lambda: "running, 2 of 4 shards back, 6 of 12 rows" in repr(run))
    assert not run.done
    with pytest.raises(TimeoutError):
        run.result(timeout=0.01)
    run.cancel()
    run.cancel()
    frame = run.result(timeout=20)
    assert len(frame) == 12
    assert frame["result"].tolist()[:6] == list(range(6))
    assert set(frame["status"].tolist()[7:]) == {"cancelled"}
    assert "cancelled" in repr(run)


def test_cancel_does_not_wait_for_shards_in_a_queue(
    near: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run whose shards never came to a worker, because others keep it busy, ends too."""
    monkeypatch.setattr("notebook_kit.distributed.run._GRACE_S", 0.1)
    release = threading.Event()
    busy = [near.submit(_hold, number, pure=False) for number in range(2)]
    _release.append(release)
    try:
        assert started.wait(20)
        run = distributed.map(double, range(4), scheduler=near)
        run.cancel()
        assert run.result(timeout=20)["status"].tolist() == ["cancelled"] * 4
    finally:
        release.set()
        dask.wait(busy, timeout=20)


_release: list[threading.Event] = []


def _hold(_number: int) -> None:
    started.set()
    _release[-1].wait(20)


def test_an_interrupted_await_cancels_the_run(near: Any) -> None:
    """The awaiter's cancellation goes on as it came, with a note; what was done comes back."""

    async def main() -> list[str]:
        run = distributed.map(wait_from_seven, range(8), scheduler=near)
        waiting = asyncio.ensure_future(_awaited(run))
        assert await asyncio.to_thread(in_time, lambda: _half_is_back(run))
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await waiting
        return caught.value.__notes__

    (note,) = asyncio.run(main())
    assert "nk.distributed.last_run().frame" in note
    run = distributed.last_run()
    assert run is not None
    frame = run.result(timeout=20)
    assert frame["result"].tolist()[:7] == list(range(7))
    assert frame["status"].tolist()[7] == "cancelled"


def _half_is_back(run: distributed.DistributedRun) -> bool:
    return started.is_set() and "1 of 2 shards back" in repr(run)


def _main_waits() -> bool:
    frame = sys._current_frames().get(threading.main_thread().ident or 0)
    while frame is not None and frame.f_code is not wait_sync.__code__:
        frame = frame.f_back
    return frame is not None


def test_an_interrupted_wait_cancels_the_run(near: Any) -> None:
    """The stop button during result() acts at once, leaves as it came, and says what is kept."""
    run = distributed.map(wait_from_seven, range(8), scheduler=near)

    def press() -> None:
        # An interrupt that comes before the wait has begun would end all tests.
        assert in_time(lambda: _half_is_back(run) and _main_waits())
        _thread.interrupt_main()

    pressing = threading.Thread(target=press)
    pressing.start()
    with pytest.raises(KeyboardInterrupt) as caught:
        run.result(timeout=20)
    pressing.join()
    assert "the run was cancelled" in caught.value.__notes__[0]
    assert run.result(timeout=20)["status"].tolist() == ["ok"] * 7 + ["cancelled"]


def test_a_forked_child_is_told(near: Any) -> None:
    """A copy of a live run in another process raises instead of waiting for ever."""
    run = distributed.map(wait_from_seven, range(8), scheduler=near)
    run._pid += 1
    with pytest.raises(nk.BatchFailed, match="forked"):
        run.result(timeout=1)
    with pytest.raises(nk.BatchFailed, match="forked"):
        asyncio.run(_awaited(run))
    run._pid -= 1
    run.cancel()
    run.result(timeout=20)


def test_a_run_that_broke_on_a_time_limit_is_not_waited_for() -> None:
    """A worker tells an error of the run itself from a wait that was only too short."""

    class Broken:
        done = True

        def result(self, timeout: float | None = None) -> None:
            message = "broke"
            raise TimeoutError(message)

    with pytest.raises(TimeoutError, match="broke"):
        _wait(cast("nk.Run", Broken()), lambda: False)


@pytest.mark.parametrize("hiccup", [OSError, TimeoutError, asyncio.CancelledError])
def test_a_scheduler_that_is_slow_to_answer_costs_nothing(
    near: Any, monkeypatch: pytest.MonkeyPatch, hiccup: type[BaseException]
) -> None:
    """A worker that cannot ask now and then whether the run was cancelled goes on."""
    asked: list[str] = []
    is_set = dask.Event.is_set

    def asked_in_vain(flag: Any) -> bool:
        if "begun" in flag.name:
            return bool(is_set(flag))
        asked.append(flag.name)
        raise hiccup

    with monkeypatch.context() as patched:
        patched.setattr(dask.Event, "is_set", asked_in_vain)
        run = distributed.map(wait_from_seven, [7, *range(6)], scheduler=near, shards=1)
        assert in_time(lambda: len(asked) > 2)
        assert not run.done
    run.cancel()
    assert run.result(timeout=20)["status"].tolist() == ["cancelled"] + ["ok"] * 6


async def _awaited(run: distributed.DistributedRun) -> pd.DataFrame:
    return await run


def test_a_shard_that_fails_as_a_whole_is_failed_rows(near: Any) -> None:
    """What breaks before the first call fails the rows of its shard; the other shard is whole."""

    class Odd:
        """Can be read in no shard but the first."""

        def __reduce__(self) -> tuple[Any, ...]:
            return _refuse, ()

    frame = distributed.map(str, [1, 2, 3, Odd()], scheduler=near).result(timeout=10)
    assert frame["status"].tolist() == ["ok", "ok", "failed", "failed"]
    assert frame["error"].tolist()[2:] == ["an item of this kind cannot be read here"] * 2
    assert frame["error_type"].tolist()[2:] == ["LookupError"] * 2


def _refuse() -> None:
    message = "an item of this kind cannot be read here"
    raise LookupError(message)


def test_an_exit_in_a_function_does_not_end_the_worker(near: Any) -> None:
    """SystemExit of a call fails its shard's rows; the worker goes on with other work."""

    def leave(number: int) -> int:
        if number == 0:
            raise SystemExit(3)
        return number

    frame = distributed.map(leave, [0, 1], scheduler=near).result(timeout=10)
    assert frame["error_type"].tolist()[0] == "SystemExit"
    assert frame["result"].tolist() == [None, 1]
    assert len(near.nthreads()) == 2


def test_a_shard_is_never_started_twice(near: Any) -> None:
    """A shard that had begun on a dead worker is not run again: its calls may have been sent."""
    begun = dask.Event("begun-before", client=near)
    begun.set()
    answer = near.submit(run_shard, b"never read", 2, "begun-before", "stop", pure=False)
    rows = answer.result(timeout=20).open()
    begun.clear()
    assert rows["error_type"].tolist() == ["WorkerLost"] * 2
    assert rows["error"].str.contains(r"may have been sent. run\.retry_failed\(\)").all()


def test_a_shard_that_comes_after_cancel_calls_nothing(near: Any) -> None:
    """A shard that reaches its worker when the run is cancelled already is cancelled rows."""
    calls.clear()
    start = functools.partial(function_run, function=fails_once, options={"progress": False})
    stop = dask.Event("stopped-before", client=near)
    stop.set()
    payload = pickled((start, [1, 2]))
    answer = near.submit(run_shard, payload, 2, "not-begun", "stopped-before", pure=False)
    assert answer.result(timeout=20).open()["status"].tolist() == ["cancelled"] * 2
    stop.clear()
    assert calls == []


def test_retry_failed_wants_an_ended_run(near: Any) -> None:
    """While the run is live, retry_failed() says to wait for it."""
    run = distributed.map(wait_from_seven, range(8), scheduler=near)
    with pytest.raises(nk.ConfigurationError, match="still live"):
        run.retry_failed()
    run.cancel()
    run.result(timeout=20)


def test_leaves_nothing_on_the_scheduler(near: Any) -> None:
    """When a run has ended, cancelled or not, the scheduler keeps no event and no answer of it."""
    scheduler = near.cluster.scheduler
    events = scheduler.extensions["events"]._events
    before = set(events)  # the last of an earlier run may go only now
    distributed.map(double, range(4), scheduler=near).result(timeout=10)
    run = distributed.map(wait_from_seven, range(8), scheduler=near)
    assert started.wait(20)
    assert set(events) - before
    run.cancel()
    run.result(timeout=20)
    assert in_time(lambda: set(events) <= before)
    assert in_time(lambda: not scheduler.tasks)


def test_a_closed_client_leaves_failed_rows(near: Any) -> None:
    """When Dask's client is closed under a run, the run ends: its rows failed, and say why."""
    address = near.cluster.scheduler_address
    with dask.Client(address, set_as_default=False) as other:
        run = distributed.map(wait_from_seven, range(8), scheduler=other)
        assert started.wait(20)
    frame = run.result(timeout=20)
    assert set(frame["status"].tolist()[4:]) == {"failed"}
    assert frame["error"].str.contains("client was closed").tolist()[7]
    # Nobody waits for the answer: the worker stops its calls and takes other work.
    after = distributed.map(double, [1, 2], scheduler=near).result(timeout=20)
    assert after["status"].tolist() == ["ok", "ok"]
