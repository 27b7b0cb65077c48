"""Calls made apart become one call."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import Any

import pytest

from notebook_kit.decorators import Coalescer
from notebook_kit.errors import APIError, ClosedError, ConfigurationError, RateLimited
from tests.decorators.clocks import PATIENCE_S, ManualClock, settle

pytestmark = pytest.mark.anyio


class Api:
    """An async batch function whose calls are noted, and may be held or fail."""

    def __init__(self, **options: Any) -> None:
        self.clock = ManualClock()
        self.batches: list[list[Any]] = []
        self.bad: dict[Any, Exception] = {}
        self.hold: asyncio.Event | None = None
        self.cancelled = 0
        self.coalescer: Coalescer[Any, Any] = Coalescer(
            self.call, max_wait=1.0, _clock=self.clock, **options
        )

    async def call(self, items: list[Any]) -> list[Any]:
        self.batches.append(items)
        if self.hold is not None:
            try:
                await self.hold.wait()
            except asyncio.CancelledError:
                self.cancelled += 1
                raise
        for item in items:
            if isinstance(item, int) and item in self.bad:
                raise self.bad[item]
        return [(item,) for item in items]

    def begin(self, *items: Any) -> list[asyncio.Task[Any]]:
        return [asyncio.create_task(self.coalescer(item)) for item in items]


async def test_at_most_so_many_items() -> None:
    """C13: a full batch leaves at once, what is left over waits for its time."""
    api = Api(max_items=3)
    calls = api.begin(*range(7))
    await settle()
    assert api.batches == [[0, 1, 2], [3, 4, 5]]
    await api.clock.advance(0.99)
    assert len(api.batches) == 2
    await api.clock.advance(0.02)
    assert api.batches[2:] == [[6]]
    assert await asyncio.gather(*calls) == [(number,) for number in range(7)]


async def test_at_most_so_long() -> None:
    """The time is that of the first item of a batch."""
    api = Api()
    calls = api.begin(0)
    await api.clock.advance(0.6)
    calls += api.begin(1)
    await api.clock.advance(0.39)
    assert api.batches == []
    await api.clock.advance(0.02)
    assert api.batches == [[0, 1]]
    calls += api.begin(2)
    await api.clock.advance(0.9)
    assert len(api.batches) == 1
    await api.clock.advance(0.2)
    assert api.batches == [[0, 1], [2]]
    assert await asyncio.gather(*calls) == [(0,), (1,), (2,)]
    assert api.coalescer._stations == {}


async def test_a_wait_of_zero_gathers_what_comes_in_one_turn() -> None:
    """What is asked for together leaves together."""
    seen: list[list[int]] = []

    async def squares(numbers: list[int]) -> list[int]:
        seen.append(numbers)
        return [number**2 for number in numbers]

    square = Coalescer(squares, max_wait=0)
    assert await asyncio.gather(*map(square, range(4))) == [0, 1, 4, 9]
    assert seen == [[0, 1, 2, 3]]


async def test_so_many_batches_at_once() -> None:
    """While no batch may leave items gather, and a free place takes as many as it may."""
    api = Api(max_items=2, max_concurrency=1)
    api.hold = asyncio.Event()
    calls = api.begin(*range(5))
    await api.clock.advance(5.0)
    assert api.batches == [[0, 1]]
    assert "3 waiting, 1 under way" in repr(api.coalescer)
    api.hold.set()
    await settle()
    assert api.batches == [[0, 1], [2, 3], [4]]
    assert await asyncio.gather(*calls) == [(number,) for number in range(5)]


async def test_an_answer_that_is_an_error_is_raised_by_its_caller_alone() -> None:
    """The others have their answers."""

    async def call(items: list[int]) -> list[int | Exception]:
        return [KeyError("odd") if item % 2 else item for item in items]

    coalescer = Coalescer(call, max_wait=0)
    first, second, third = await asyncio.gather(*map(coalescer, range(3)), return_exceptions=True)
    assert (first, third) == (0, 2)
    assert isinstance(second, KeyError)


async def test_answers_by_item() -> None:
    """A mapping in any order; an item it does not hold fails alone."""

    async def sizes(words: list[str]) -> dict[str, int]:
        return {word: len(word) for word in reversed(words) if word != "lost"}

    coalescer = Coalescer(sizes, max_wait=0)
    ends = await asyncio.gather(*map(coalescer, ["a", "lost", "abc"]), return_exceptions=True)
    assert (ends[0], ends[2]) == (1, 3)
    assert isinstance(ends[1], ConfigurationError)


async def test_a_wrong_length_teaches_all_of_the_batch() -> None:
    """It is the function's fault, so the batch is not halved."""
    calls: list[int] = []

    async def short(items: list[int]) -> list[int]:
        calls.append(len(items))
        return items[1:]

    coalescer = Coalescer(short, max_wait=0)
    ends = await asyncio.gather(*map(coalescer, range(4)), return_exceptions=True)
    assert all(isinstance(end, ConfigurationError) for end in ends)
    assert "short() was given 4 items and returned 3 answers" in str(ends[0])
    assert calls == [4]


