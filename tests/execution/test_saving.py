"""Who waits until what has ended is on disk, and is told then."""

from __future__ import annotations

import asyncio
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from notebook_kit.execution.saving import Saving

if TYPE_CHECKING:
    from collections.abc import Callable


class Slow:
    """A journal whose disk is the test's."""

    def __init__(self, *, durable: bool) -> None:
        self.durable = durable
        self.recorded: list[int] = []
        self.record: Callable[[int], None] = self.recorded.append
        self.goes_on = True
        self.ended: list[tuple[str, int]] = []

    def end(self, state: str, total: int) -> bool:
        """Take note of an end."""
        self.ended.append((state, total))
        return self.goes_on


def saving_of(*, durable: bool) -> tuple[Saving, Slow, list[int]]:
    journal = Slow(durable=durable)
    told: list[int] = []
    disk: Any = journal
    saving = Saving(disk, told.append)
    saving.start(asyncio.get_running_loop())
    return saving, journal, told


async def turns(count: int = 3) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.mark.anyio
async def test_with_durable_each_waits_for_its_own_end() -> None:
    """Who recorded an end goes on when it is on disk, and not with an earlier one."""
    saving, journal, told = saving_of(durable=True)
    saving.record(7)
    first = asyncio.create_task(saving.wait())
    await turns()
    saving.record(8)
    second = asyncio.create_task(saving.wait())
    await turns()
    assert (journal.recorded, told) == ([7, 8], [])
    saving.progress(1, behind=False)
    await turns()
    assert (first.done(), second.done(), told) == (True, False, [7])
    saving.progress(2, behind=False)
    await second
    assert told == [7, 8]
    # What is on disk already is not waited for.
    await saving.wait()
    assert saving.holds


@pytest.mark.anyio
async def test_without_durable_workers_wait_only_while_the_disk_is_behind() -> None:
    """They are held when it says so, and all go on when it has caught up."""
    saving, _, _ = saving_of(durable=False)
    assert not saving.holds
    saving.progress(10, behind=False)
    saving.progress(10, behind=True)
    await turns()
    assert saving.holds
    waiting = [asyncio.create_task(saving.wait()) for _ in range(3)]
    await turns()
    saving.progress(20, behind=True)
    await turns()
    assert not any(task.done() for task in waiting)
    saving.progress(30, behind=False)
    await asyncio.gather(*waiting)
    assert not saving.holds


@pytest.mark.anyio
async def test_while_writing_fails_nobody_waits_for_it() -> None:
    """Ends are told of at once, those from before too; when it goes well again all is as before."""
    saving, journal, told = saving_of(durable=True)
    saving.record(1)
    waiting = asyncio.create_task(saving.wait())
    await turns()
    saving.progress(0, behind=False, fails=True)
    await asyncio.wait_for(waiting, 10)
    saving.record(2)
    assert (told, saving.holds, saving.fails) == ([1, 2], False, True)
    await asyncio.wait_for(saving.wait(), 10)
    saving.progress(2, behind=False)
    await turns()
    assert (saving.holds, saving.fails) == (True, False)
    saving.record(3)
    assert (told, journal.recorded) == ([1, 2], [1, 2, 3])
    waiting = asyncio.create_task(saving.wait())
    await turns()
    assert not waiting.done()
    saving.progress(3, behind=False)
    await asyncio.wait_for(waiting, 10)
    assert told == [1, 2, 3]


@pytest.mark.anyio
async def test_one_who_was_cancelled_meanwhile_does_no_harm() -> None:
    """A worker that is cut off while it waits is passed over, and the next one goes on."""
    saving, _, _ = saving_of(durable=True)
    saving.record(1)
    cut = asyncio.create_task(saving.wait())
    other = asyncio.create_task(saving.wait())
    await turns()
    cut.cancel()
    saving.progress(1, behind=False)
    await other
    assert cut.cancelled()


@pytest.mark.anyio
async def test_ends_that_are_taken_back_are_told_of_before() -> None:
    """Each end is told of once, also one that is not on disk when its item is tried again."""
    saving, _, told = saving_of(durable=True)
    for index in (1, 2, 3):
        saving.record(index)
    saving.tell_at_once([2, 9])
    assert told == [2]
    saving.progress(sys.maxsize, behind=False)
    await turns()
    assert told == [2, 1, 3]


@pytest.mark.anyio
async def test_the_end_waits_as_long_as_something_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A run ends when all is on disk; or when nothing more gets there for some time."""
    saving, journal, _ = saving_of(durable=False)
    waiting = asyncio.create_task(saving.end("done", 5))
    await turns()
    saving.progress(3, behind=False)
    await turns()
    assert not waiting.done()
    saving.progress(sys.maxsize, behind=False)
    await asyncio.wait_for(waiting, 20)
    monkeypatch.setattr("notebook_kit.execution.saving._END_S", 0.02)
    stuck, _, _ = saving_of(durable=False)
    await asyncio.wait_for(stuck.end("done", 5), 20)
    journal.goes_on = False
    await asyncio.wait_for(saving.end("failed", 5), 20)
    assert journal.ended == [("done", 5), ("failed", 5)]


@pytest.mark.anyio
async def test_the_end_waits_while_what_failed_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Heard of without there being more on disk, the journal still writes: closing it waits."""
    monkeypatch.setattr("notebook_kit.execution.saving._END_S", 30.0)
    saving, _, _ = saving_of(durable=False)
    waiting = asyncio.create_task(saving.end("done", 5))
    await turns()
    for _ in range(2):
        saving.progress(0, behind=False)
        await turns(5)
        assert not waiting.done()
    saving.progress(sys.maxsize, behind=False)
    await asyncio.wait_for(waiting, 20)


def test_what_comes_after_the_loop_is_dropped() -> None:
    """A disk that has something to say when the loop is closed, or not there yet, does no harm."""

    async def main() -> Saving:
        return saving_of(durable=True)[0]

    saving = asyncio.run(main())
    disk: Any = Slow(durable=True)
    for each in (saving, Saving(disk, print)):
        thread = threading.Thread(target=each.progress, args=(1,), kwargs={"behind": False})
        thread.start()
        thread.join(10)
    saving.record(1)
    saving.tell_those()
