"""What runs and executors hold, as the monitor tells it."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import weakref
from typing import TYPE_CHECKING

import pytest

import notebook_kit as nk
from notebook_kit.lifetime import OpenResource, survey
from tests.paces import at_any_pace

if TYPE_CHECKING:
    from pathlib import Path


def of_kind(kind: str) -> list[OpenResource]:
    return [it for it in survey() if it.kind == kind]


def test_a_live_run_is_told_of_paused_and_cancelled(tmp_path: Path) -> None:
    """It says how far it is; its acts pause it, let it go on and end it; so does its checkpoint."""
    gate = threading.Semaphore(0)

    def work(number: int) -> int:
        gate.acquire(timeout=10)
        return 1 // number

    run = nk.map(
        work,
        [0, 1, 2, 3],
        max_concurrency=1,
        retry=0,
        progress=False,
        name="halves",
        checkpoint=tmp_path / "kept.sqlite",
    )
    (told,) = of_kind("run")
    assert told.name == "halves"
    assert told.made_at.filename == __file__
    assert told.acts == ("Cancel", "Pause")
    assert (told.busy, told.kept) == (True, False)
    told.act("Pause")
    (told,) = of_kind("run")
    assert told.holds.endswith("paused")
    assert told.acts == ("Cancel", "Resume")
    told.act("Resume")
    gate.release()
    gate.release()
    ended = run.as_completed()
    assert [next(ended).status, next(ended).status] == ["failed", "ok"]
    (told,) = of_kind("run")
    assert told.holds.startswith("2 of 4 done, 1 failed")
    assert told.meter == (2, 0, 4)
    assert told.failed == 1
    (checkpoint,) = of_kind("checkpoint")
    assert checkpoint.name == "kept.sqlite"
    assert checkpoint.holds.startswith("open, 2 rows")
    checkpoint.close()
    gate.release(4)
    assert run.result()["status"].tolist()[:2] == ["failed", "ok"]
    assert run.state == "cancelled"
    assert of_kind("checkpoint") == []
    (told,) = of_kind("run")
    assert told.holds == "3 of 4 done, 1 failed, cancelled" or told.holds.startswith("2 of 4 done")


def test_the_last_run_is_kept_until_it_is_forgotten() -> None:
    """With failures it offers to try them again and to save; of older runs nothing is told."""
    nk.map(str, [1], progress=False, name="older").result()
    run = nk.map(lambda number: 1 // number, [0, 1], retry=0, progress=False, name="newer")
    run.result()
    (told,) = of_kind("run")
    assert (told.name, told.kept) == ("newer", True)
    assert told.acts == ("Forget", "Retry failed", "Save")
    assert told.holds == "2 of 2 done, 1 failed, ended"
    told.close()
    assert nk.last_run() is None
    assert of_kind("run") == []


def test_a_run_without_failures_is_only_to_be_forgotten() -> None:
    """There is nothing to mend."""
    nk.map(str, [1], progress=False).result()
    (told,) = of_kind("run")
    assert told.acts == ("Forget",)


def test_retry_and_save_by_the_acts_of_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that is begun so takes the place of the last, and says where that was made."""
    monkeypatch.chdir(tmp_path)
    nk.map(lambda number: 1 // number, [0, 1], retry=0, progress=False, name="thirds").result()
    (told,) = of_kind("run")
    said = told.act("Save")
    (written,) = tmp_path.iterdir()
    assert said == f"The rows are saved in {written.name}."
    assert told.act("Retry failed") == "The rows that failed are tried again."
    again = nk.last_run()
    assert again is not None
    again.result()
    (retried,) = of_kind("run")
    assert retried.number > told.number
    assert retried.made_at == told.made_at
    assert retried.holds.startswith("1 of 1 done")
    told.act("Retry failed")


def test_a_run_that_nobody_holds_is_not_kept_alive() -> None:
    """When it is forgotten it can be collected, although somebody keeps a list of it."""
    run = nk.map(str, [1], progress=False)
    run.result()
    taken = of_kind("run")
    gone = weakref.ref(run)
    del run
    nk.forget()
    gc.collect()
    assert gone() is None
    assert taken[0].act("Retry failed") == ""
    assert of_kind("run") == []


def test_an_executor_is_told_of_while_it_works() -> None:
    """It says what waits; closing it lets what was submitted end, and then it is gone."""

    async def main() -> list[OpenResource]:
        gate = asyncio.Event()
        executor = nk.Executor(max_concurrency=1)
        assert of_kind("executor") == []
        calls = [executor.submit(gate.wait) for _ in range(3)]
        while not of_kind("executor")[0].holds.endswith("1 in flight, 2 waiting"):
            await asyncio.sleep(0)
        (told,) = of_kind("executor")
        told.close()
        gate.set()
        assert [await call for call in calls] == [True] * 3
        await executor.aclose()
        with pytest.raises(nk.ClosedError):
            executor.submit(gate.wait)
        return [told, *of_kind("executor")]

    (told,) = asyncio.run(asyncio.wait_for(main(), 20))
    assert told.name == "of up to 1 call at once"
    assert (told.uses, told.busy, told.meter) == (3, True, (0, 0, 3))


@at_any_pace
def test_a_run_that_was_paused_is_in_use_when_it_goes_on(pace: float) -> None:
    """The pause is no time of the run, but it has passed."""
    gate = threading.Event()
    run = nk.map(lambda _: gate.wait(20), [1], progress=False)
    run.pause()
    threading.Event().wait(0.5 * pace)
    run.resume()
    (told,) = of_kind("run")
    looked = time.time()
    gate.set()
    run.result(timeout=20)
    nk.forget()
    assert told.last_used is not None
    assert looked - told.last_used < 0.4 * pace
