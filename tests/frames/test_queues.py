"""Queues that are still being filled are read as a run has room for their items."""

from __future__ import annotations

import asyncio
import copy
import multiprocessing
import pickle
import queue as queues
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.frames import plan_of
from notebook_kit.frames import queues as module
from notebook_kit.frames.queues import END, QueueItems, is_queue
from tests.frames.producers import produce

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.demo import DemoServer
    from notebook_kit.scheduling import Plan

SPAWN = multiprocessing.get_context("spawn")


def test_the_end_is_one_object() -> None:
    """END is itself after pickling and copying, and says how it is written."""
    assert pickle.loads(pickle.dumps(END)) is END  # noqa: S301
    assert copy.deepcopy([copy.copy(END)]) == [END]
    assert repr(END) == "nk.END"


@pytest.mark.parametrize("other", [0, "text", (1, "a"), (), None, object()])
def test_the_end_sorts_last(other: Any) -> None:
    """END is greater than anything but itself, so that it can be put into a priority queue."""
    end, same = END, END
    assert end > other
    assert end >= other
    assert not end < other
    assert not end <= other
    assert sorted([end, other]) == [other, end]
    assert end <= same
    assert end >= same
    assert not end > same


class Iterable(queues.Queue[Any]):
    def __iter__(self) -> Iterator[int]:
        return iter([1, 2])


class Cache:
    def get(self, key: str) -> None: ...
    def put(self, key: str) -> None: ...


def test_what_is_a_queue() -> None:
    """Queues are told by what they can do; one that can be iterated says itself what it gives."""
    queue_likes: list[Any] = [asyncio.Queue(), queues.SimpleQueue(), Foreign(), AsyncForeign()]
    others: list[Any] = [[], {}, Cache(), Iterable(), queues.Queue]
    assert [is_queue(it) for it in queue_likes] == [True] * 4
    assert [is_queue(it) for it in others] == [False] * 5
    source: Any = plan_of(Iterable()).source
    assert list(source) == [1, 2]


class Foreign:
    """A queue like that of another library, which no class of the standard library is behind."""

    def __init__(self, *items: Any) -> None:
        self.items = list(items)

    def empty(self) -> bool:
        return not self.items

    def put(self, item: Any) -> None:
        self.items.append(item)

    def get(self) -> Any:
        return self.items.pop(0)


class AsyncForeign(Foreign):
    async def get(self) -> Any:
        return self.items.pop(0)


async def drain(plan: Plan) -> list[Any]:
    """Read a plan as a run does."""
    assert isinstance(plan.source, AsyncIterator)
    async for item in plan.source:
        plan.pulled.append(item)
    return plan.pulled


async def take(plan: Plan, *, arrives: bool = True) -> Any:
    """Take one item of a plan, which arrives, or is on its way when the run ends."""
    assert isinstance(plan.source, AsyncIterator)
    item = await anext(plan.source)
    if arrives:
        plan.pulled.append(item)
    return item


async def close(plan: Plan) -> None:
    assert isinstance(plan.source, QueueItems)
    await plan.source.aclose()


def settle(plan: Plan, *positions: int) -> None:
    assert plan.settled is not None
    for position in positions:
        plan.settled(position)


def filled(queue: Any, *items: Any) -> Any:
    """Return a queue with items in it."""
    for item in items:
        queue.put_nowait(item)
    return queue


KINDS: list[Any] = [asyncio.Queue, queues.Queue, queues.SimpleQueue]
JOINED: list[Any] = [asyncio.Queue, queues.Queue]
SORTED: list[Any] = [asyncio.PriorityQueue, queues.PriorityQueue]
STACKS: list[Any] = [asyncio.LifoQueue, queues.LifoQueue]


# What comes out


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.anyio
async def test_what_was_put_in_before_the_end_comes_out(kind: Any) -> None:
    """The items up to END come out in order; what is behind it stays."""
    queue = filled(kind(), 1, None, "a", END, 2)
    plan = plan_of(queue, name="letters")
    assert (plan.length, plan.name, plan.index, plan.keep_items) == (None, "letters", None, True)
    assert await drain(plan) == [1, None, "a"]
    assert await drain(plan) == [1, None, "a"]
    assert queue.get_nowait() == 2


