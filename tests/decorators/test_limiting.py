"""Limited calls on a manual clock: rates, a bound on those under way, one line for all."""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.decorators import Limiter, limit
from notebook_kit.errors import ConfigurationError
from notebook_kit.policies import Limits
from tests.decorators.clocks import ManualClock, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

pytestmark = pytest.mark.anyio


class Site:
    """A limited function that notes when it is called, and may be held."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.clock = ManualClock()
        self.limiter = Limiter(*args, clock=self.clock, **options)
        self.started: list[tuple[float, Any]] = []
        self.held: dict[Any, asyncio.Event] = {}
        self.fetch: Callable[[Any], Any] = self.limiter(self._fetch)

    async def _fetch(self, item: Any) -> Any:
        self.started.append((round(self.clock.time - 100.0, 3), item))
        if item in self.held:
            await self.held[item].wait()
        return item

    def begin(self, *items: Any, hold: bool = False) -> list[asyncio.Task[Any]]:
        if hold:
            self.held.update({item: asyncio.Event() for item in items})
        return [asyncio.create_task(self.fetch(item)) for item in items]

    async def end(self, item: Any) -> None:
        self.held[item].set()
        await settle()

    @property
    def items(self) -> list[Any]:
        return [item for _, item in self.started]


async def test_a_rate_spreads_calls_in_the_order_they_came() -> None:
    """Each begins when the rate lets it, first come, first served."""
    site = Site("10/s")
    calls = site.begin(*range(5))
    await site.clock.advance(1.0)
    assert await asyncio.gather(*calls) == list(range(5))
    assert site.items == list(range(5))
    gaps = [b - a for (a, _), (b, _) in zip(site.started, site.started[1:], strict=False)]
    assert min(gaps[1:]) >= 0.099
    assert repr(site.limiter) == "<Limiter 10/s: 0 in flight, 0 waiting>"
    assert site.started[-1][0] <= 0.41


@pytest.mark.parametrize(
    "rate",
    ["100/s", nk.Rate(100, per="s"), ["100/s", nk.Rate(1000, per="min")], (nk.Rate(100),)],
    ids=["text", "Rate", "list", "tuple"],
)
async def test_a_rate_in_every_form(rate: Any) -> None:
    """As the rate option of a run takes it."""
    site = Site(rate)
    calls = site.begin(1, 2)
    await site.clock.advance(1.0)
    assert await asyncio.gather(*calls) == [1, 2]


async def test_never_more_at_once_than_allowed() -> None:
    """A place is free when a call has ended, well or not, and goes to who came first."""
    site = Site(max_concurrency=2)
    calls = site.begin(*"abcd", hold=True)
    await settle()
    assert site.items == ["a", "b"]
    assert repr(site.limiter) == "<Limiter at most 2 at once: 2 in flight, 2 waiting>"
    await site.end("b")
    assert site.items == ["a", "b", "c"]
    calls[0].cancel()
    await settle()
    assert site.items == ["a", "b", "c", "d"]
    for item in "cd":
        await site.end(item)
    assert (site.limiter.in_flight, site.limiter.waiting) == (0, 0)
    assert site.clock.timers == []


async def test_the_permit_is_taken_when_there_is_a_place() -> None:
    """Waiting for a place uses nothing of the rate; both hold."""
    site = Site(nk.Rate(2, per="min", burst=True), max_concurrency=1)
    calls = site.begin(*"abc", hold=True)
    await settle()
    await site.clock.advance(30.0)
    await site.end("a")
    assert site.items == ["a", "b"]
    await site.end("b")
    assert site.items == ["a", "b"]
    await site.clock.advance(31.0)
    assert site.items == ["a", "b", "c"]
    await site.end("c")
    assert [call.result() for call in calls] == ["a", "b", "c"]


async def test_who_is_cancelled_leaves_no_place_behind() -> None:
    """Neither in the line of the limiter nor in that of a rate that is shared with others."""
    rate = nk.Rate(1, per="min", burst=True)
    site = Site(rate)
    calls = site.begin(*"abcd")
    await settle()
    assert site.items == ["a"]
    calls[2].cancel()
    calls[1].cancel()
    await settle()
    assert site.limiter.waiting == 1
    await site.clock.advance(61.0)
    assert site.items == ["a", "d"]
    last = site.begin("e")[0]
    await settle()
    assert len(rate.meter._line) == 1
    last.cancel()
    await settle()
    assert len(rate.meter._line) == 0
    assert site.limiter.waiting == 0
    assert site.clock.timers == []


async def test_who_waits_for_a_place_holds_up_nobody_else_at_a_shared_rate() -> None:
    """One rate given to two limiters: a full one leaves it to the other."""
    rate = nk.Rate(2, per="s", burst=True)
    full, other = Site(rate, max_concurrency=1), Site(rate)
    other.clock = full.clock
    full.begin("a", "b", hold=True)
    await settle()
    assert full.items == ["a"]
    assert len(rate.meter._line) == 0
    calls = [asyncio.create_task(other.limiter.call(other._fetch, "x"))]
    await settle()
    assert await asyncio.gather(*calls) == ["x"]
    await full.end("a")
    assert full.items == ["a"]
    await full.clock.advance(1.1)
    assert full.items == ["a", "b"]
    await full.end("b")


async def test_functions_of_one_limiter_share_it() -> None:
    """And blocks do, of both kinds."""
    limiter = limit(max_concurrency=1)
    order: list[str] = []

    @limiter
    async def fetch() -> None:
        order.append("fetch")

    @limiter
    async def send() -> None:
        order.append("send")

    async with limiter:
        calls = [asyncio.create_task(fetch()), asyncio.create_task(send())]
        await settle()
        assert order == []
    await asyncio.gather(*calls)
    assert order == ["fetch", "send"]
    with limiter:
        assert limiter.in_flight == 1
    assert limiter.in_flight == 0


async def test_weights_are_of_the_first_argument() -> None:
    """However it is passed, and not of what a method is bound to."""
    weighed: list[Any] = []

    def words(item: Any) -> float:
        weighed.append(item)
        return len(item or "")

    clock = ManualClock()
    limiter = Limiter(nk.Rate(10, per="min", weight=words, burst=True), clock=clock)

    class Session:
        @limiter
        async def send(self, prompt: str, size: int = 1) -> str:
            return prompt

    session = Session()
    calls = [
        asyncio.create_task(session.send("123456")),
        asyncio.create_task(session.send(size=2, prompt="12345")),
    ]
    await settle()
    assert weighed == ["123456", "12345"]
    assert [call.done() for call in calls] == [True, False]
    await clock.advance(61.0)
    assert await calls[1] == "12345"


async def test_what_was_not_used_is_given_back_at_once() -> None:
    """Who waits for a weighted rate may go when an answer tells that less was used."""
    rate = nk.Rate(10, per="min", weight=len, usage=lambda answer: 2, burst=True)
    site = Site(rate)
    calls = site.begin("12345678", hold=True)
    await settle()
    calls += site.begin("1234567")
    await settle()
    assert site.items == ["12345678"]
    await site.end("12345678")
    assert site.items == ["12345678", "1234567"]
    await asyncio.gather(*calls)


async def test_a_block_with_a_weight_says_what_it_is_for() -> None:
    """permit(item) is weighed, and told what was used; a plain block is refused."""
    rate = nk.Rate(10, per="min", weight=len, usage=len, burst=True)
    clock = ManualClock()
    limiter = Limiter(rate, clock=clock)
    with pytest.raises(ConfigurationError, match=r"async with limiter\.permit\(item\)"):
        async with limiter:
            pass
    with pytest.raises(ConfigurationError, match="permit"), limiter:
        pass
    async with limiter.permit("12345678") as permit:
        permit.used("12")
        permit.used("and that is said once")
    with limiter.permit("12345678") as permit:
        assert limiter.in_flight == 1
        permit.used("12345678")
    assert Limits([rate]).take_or_wait(clock.time, [1.0]) > clock.time
    assert limiter.in_flight == 0


async def test_a_weight_that_raises_takes_nothing() -> None:
    """The call raises what the function raises."""
    site = Site(nk.Rate(10, weight=lambda item: len(item) + 1))
    with pytest.raises(TypeError, match="has no len"):
        await site.fetch(5)
    assert (site.limiter.in_flight, site.limiter.waiting, site.started) == (0, 0, [])


async def test_a_thousand_who_wait_cost_little() -> None:
    """There is one timer, whoever waits, and none is left over."""
    site = Site("1000/s")
    calls = site.begin(*range(1000))
    await settle()
    assert len(site.clock.timers) == 1
    await site.clock.advance(2.0)
    assert await asyncio.gather(*calls) == list(range(1000))
    assert site.items == list(range(1000))
    assert site.clock.timers == []


async def test_what_is_collected_leaves_its_place_to_the_next() -> None:
    """A coroutine that is thrown away ends in the middle of anything; the next one sees to it."""
    site = Site(max_concurrency=1)
    waiting = asyncio.get_running_loop().create_future()

    @site.limiter
    async def hold() -> None:
        await waiting

    under_way, in_line = hold(), hold()
    for coroutine in (under_way, in_line):
        await asyncio.create_task(begin(coroutine))
    assert (site.limiter.in_flight, site.limiter.waiting) == (1, 1)
    calls = site.begin("a")
    await settle()
    assert site.items == []
    in_line.close()
    under_way.close()
    site.limiter._turnstile.look()
    assert await calls[0] == "a"
    assert (site.limiter.in_flight, site.limiter.waiting) == (0, 0)
    async with site.limiter:
        block = enter(site.limiter)
        await asyncio.create_task(begin(block))
        block.close()
    block = enter(site.limiter)
    await asyncio.create_task(begin(block))
    block.close()
    assert await site.fetch("b") == "b"
    assert (site.limiter.in_flight, site.limiter.waiting) == (0, 0)


async def begin(coroutine: Coroutine[Any, Any, Any]) -> None:
    """Let a coroutine come to where it waits, in a task that does not wait for it."""
    coroutine.send(None)


async def enter(limiter: Limiter) -> None:
    async with limiter:
        await asyncio.get_running_loop().create_future()


def test_who_waits_on_a_loop_that_is_closed_is_passed_over() -> None:
    """A turn that nobody can take is given to the next; a collected caller leaves the line."""
    limiter = limit(max_concurrency=1)
    kept: list[asyncio.Task[None]] = []

    async def enter() -> None:
        async with limiter:
            pass

    async def begin() -> None:
        kept.append(asyncio.create_task(enter()))
        kept.append(asyncio.create_task(enter()))
        await settle()

    with limiter:
        loop = asyncio.new_event_loop()
        loop.set_exception_handler(lambda *_: None)
        loop.run_until_complete(begin())
        loop.close()
        assert limiter.waiting == 2
    assert limiter.waiting == 0
    kept.clear()
    gc.collect()
    asyncio.run(enter())
    assert limiter.in_flight == 0


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        ((), {}, r"how much: @limit\('50/s'\)"),
        ((lambda: None,), {}, "how much"),
        (([],), {}, "how much"),
        (("fast",), {}, "rate='fast' cannot be read"),
        ((), {"max_concurrency": 0}, "max_concurrency=0 must be a whole number of 1 or more"),
    ],
)
def test_options_that_cannot_work(arguments: Any, options: Any, words: str) -> None:
    """Each says what to write instead."""
    with pytest.raises(ConfigurationError, match=words):
        limit(*arguments, **options)