@pytest.mark.parametrize(
    "error", [APIError(status_code=422), APIError(status_code=413), ConfigurationError("bad")]
)
async def test_a_bad_item_fails_alone(error: Exception) -> None:
    """A batch that is refused is halved until the bad ones are alone."""
    api = Api(max_items=16)
    api.bad = {3: error, 11: error}
    calls = api.begin(*range(16))
    ends = await asyncio.gather(*calls, return_exceptions=True)
    assert [number for number, end in enumerate(ends) if end is error] == [3, 11]
    assert all(end == (number,) for number, end in enumerate(ends) if number not in api.bad)
    assert sorted(map(len, api.batches)) == [1] * 4 + [2] * 4 + [4] * 4 + [8] * 2 + [16]


async def test_isolation_can_be_left_out() -> None:
    """Then all of the batch fail with it."""
    api = Api(max_items=4, isolate=False)
    api.bad = {2: APIError(status_code=422)}
    ends = await asyncio.gather(*api.begin(*range(4)), return_exceptions=True)
    assert ends == [api.bad[2]] * 4
    assert len(api.batches) == 1


@pytest.mark.parametrize("error", [RateLimited(status_code=429), TimeoutError(), ValueError()])
async def test_other_failures_go_to_all(error: Exception) -> None:
    """They are no fault of an item; each caller raises the error."""
    api = Api(max_items=4)
    api.bad = {2: error}
    ends = await asyncio.gather(*api.begin(*range(4)), return_exceptions=True)
    assert ends == [error] * 4
    assert len(api.batches) == 1


async def test_who_was_cancelled_is_left_out() -> None:
    """Its item is not sent; a batch of which nobody is left is never made."""
    api = Api(max_items=3)
    calls = api.begin(0, 1)
    await settle()
    calls[0].cancel()
    await settle()
    calls += api.begin(2, 3)
    await settle()
    assert api.batches == [[1, 2, 3]]
    assert await asyncio.gather(*calls[1:]) == [(1,), (2,), (3,)]
    gone = api.begin(4, 5)
    await settle()
    for call in gone:
        call.cancel()
    await api.clock.advance(5.0)
    assert len(api.batches) == 1
    assert api.clock.timers == []
    assert api.coalescer._stations == {}


async def test_who_is_cancelled_in_the_turn_in_which_it_would_be_sent() -> None:
    """Its item is not sent either."""
    api = Api()
    calls = api.begin(0, 1, 2)
    await settle()
    calls[0].cancel()
    calls[1].cancel()
    await api.coalescer.flush()
    assert api.batches == [[2]]
    assert await calls[2] == (2,)
    calls = api.begin(3, 4, 5)
    await settle()
    calls[1].cancel()
    await api.coalescer.flush()
    assert api.batches == [[2], [3, 5]]
    calls = api.begin(6)
    await settle()
    calls[0].cancel()
    await api.coalescer.flush()
    assert len(api.batches) == 2


async def test_a_batch_that_nobody_waits_for_is_cancelled() -> None:
    """While one of its callers is left it goes on."""
    api = Api(max_items=3)
    api.hold = asyncio.Event()
    calls = api.begin(0, 1, 2)
    await settle()
    calls[0].cancel()
    calls[2].cancel()
    await settle()
    assert api.cancelled == 0
    calls[1].cancel()
    await settle()
    assert api.cancelled == 1
    assert all(call.cancelled() for call in calls)
    assert api.coalescer._stations == {}


async def test_a_batch_is_cancelled_before_it_began() -> None:
    """When all callers go in the very turn in which it was sent."""
    api = Api(max_items=2)
    calls = api.begin(0, 1)
    await asyncio.sleep(0)
    for call in calls:
        call.cancel()
    await settle()
    assert all(call.cancelled() for call in calls)
    assert api.batches == []
    assert api.coalescer._stations == {}