@pytest.mark.parametrize("kind", SORTED)
@pytest.mark.anyio
async def test_a_priority_queue_gives_what_is_in_it(kind: Any) -> None:
    """The tuples of a priority queue come out as they are, smallest first, the end last."""
    queue = filled(kind(), (2, "b"), END, (1, "a"))
    assert await drain(plan_of(queue)) == [(1, "a"), (2, "b")]


@pytest.mark.parametrize("kind", STACKS)
@pytest.mark.anyio
async def test_a_stack_is_emptied_after_its_end(kind: Any) -> None:
    """END lies on top of what was put in before it, which comes out all the same."""
    assert await drain(plan_of(filled(kind(), 1, 2, END))) == [2, 1]
    assert await drain(plan_of(filled(kind(), 0, END, 1, END))) == [1]


@pytest.mark.parametrize("make", [Foreign, AsyncForeign])
@pytest.mark.anyio
async def test_queues_of_other_libraries(make: Any) -> None:
    """A queue is read by its methods, whoever made it, with or without task_done."""
    plan = plan_of(make(1, 2, END))
    assert await drain(plan) == [1, 2]
    settle(plan, 0, 1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.anyio
async def test_an_empty_queue_is_waited_for(kind: Any) -> None:
    """While a queue is empty the loop goes on, and what is put in then comes out."""
    queue = kind()
    plan = plan_of(queue)
    reading = asyncio.create_task(drain(plan))
    for number in range(3):
        queue.put_nowait(number)
        while len(plan.pulled) <= number:
            await asyncio.sleep(0.001)
    assert not reading.done()
    queue.put_nowait(END)
    assert await reading == [0, 1, 2]


@pytest.mark.parametrize("kind", JOINED)
@pytest.mark.anyio
async def test_nothing_is_taken_ahead(kind: Any) -> None:
    """A run that takes one item leaves the others to the next run."""
    queue = filled(kind(), 1, 2, 3, END)
    plan = plan_of(queue)
    await take(plan)
    assert queue.qsize() == 3
    await close(plan)
    assert await drain(plan_of(queue)) == [2, 3]


# Processes


@pytest.mark.parametrize("kind", [SPAWN.Queue, SPAWN.JoinableQueue])
@pytest.mark.anyio
async def test_a_queue_of_processes(kind: Any) -> None:
    """A queue of processes is read, and can be joined if it is of that kind."""
    queue = kind()
    try:
        for item in (1, None, "a", END):
            queue.put(item)
        plan = plan_of(queue)
        assert await drain(plan) == [1, None, "a"]
        settle(plan, 0, 1, 2)
        if hasattr(queue, "join"):
            queue.join()
    finally:
        queue.close()
        queue.join_thread()


@pytest.mark.anyio
async def test_a_queue_whose_get_only_waits() -> None:
    """Nothing hangs in the simple queue of processes while it is empty."""
    with closing(SPAWN.SimpleQueue()) as queue:
        plan = plan_of(queue)
        waiting = asyncio.create_task(drain(plan))
        await asyncio.sleep(0)
        queue.put(1)
        while not plan.pulled:
            await asyncio.sleep(0.001)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await close(plan)
        queue.put(2)
        queue.put(END)
        assert await drain(plan_of(queue)) == [2]


@pytest.mark.slow
@pytest.mark.anyio
async def test_a_queue_of_a_manager_filled_by_another_process() -> None:
    """Another process fills a manager's queue and says with END that it has done so."""
    with SPAWN.Manager() as manager:
        queue = manager.Queue()
        process = SPAWN.Process(target=produce, args=(queue, 3))
        process.start()
        plan = plan_of(queue)
        assert await drain(plan) == [0, 1, 2]
        settle(plan, 0, 1, 2)
        queue.join()
        process.join(30)
        process.close()


# Shutting down


class Over(Exception):
    """Stands for what a queue raises from Python 3.13 on."""


@pytest.mark.parametrize("base", JOINED)
@pytest.mark.anyio
async def test_a_queue_that_says_it_is_shut_down(base: Any, monkeypatch: Any) -> None:
    """What a queue that was shut down raises is the end of the input, at once or after waiting."""

    class Closing(base):  # type: ignore[misc]
        def _get(self) -> Any:
            item = super()._get()
            if item == "over":
                raise Over
            return item

    monkeypatch.setattr(module, "_AT_THE_END", (*module._AT_THE_END, Over))
    assert await drain(plan_of(filled(Closing(), 1, "over"))) == [1]
    queue = Closing()
    reading = asyncio.create_task(drain(plan_of(queue)))
    await asyncio.sleep(0)
    queue.put_nowait("over")
    assert await reading == []


@pytest.mark.skipif(sys.version_info < (3, 13), reason="queues can be shut down from 3.13 on")
@pytest.mark.parametrize("kind", JOINED)
@pytest.mark.anyio
async def test_shutdown_ends_the_input(kind: Any) -> None:
    """What was in a queue that is shut down comes out, then the input has ended."""
    queue = filled(kind(), 1, 2)
    queue.shutdown()
    assert await drain(plan_of(queue)) == [1, 2]
    queue = kind()
    reading = asyncio.create_task(drain(plan_of(queue)))
    await asyncio.sleep(0)
    queue.shutdown()
    assert await reading == []
    plan = plan_of(filled(kind(), 1))
    await take(plan, arrives=False)
    plan.source._queue.shutdown(immediate=True)  # type: ignore[union-attr]
    await close(plan)


# Joining


def unfinished(queue: Any) -> int:
    """Return how many items a queue still waits for, as its `join` counts them."""
    count: int = queue.unfinished_tasks if hasattr(queue, "mutex") else queue._unfinished_tasks
    return count


@pytest.mark.parametrize("kind", JOINED)
@pytest.mark.anyio
async def test_a_queue_is_joined_when_its_items_have_ended(kind: Any) -> None:
    """An item counts as done when it was settled, not when it was taken; END counts at once."""
    queue = filled(kind(), "a", "b", END)
    plan = plan_of(queue)
    await drain(plan)
    assert unfinished(queue) == 2
    settle(plan, 1)
    assert unfinished(queue) == 1
    settle(plan, 0)
    assert unfinished(queue) == 0
    settle(plan, 0)
    await close(plan)
    assert unfinished(queue) == 0


@pytest.mark.parametrize("kind", JOINED)
@pytest.mark.anyio
async def test_items_of_a_run_that_was_cut_off_count_as_done(kind: Any) -> None:
    """Nobody waits for ever for items that a cancelled run had taken."""
    queue = filled(kind(), "a", "b", "c")
    plan = plan_of(queue)
    await take(plan)
    await take(plan)
    settle(plan, 0)
    await close(plan)
    assert unfinished(queue) == 1
    settle(plan, 1)
    assert (unfinished(queue), queue.qsize()) == (1, 1)


@pytest.mark.parametrize("kind", JOINED)
@pytest.mark.anyio
async def test_a_function_that_tells_the_queue_itself_does_no_harm(kind: Any) -> None:
    """Where the user's function calls task_done too, no error comes of the run's own call."""
    queue = filled(kind(), "a", END)
    plan = plan_of(queue)
    await drain(plan)
    queue.task_done()
    settle(plan, 0)
    assert unfinished(queue) == 0


@pytest.mark.anyio
async def test_a_run_on_another_loop_tells_the_queue_at_home() -> None:
    """asyncio's queue is told on its own loop, so that whoever joins it there is woken."""
    queue = filled(asyncio.Queue(), "a", END)
    plan = plan_of(queue)
    await drain(plan)
    joining = asyncio.create_task(queue.join())
    await asyncio.sleep(0)
    await asyncio.to_thread(settle, plan, 0)
    await asyncio.wait_for(joining, 20)


def test_a_home_that_is_gone_is_told_nothing() -> None:
    """When the loop of a queue is closed, settling what came from it raises nothing."""
    plan = plan_of(filled(asyncio.Queue(), "a", END))
    asyncio.run(drain(plan))
    settle(plan, 0)


# Runs that end early


@pytest.mark.parametrize("kind", JOINED)
@pytest.mark.anyio
async def test_an_item_on_its_way_goes_back(kind: Any) -> None:
    """An item that was taken and did not reach the run before it ended is for the next reader."""
    queue = filled(kind(), "a", "b")
    plan = plan_of(queue)
    assert await take(plan) == "a"
    assert await take(plan, arrives=False) == "b"
    await close(plan)
    await close(plan)
    assert (queue.get_nowait(), unfinished(queue)) == ("b", 1)
    with pytest.raises(StopAsyncIteration):
        await take(plan)


@pytest.mark.parametrize("kind", JOINED)
@pytest.mark.anyio
async def test_a_queue_without_room_takes_nothing_back(kind: Any) -> None:
    """Where others have filled the queue meanwhile, the item is lost, and nothing is raised."""
    queue = filled(kind(1), "a")
    plan = plan_of(queue)
    await take(plan, arrives=False)
    queue.put_nowait("b")
    await close(plan)
    assert (queue.get_nowait(), queue.empty(), unfinished(queue)) == ("b", True, 1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.anyio
async def test_a_reader_that_is_cancelled_takes_nothing(kind: Any) -> None:
    """What is put in when a run that waited has been cancelled is for others."""
    queue = kind()
    waiting = asyncio.create_task(drain(plan_of(queue)))
    for _ in range(3):
        await asyncio.sleep(0)
    waiting.cancel()
    queue.put_nowait("later")
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await drain(plan_of(filled(queue, END))) == ["later"]


class Held(Foreign):
    """Has an item in hand when its reader is cancelled."""

    def __init__(self, *items: Any) -> None:
        super().__init__(*items)
        self.asked = threading.Event()
        self.released = threading.Event()

    def get(self) -> Any:
        item = super().get()
        self.asked.set()
        self.released.wait(20)
        return item


@pytest.mark.anyio
async def test_what_a_thread_takes_too_late_goes_back() -> None:
    """An item that comes when the run has just been cancelled goes back to the queue."""
    queue = Held("a")
    plan = plan_of(queue)
    waiting = asyncio.create_task(drain(plan))
    await asyncio.to_thread(queue.asked.wait, 5)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    closing_down = asyncio.create_task(close(plan))
    await asyncio.sleep(0)
    assert not closing_down.done()
    queue.released.set()
    await closing_down
    assert queue.items == ["a"]


class Broken(Foreign):
    def get(self) -> Any:
        raise OSError("the queue is gone")


@pytest.mark.anyio
async def test_what_a_queue_raises_is_raised() -> None:
    """An error of the queue itself is the input's error, and ends it."""
    plan = plan_of(Broken(1))
    with pytest.raises(OSError, match="the queue is gone"):
        await take(plan)
    with pytest.raises(StopAsyncIteration):
        await take(plan)


# Whole runs


async def double(number: int) -> int:
    await asyncio.sleep(0)
    return 2 * number


def double_in_thread(number: int) -> int:
    return 2 * number


@pytest.mark.parametrize("function", [double, double_in_thread])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.anyio
async def test_producer_and_run(kind: Any, function: Callable[[int], Any]) -> None:
    """A run takes what a producer puts in, and has a row for each item when it has ended."""
    queue = kind(2) if kind is asyncio.Queue else kind()

    async def produce() -> None:
        for item in (*range(20), END):
            await queue.put(item) if kind is asyncio.Queue else queue.put(item)
            await asyncio.sleep(0)

    producing = asyncio.create_task(produce())
    frame = await nk.map(function, queue, progress=False, max_concurrency=3)
    await producing
    assert frame["item"].tolist() == list(range(20))
    assert frame["result"].tolist() == list(range(0, 40, 2))


@pytest.mark.parametrize("kind", [asyncio.Queue, queues.Queue])
@pytest.mark.anyio
async def test_requests_for_a_queue(kind: Any, demo: DemoServer) -> None:
    """client.map sends a request for each item of a queue that is being filled."""
    with closing(nk.Client(demo.url)) as client:
        queue = filled(kind(), "ZRH", "XXX")
        run = client.map("/airports/{iata}", queue, retry=0, progress=False)
        while run.snapshot().done < 2:
            await asyncio.sleep(0.001)
        queue.put_nowait(END)
        frame = await run
    assert frame["status"].tolist() == ["ok", "failed"]


@pytest.mark.anyio
async def test_a_queue_is_joined_after_a_run_on_another_loop() -> None:
    """What a run on the kit's loop has taken is done when the run is."""
    queue = filled(asyncio.Queue(), 1, 2, END)
    await nk.map(double_in_thread, queue, progress=False)
    await asyncio.wait_for(queue.join(), 20)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.anyio
async def test_a_run_that_is_cancelled_leaves_the_rest(kind: Any) -> None:
    """Cancelling a run that waits for its queue ends it; what comes later is for others."""
    queue = filled(kind(), 1)
    run = nk.map(double_in_thread, queue, progress=False)
    while run.snapshot().done < 1:
        await asyncio.sleep(0.001)
    run.cancel()
    frame = await run
    queue.put_nowait(2)
    assert frame["result"].tolist() == [2]
    again = nk.map(double_in_thread, filled(queue, END), progress=False)
    assert (await again)["item"].tolist() == [2]
