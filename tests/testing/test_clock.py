"""The manual clock: hours of waiting in milliseconds, under the real rates, retries and caches."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from typing import TYPE_CHECKING

import pytest

import notebook_kit as nk
from notebook_kit.decorators.clock import Clock
from notebook_kit.execution import io_loop
from notebook_kit.testing import FakeAPI, ManualClock
from tests.loops import in_loop

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUR_S = 3600.0


@pytest.fixture
def fake() -> Iterator[FakeAPI]:
    """A fake API that answers at once, or after a minute."""
    with FakeAPI() as it:
        it.get("/ok").answers(1)
        it.get("/late").answers(1, after="1 min")
        yield it


@pytest.fixture
def still() -> Iterator[ManualClock]:
    """A clock that stands still until a test says otherwise."""
    with ManualClock() as it:
        yield it


@pytest.fixture
def jumping() -> Iterator[ManualClock]:
    """A clock that goes to what is due next."""
    with ManualClock(autojump=True) as it:
        yield it


def test_nothing_happens_until_time_goes(still: ManualClock, fake: FakeAPI) -> None:
    """And then what is due, to the second."""
    client = nk.Client(fake.url, transport=fake, timeout=None)
    run = client.map("/late", range(3), max_concurrency=1, progress=False)
    done = []
    for step in (59, 1, 60, 59, 1):
        still.advance(step)
        done.append(run.snapshot().done)
    assert done == [0, 1, 2, 2, 3]
    assert still.elapsed_s == pytest.approx(180)
    client.close()


@in_loop
async def test_tasks_of_a_loop_go_on_meanwhile() -> None:
    """In a coroutine time is awaited, and what was asked before is sent before it goes."""
    fake = FakeAPI()
    fake.get("/late").answers(1, after="1 min")
    with ManualClock() as clock:
        async with nk.Client(fake.url, transport=fake, timeout=None) as api:
            call = asyncio.create_task(api.get("/late").send())
            await clock.advance_async(59)
            assert not call.done()
            await clock.advance_async("1 s")
            assert call.done()
            assert (await call).json() == 1


@in_loop
async def test_advance_is_refused_where_a_loop_runs() -> None:
    """It would wait for what this loop has to do."""
    with ManualClock() as clock, pytest.raises(nk.ConfigurationError, match="advance_async"):
        clock.advance(1)


def test_a_rate_spreads_requests(jumping: ManualClock, fake: FakeAPI) -> None:
    """At most so many in any minute, by the times at which they came."""
    with nk.Client(fake.url, transport=fake, rate="6/min") as api:
        api.map("/ok", range(31), max_concurrency=31, progress=False)
    times = [request.at_s for request in fake.requests]
    assert 300 <= times[-1] - times[0] < 310
    assert all(later - earlier >= 60 for earlier, later in zip(times, times[6:], strict=False))


def test_a_retry_waits_as_the_server_asks(jumping: ManualClock, fake: FakeAPI) -> None:
    """The times of the attempts tell of it, and so does the frame."""
    busy = fake.get("/busy").answers(status=429, headers={"retry-after": "90"}).answers(1)
    with nk.Client(fake.url, transport=fake) as api:
        frame = api.map("/busy", [0], progress=False)
    first, second = (request.at_s for request in busy.requests)
    assert 90 <= second - first < 100
    assert 90 <= frame["elapsed_s"].iloc[0] < 100


def test_answers_in_a_cache_grow_old(still: ManualClock, fake: FakeAPI) -> None:
    """The age of an answer is that of this clock, on every kind of computer."""
    with nk.Client(fake.url, transport=fake, cache="5 min") as api:
        sources = []
        for minutes in (0, 4, 2):
            still.advance(60 * minutes)
            sources.append(api.get("/ok").source)
    assert sources == ["network", "cache", "network"]


def test_a_breaker_opens_and_closes(still: ManualClock, fake: FakeAPI) -> None:
    """After its reset time, a probe is let through."""
    fake.get("/down").answers(status=500).answers(status=500).answers(1)
    breaker = nk.Breaker(failure_threshold=2, reset_timeout="10 min")
    with nk.Client(fake.url, transport=fake, retry=0, breaker=breaker) as api:
        for _ in range(2):
            with pytest.raises(nk.ServerError):
                api.get("/down")
        still.advance("9 min")
        with pytest.raises(nk.CircuitOpen):
            api.get("/down")
        still.advance("2 min")
        assert api.get("/down").json() == 1


def test_time_limits_pass(jumping: ManualClock, fake: FakeAPI) -> None:
    """Of attempts and of whole runs."""
    with nk.Client(fake.url, transport=fake, retry=0) as api:
        with pytest.raises(nk.RequestTimeout):
            api.get("/late", attempt_timeout=30)
        assert 30 <= jumping.elapsed_s < 31
        frame = api.map("/late", range(5), max_concurrency=1, batch_timeout="150 s", progress=False)
    assert frame["status"].tolist()[:2] == ["ok", "ok"]
    assert "ok" not in frame["status"].tolist()[2:]


def test_decorated_functions_wait_by_it(jumping: ManualClock) -> None:
    """In a thread and on a loop of one's own."""
    calls = []

    def failing() -> int:
        calls.append(jumping.elapsed_s)
        if len(calls) % 3:
            raise ConnectionError
        return len(calls)

    async def failing_too() -> int:
        return failing()

    again = nk.retry(nk.Retry(max_attempts=3, base_delay="1 hour", max_delay="1 day"))
    assert again(failing)() == 3
    assert asyncio.run(again(failing_too)()) == 6

    @nk.limit("1/min")
    def limited() -> float:
        return jumping.elapsed_s

    first, second = limited(), limited()
    assert second - first >= 60