async def test_halves_leave_out_who_has_gone_in_the_meantime() -> None:
    """What is tried again is what is still wanted."""
    api = Api(max_items=4)
    api.bad = {0: APIError(status_code=422)}
    api.hold = asyncio.Event()
    calls = api.begin(*range(4))
    await settle()
    calls[2].cancel()
    calls[3].cancel()
    await settle()
    api.hold.set()
    ends = await asyncio.gather(*calls, return_exceptions=True)
    assert ends[:2] == [api.bad[0], (1,)]
    assert api.batches == [[0, 1, 2, 3], [0, 1], [0], [1]]


async def test_a_call_that_cancels_itself_cancels_its_callers() -> None:
    """As it would if they had made it."""

    async def call(items: list[int]) -> list[int]:
        raise asyncio.CancelledError

    coalescer = Coalescer(call, max_wait=0)
    calls = [asyncio.create_task(coalescer(number)) for number in range(2)]
    await asyncio.wait(calls)
    assert all(call.cancelled() for call in calls)


async def test_an_interrupt_is_raised_by_the_callers() -> None:
    """In the task of the batch it would end the loop."""

    class Interrupt(BaseException):
        pass

    async def call(items: list[int]) -> list[int]:
        raise Interrupt

    coalescer = Coalescer(call, max_wait=0)
    with pytest.raises(Interrupt):
        await coalescer(1)


async def test_callers_never_wait_for_what_has_broken() -> None:
    """Whatever ends the task of a batch, its callers hear of it."""

    async def call(items: list[int]) -> list[int]:
        raise GeneratorExit

    coalescer = Coalescer(call, max_wait=0)
    with pytest.raises(RuntimeError, match="GeneratorExit"):
        await coalescer(1)


async def test_a_sync_function_is_called_in_a_thread() -> None:
    """It does not stop the loop, and no thread is left when all is done."""
    threads: set[str] = set()

    def call(items: list[int]) -> list[int]:
        threads.add(threading.current_thread().name)
        return [2 * item for item in items]

    coalescer = Coalescer(call, max_items=2)
    assert await asyncio.gather(*map(coalescer, range(4))) == [0, 2, 4, 6]
    assert all(name.startswith("notebook_kit-worker") for name in threads)


async def test_a_sync_function_that_gives_an_awaitable() -> None:
    """lambda items: send(items) is awaited on the loop of the callers."""

    async def send(items: list[int]) -> list[int]:
        return items

    coalescer: Coalescer[int, int] = Coalescer(lambda items: send(items), max_items=2)  # noqa: PLW0108
    assert await asyncio.gather(*map(coalescer, [1, 2])) == [1, 2]


async def test_equal_items_are_sent_once_if_asked() -> None:
    """All who want it get the answer; what cannot be hashed is sent as it is; 1 is not True."""
    api = Api(dedupe=True)
    items = [1, 1, True, [1], [1], "1", 1]
    calls = api.begin(*items)
    await settle()
    calls[0].cancel()
    await api.clock.advance(1.1)
    assert api.batches == [[1, True, [1], [1], "1"]]
    assert await asyncio.gather(*calls[1:]) == [(item,) for item in items[1:]]
    calls = api.begin(1)
    await settle()
    calls[0].cancel()
    again = api.begin(1, 2)
    await settle()
    later = api.begin(2)
    await api.clock.advance(1.1)
    assert api.batches[1:] == [[1, 2]]
    assert await asyncio.gather(*again, *later) == [(1,), (2,), (2,)]


async def test_equal_items_are_sent_as_they_are_otherwise() -> None:
    """Two equal requests may be meant."""
    api = Api()
    calls = api.begin(1, 1)
    await api.clock.advance(1.1)
    assert api.batches == [[1, 1]]
    await asyncio.gather(*calls)


async def test_an_item_does_not_join_a_batch_that_has_left() -> None:
    """Its twin is under way already; with dedupe too it is sent anew."""
    api = Api(dedupe=True, max_items=1)
    api.hold = asyncio.Event()
    calls = api.begin(1)
    await settle()
    calls += api.begin(1)
    await settle()
    assert api.batches == [[1], [1]]
    api.hold.set()
    assert await asyncio.gather(*calls) == [(1,), (1,)]


async def test_flush_sends_what_waits() -> None:
    """And waits for it, and for what is under way, but not for what comes later."""
    api = Api(max_items=2, max_concurrency=1)
    await api.coalescer.flush()
    api.hold = asyncio.Event()
    calls = api.begin(0, 1, 2)
    await settle()
    flushing = asyncio.create_task(api.coalescer.flush())
    await settle()
    assert (api.batches, flushing.done()) == ([[0, 1]], False)
    api.hold.set()
    await settle()
    assert flushing.done()
    assert api.batches == [[0, 1], [2]]
    assert await asyncio.gather(*calls) == [(0,), (1,), (2,)]


