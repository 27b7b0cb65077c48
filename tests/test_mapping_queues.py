"""Queues as the input of whole runs: who waits for whom."""

from __future__ import annotations

import asyncio
import queue as queues
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

import notebook_kit as nk

if TYPE_CHECKING:
    from pathlib import Path

    from notebook_kit.demo import DemoServer


async def same(item: str) -> str:
    await asyncio.sleep(0)
    return item


@pytest.mark.anyio
async def test_a_queue_of_threads_needs_no_loop(demo: DemoServer) -> None:
    """A run over a queue of threads goes on while its caller's loop is blocked."""
    queue: queues.Queue[object] = queues.Queue()
    for item in ("ZRH", nk.END):
        queue.put(item)
    with closing(nk.Client(demo.url)) as client:
        frame = client.map("/airports/{iata}", queue, progress=False).result(timeout=20)
    assert frame["status"].tolist() == ["ok"]


@pytest.mark.anyio
async def test_a_queue_of_the_blocked_loop_is_said_to_be_one(demo: DemoServer) -> None:
    """Blocking the loop on which a queue would be read is an error, not a hang."""
    queue: asyncio.Queue[object] = asyncio.Queue()
    with closing(nk.Client(demo.url)) as client:
        run = client.map("/airports/{iata}", queue, progress=False)
        with pytest.raises(nk.WouldDeadlock):
            run.result(timeout=20)
        run.cancel()
        await run


@pytest.mark.parametrize("loop", ["caller", "kit"])
@pytest.mark.anyio
async def test_a_queue_is_joined_while_the_run_waits_for_more(loop: str) -> None:
    """A queue is joined when the calls for all its items have ended, though the run goes on."""
    queue: asyncio.Queue[object] = asyncio.Queue()
    run = nk.map(same, queue, loop=loop, progress=False)  # type: ignore[arg-type]
    for item in "abc":
        queue.put_nowait(item)
    await asyncio.wait_for(queue.join(), 20)
    assert (run.snapshot().done, run.done) == (3, False)
    queue.put_nowait(nk.END)
    assert (await run)["result"].tolist() == ["a", "b", "c"]


@pytest.mark.parametrize("loop", ["caller", "kit"])
@pytest.mark.anyio
async def test_a_run_that_was_cut_off_leaves_nothing_unfinished(loop: str) -> None:
    """After a run was cancelled in the middle of its calls, nobody waits for them."""
    queue: asyncio.Queue[object] = asyncio.Queue()
    begun = asyncio.Event()
    home = asyncio.get_running_loop()

    async def never(_: object) -> None:
        home.call_soon_threadsafe(begun.set)
        await asyncio.Event().wait()

    queue.put_nowait("a")
    run = nk.map(never, queue, loop=loop, progress=False)  # type: ignore[arg-type]
    await begun.wait()
    run.cancel()
    assert (await run)["status"].tolist() == ["cancelled"]
    await asyncio.wait_for(queue.join(), 20)


@pytest.mark.anyio
async def test_items_whose_answers_are_known_are_done_at_once(tmp_path: Path) -> None:
    """A queue is joined although a checkpoint answers its items, which are never begun."""
    for _ in range(2):
        queue: asyncio.Queue[object] = asyncio.Queue()
        run = nk.map(same, queue, checkpoint=tmp_path / "kept.db", name="same", progress=False)
        queue.put_nowait("a")
        await asyncio.wait_for(queue.join(), 20)
        queue.put_nowait(nk.END)
        frame = await run
    assert frame["source"].tolist() == ["checkpoint"]