def test_functions_on_a_loop_of_ones_own_keep_their_rate(jumping: ManualClock) -> None:
    """A map of async functions runs on the caller's loop, whose time goes too."""
    began = time.monotonic()

    async def work(number: int) -> int:
        return number

    async def main() -> list[int]:
        frame = await nk.map(work, range(5), rate="1/min", progress=False)
        values: list[int] = frame["result"].tolist()
        # The loop has its own time again when the clock has; both go forward.
        return values

    assert asyncio.run(main()) == [0, 1, 2, 3, 4]
    assert 240 <= jumping.elapsed_s < 250
    assert time.monotonic() - began < 120


def test_everything_is_put_back(fake: FakeAPI) -> None:
    """The time of this computer holds before and after, timers that are left included."""
    loop = io_loop()
    before = Clock.later, Clock.sleep, Clock.wait, Clock.slice, loop.time.__func__  # type: ignore[attr-defined]
    fired = threading.Event()
    with ManualClock() as clock:
        loop.call_soon_threadsafe(loop.call_later, HOUR_S + 0.05, fired.set)
        clock.advance(HOUR_S)
        assert not fired.is_set()
        assert "3600 s" in repr(clock)
    assert (Clock.later, Clock.sleep, Clock.wait, Clock.slice, loop.time.__func__) == before  # type: ignore[attr-defined]
    assert fired.wait(30)
    assert clock.elapsed_s == pytest.approx(HOUR_S)
    with nk.Client(fake.url, transport=fake, rate="100/s") as api:
        frame = api.map("/ok", range(3), progress=False)
    assert frame["elapsed_s"].max() < 60


def test_there_is_one_clock_at_a_time() -> None:
    """And one that is not in force holds nothing."""
    clock = ManualClock()
    with pytest.raises(nk.ConfigurationError, match="with ManualClock"):
        clock.advance(1)
    with clock, pytest.raises(nk.ConfigurationError, match="in force already"), ManualClock():
        pass
    with clock:
        clock.advance(1)
    with pytest.raises(nk.ConfigurationError, match="with ManualClock"):
        clock.advance(1)


def test_autojump_may_be_set_later(still: ManualClock, fake: FakeAPI) -> None:
    """A test may look first, and let time go then."""
    client = nk.Client(fake.url, transport=fake, timeout=None)
    run = client.map("/late", range(3), max_concurrency=1, progress=False)
    still.advance("30 s")
    assert run.snapshot().done == 0
    still.autojump = True
    assert run.result(timeout=30)["status"].tolist() == ["ok"] * 3
    still.autojump = False
    assert 180 <= still.elapsed_s < 200
    client.close()


@in_loop
async def test_a_stream_that_goes_quiet_stalls() -> None:
    """The silence is counted by this clock, in which the pauses of the stream pass too."""
    fake, came = FakeAPI(), []
    fake.get("/quiet").answers(pieces=["a", "b"], pause="20 s", breaks="hangs")

    async def read(client: nk.Client) -> None:
        async for piece in client.stream("/quiet", stall_timeout="30 s").text():
            came.append(piece)  # noqa: PERF401 - what came before the error is kept

    with ManualClock() as clock:
        async with nk.Client(fake.url, transport=fake, timeout=None) as api:
            reading = asyncio.create_task(read(api))
            for wait_s in (20, 29):
                await clock.advance_async(wait_s)
                assert not reading.done()
            assert came == ["a", "b"]
            await clock.advance_async(2)
            with pytest.raises(nk.StreamStalled):
                await reading