async def test_closing() -> None:
    """What came is answered, what comes later is refused; closing twice is fine."""
    api = Api()
    async with api.coalescer as coalescer:
        calls = api.begin(0, 1)
        await settle()
    assert api.batches == [[0, 1]]
    assert await asyncio.gather(*calls) == [(0,), (1,)]
    await coalescer.aclose()
    with pytest.raises(ClosedError, match=r"<Coalescer call: closed, .*> was closed: make a new"):
        await coalescer(1)


async def test_a_cancelled_flush_cancels_nobody() -> None:
    """Who only waits for others takes nothing from them."""
    api = Api()
    api.hold = asyncio.Event()
    calls = api.begin(0)
    await settle()
    flushing = asyncio.create_task(api.coalescer.flush())
    await settle()
    flushing.cancel()
    await settle()
    api.hold.set()
    assert await calls[0] == (0,)


def test_it_works_in_several_loops_one_after_the_other() -> None:
    """Nothing of a loop stays behind, also when it was cut off in the middle."""
    batches: list[list[int]] = []

    async def call(items: list[int]) -> list[int]:
        batches.append(items)
        return items

    coalescer = Coalescer(call, max_wait=0)

    async def several() -> list[int]:
        return list(await asyncio.gather(coalescer(1), coalescer(2)))

    async def cut_off() -> None:
        asyncio.get_running_loop().create_task(coalescer(9))
        await asyncio.sleep(0)

    for _ in range(3):
        assert asyncio.run(several()) == [1, 2]
        asyncio.run(cut_off())
    assert batches == [[1, 2]] * 3
    assert coalescer._stations == {}


def test_two_loops_at_once() -> None:
    """Items of each go with those of the same loop."""
    batches: list[list[int]] = []
    barrier = threading.Barrier(2)

    async def call(items: list[int]) -> list[int]:
        batches.append(items)
        return items

    coalescer = Coalescer(call, max_items=2)

    async def several(first: int) -> None:
        barrier.wait(PATIENCE_S)
        assert await asyncio.gather(*map(coalescer, [first, first + 1])) == [first, first + 1]

    threads = [threading.Thread(target=asyncio.run, args=(several(n),)) for n in (10, 20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert sorted(batches) == [[10, 11], [20, 21]]


def test_a_loop_that_was_closed_in_the_middle_is_given_up() -> None:
    """The next loop forgets what can't go on, threads too."""
    go_on = threading.Event()

    def call(items: list[int]) -> list[int]:
        go_on.wait(PATIENCE_S)
        return items

    for function in (call, None):
        api = Api()
        coalescer = api.coalescer if function is None else Coalescer(function, max_items=1)

        async def begin(coalescer: Any = coalescer) -> asyncio.Task[Any]:
            task = asyncio.create_task(coalescer(1))
            await settle()
            return task

        loop = asyncio.new_event_loop()
        loop.set_exception_handler(lambda *_: None)
        task = loop.run_until_complete(begin())
        loop.close()
        assert len(coalescer._stations) == 1
        go_on.set()

        async def again(coalescer: Any = coalescer) -> None:
            call = asyncio.create_task(coalescer(2))
            await settle()
            await coalescer.flush()
            assert await call in (2, (2,))

        asyncio.run(again())
        assert coalescer._stations == {}
        del task, loop, begin, again
        gc.collect()


def test_options_that_cannot_work() -> None:
    """Each says what to write instead."""

    async def call(items: list[int]) -> list[int]:
        return items

    for options, words in (
        ({"max_items": 0}, "max_items=0 must be a whole number of 1 or more, such as 100"),
        ({"max_wait": -1}, "max_wait=-1 must be zero or more"),
        ({"max_concurrency": 0}, "max_concurrency=0 must be a whole number"),
    ):
        with pytest.raises(ConfigurationError, match=words):
            Coalescer(call, **options)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="Coalescer needs a function, not str"):
        Coalescer("call")  # type: ignore[arg-type]


async def test_shown() -> None:
    """What it calls, its bounds, and what waits."""
    api = Api(max_items=1000)
    calls = api.begin(1, 2)
    await settle()
    shown = repr(api.coalescer).replace("\N{NO-BREAK SPACE}", " ")
    assert shown == ("<Coalescer call: open, at most 1,000 items in 1.0 s; 2 waiting, 0 under way>")
    await api.coalescer.aclose()
    await asyncio.gather(*calls)