def test_what_is_cached_by_a_decorator_grows_old(still: ManualClock) -> None:
    """As do the answers of a client."""
    calls = []
    cached = nk.cached(ttl="5 min")(lambda: calls.append(1))
    for minutes in (0, 4, 2):
        still.advance(60 * minutes)
        cached()
    assert len(calls) == 2


def turns(count: int = 20) -> None:
    """Let the loop of the package turn so often, and go to rest in between."""
    for _ in range(count):
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), io_loop()).result(30)


@pytest.fixture
def rearmed(jumping: ManualClock) -> Iterator[None]:
    """A timer on the package's loop that is set anew whenever it is due."""
    loop = io_loop()
    handles: list[asyncio.TimerHandle] = []

    def again() -> None:
        handles[:] = [loop.call_later(60, again)]

    loop.call_soon_threadsafe(again)
    yield
    loop.call_soon_threadsafe(handles[0].cancel)


@pytest.mark.usefixtures("rearmed")
def test_time_stands_while_nobody_waits(jumping: ManualClock, fake: FakeAPI) -> None:
    """What is about to be asked comes before any timer, and what was answered before it as well."""
    turns()
    assert jumping.elapsed_s == 0
    with nk.Client(fake.url, transport=fake) as api:
        api.get("/late", timeout=None)
        turns()
        assert jumping.elapsed_s == pytest.approx(60)


@pytest.mark.usefixtures("rearmed")
def test_time_stands_while_a_function_is_at_work(jumping: ManualClock) -> None:
    """In a thread of the package it may take as long as it likes; while it waits, time goes."""
    resting = nk.retry(nk.Retry(max_attempts=2, base_delay="1 hour", max_delay="1 day"))

    def work(number: int) -> tuple[float, float]:
        attempts = []

        def fails_once() -> None:
            attempts.append(number)
            if len(attempts) == 1:
                raise ConnectionError

        turns()
        before = jumping.elapsed_s
        resting(fails_once)()
        return before, jumping.elapsed_s

    before, after = nk.map(work, [1], progress=False).result()["result"].iloc[0]
    assert before == 0
    assert after > 0


def test_timers_that_keep_house_are_not_gone_to(jumping: ManualClock) -> None:
    """Who waits for what has no timer waits on: time does not run away in between."""
    fake = FakeAPI()
    fake.get("/never").fails("hangs")

    async def main() -> float:
        async with nk.Client(fake.url, transport=fake, timeout=None, retry=0) as api:
            call = asyncio.create_task(api.get("/never").send())
            while not fake.requests:
                await asyncio.sleep(0)
            await asyncio.to_thread(turns)
            elapsed_s = jumping.elapsed_s
            call.cancel()
            return elapsed_s

    assert asyncio.run(main()) == 0


def test_calls_of_a_loop_of_ones_own_end_together(jumping: ManualClock, fake: FakeAPI) -> None:
    """Time does not go before all that are asked for in one turn have been."""

    async def main() -> list[float]:
        async with nk.Client(fake.url, transport=fake, timeout=None) as api:
            calls = [api.get("/late").send() for _ in range(5)]
            await asyncio.gather(*calls)
            return [request.at_s for request in fake.requests]

    assert len(set(asyncio.run(main()))) == 1
    assert jumping.elapsed_s == pytest.approx(60)


@in_loop
async def test_time_goes_for_one_who_blocks_a_loop() -> None:
    """A call without `await` in a cell, after one with it."""
    fake = FakeAPI()
    fake.get("/late").answers(1, after="1 min")
    with ManualClock(autojump=True) as clock:
        with nk.Client(fake.url, transport=fake, timeout=None) as api:
            await nk.map(asyncio.sleep, [0], progress=False)
            api.get("/late")
        assert clock.elapsed_s >= 60


def test_no_timer_is_early(still: ManualClock) -> None:
    """Who is called by a timer finds its time come, and its neighbour's as well."""
    loop = io_loop()
    late: list[float] = []

    def note(when: float) -> None:
        late.append(loop.time() - when)

    def begin() -> None:
        whens = [loop.time() + 10 / 3]
        for _ in range(5):
            whens.append(math.nextafter(whens[-1], math.inf))
        for when in whens:
            loop.call_at(when, note, when)

    loop.call_soon_threadsafe(begin)
    still.advance(4)
    assert len(late) == 6
    assert min(late) >= 0
