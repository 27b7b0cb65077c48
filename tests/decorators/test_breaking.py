"""Functions that are left alone while they keep failing."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from notebook_kit.decorators import BreakerKeywords, CircuitBreaker, breaker, limit, retry
from notebook_kit.decorators.passage import Switch
from notebook_kit.errors import APIError, CircuitOpen, ConfigurationError, RequestTimeout
from notebook_kit.policies.breaker import Breaker, CircuitState
from tests.decorators.clocks import PATIENCE_S, ManualClock, settle


class Site:
    """A function behind a breaker that fails while `error` is set."""

    def __init__(self, **options: Any) -> None:
        self.clock = ManualClock()
        self.breaker = CircuitBreaker(Breaker(**options), clock=self.clock)
        self.calls = 0
        self.error: BaseException | None = None
        self.hold: asyncio.Event | None = None
        self.fetch = self.breaker(self._fetch)
        self.read = self.breaker(self._read)

    async def _fetch(self) -> str:
        hold = self.hold
        self.calls += 1
        if hold is not None:
            await hold.wait()
        return self._answer()

    def _read(self) -> str:
        self.calls += 1
        return self._answer()

    def _answer(self) -> str:
        if self.error is not None:
            raise self.error
        return "answer"

    def fail(self, times: int, error: BaseException | None = None) -> None:
        self.error = error or TimeoutError()
        for _ in range(times):
            with pytest.raises(type(self.error)):
                self.read()
        self.error = None


@pytest.mark.parametrize("kind", ["async", "sync"])
def test_it_opens_probes_and_closes(kind: str) -> None:
    """C10: after so many failures nothing is called, until one call shows that all is well."""
    site = Site(failure_threshold=3, reset_timeout=30)

    def call() -> Any:
        return asyncio.run(site.fetch()) if kind == "async" else site.read()

    assert call() == "answer"
    site.error = TimeoutError()
    for _ in range(3):
        assert site.fetch.state == "closed"
        with pytest.raises(TimeoutError):
            call()
    assert site.breaker.state is CircuitState.OPEN
    site.error = None
    site.clock.time += 20.0
    with pytest.raises(CircuitOpen, match=r"was not called, because it kept failing; .* in 10"):
        call()
    with pytest.raises(CircuitOpen) as raised:
        call()
    assert raised.value.retry_at_s == 10.0
    assert site.calls == 4
    site.clock.time += 10.0
    assert site.read.state == "half-open"
    assert call() == "answer"
    assert site.fetch.state == "closed"


@pytest.mark.anyio
async def test_half_open_lets_exactly_one_through() -> None:
    """However many call at once; the others are told that one is under way."""
    site = Site(failure_threshold=1, reset_timeout=30)
    site.fail(1)
    site.clock.time += 30.0
    site.hold = asyncio.Event()
    calls = [asyncio.create_task(site.fetch()) for _ in range(100)]
    await settle()
    assert site.calls == 2
    site.hold.set()
    ends = await asyncio.gather(*calls, return_exceptions=True)
    assert ends.count("answer") == 1
    refused = [end for end in ends if isinstance(end, CircuitOpen)]
    assert len(refused) == 99
    assert all(error.retry_at_s is None for error in refused)
    assert "one call is under way" in str(refused[0])
    assert await site.fetch() == "answer"


def test_half_open_lets_one_thread_through() -> None:
    """Also when many threads ask at the same moment."""
    site = Site(failure_threshold=1, reset_timeout=30)
    site.fail(1)
    site.clock.time += 30.0
    start, over = threading.Barrier(8), threading.Event()
    refused: list[CircuitOpen] = []
    passed: list[int] = []

    @site.breaker
    def read() -> None:
        passed.append(1)
        over.wait(PATIENCE_S)

    def call() -> None:
        start.wait(PATIENCE_S)
        try:
            read()
        except CircuitOpen as error:
            refused.append(error)
            if len(refused) == 7:
                over.set()

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert (len(passed), len(refused)) == (1, 7)


def test_a_probe_that_fails_opens_it_again() -> None:
    """For as long as before."""
    site = Site(failure_threshold=1, reset_timeout=30)
    site.fail(1)
    site.clock.time += 30.0
    site.fail(1)
    site.clock.time += 29.0
    assert site.fetch.state == "open"


@pytest.mark.anyio
async def test_a_probe_that_is_cancelled_lets_another_go() -> None:
    """It says nothing of what it calls."""
    site = Site(failure_threshold=1, reset_timeout=30)
    site.fail(1)
    site.clock.time += 30.0
    site.hold = asyncio.Event()
    probe = asyncio.create_task(site.fetch())
    await settle()
    probe.cancel()
    await settle()
    assert site.fetch.state == "half-open"
    site.hold = None
    assert await site.fetch() == "answer"
    assert site.fetch.state == "closed"


@pytest.mark.anyio
async def test_a_probe_that_is_collected_lets_another_go() -> None:
    """A coroutine that is thrown away says nothing either."""
    site = Site(failure_threshold=1, reset_timeout=30)
    site.fail(1)
    site.clock.time += 30.0
    site.hold = asyncio.Event()
    probe = site.fetch()
    probe.send(None)
    with pytest.raises(CircuitOpen):
        await site.fetch()
    probe.close()
    site.hold = None
    assert await site.fetch() == "answer"


@pytest.mark.parametrize("error", [ValueError(), APIError(status_code=404), KeyboardInterrupt()])
def test_what_says_nothing_of_the_server_does_not_open_it(error: BaseException) -> None:
    """Errors of one's own, answers of 4xx, and interrupts."""
    site = Site(failure_threshold=1)
    site.fail(5, error)
    assert site.fetch.state == "closed"


def test_reset() -> None:
    """Calls go at once, and those of before do not count any more."""
    site = Site(failure_threshold=2)
    site.fail(2)
    site.fetch.reset()
    assert site.fetch.state == "closed"
    site.fail(1)
    site.breaker.reset()
    site.fail(1)
    assert site.fetch.state == "closed"


@pytest.mark.anyio
async def test_a_call_that_takes_too_long_is_cut_off_and_counts() -> None:
    """With RequestTimeout, whose phase is "call"; what ends in time is not touched."""
    guard = breaker(failure_threshold=2, call_timeout=0.01)
    cut: list[int] = []

    @guard
    async def slow() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cut.append(1)

    @guard
    async def stubborn() -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "all the same"
        return "never"

    @guard
    async def quick(error: Exception | None) -> str:
        if error is not None:
            raise error
        return "answer"

    assert await quick(None) == "answer"
    with pytest.raises(RequestTimeout, match=r"call_timeout=0\.01 s") as raised:
        await slow()
    assert (raised.value.phase, raised.value.elapsed_s, cut) == ("call", 0.01, [1])
    with pytest.raises(RequestTimeout) as raised:
        await stubborn()
    assert guard.state == "open"
    guard.reset()
    own = TimeoutError("its own")
    with pytest.raises(TimeoutError) as other:
        await quick(own)
    assert other.value is own


def test_a_time_limit_needs_an_async_function() -> None:
    """A thread cannot be stopped: that is said when it is decorated, called or entered."""
    guard = breaker(call_timeout="5 s")
    with pytest.raises(ConfigurationError, match=r"call_timeout=5 s cannot cut off read\(\)"):

        @guard
        def read() -> None: ...

    with pytest.raises(ConfigurationError, match=r"int\(\), which is not async"):
        guard.call(int, "5")
    with pytest.raises(ConfigurationError, match="write `async with`"), guard:
        pass


def fail_inside(guard: CircuitBreaker) -> None:
    with guard:
        raise TimeoutError


@pytest.mark.anyio
async def test_blocks() -> None:
    """with and async with are guarded as calls are, one within the other too."""
    site = Site(failure_threshold=2, reset_timeout=30)
    with site.breaker as same:
        assert same is site.breaker
        with pytest.raises(TimeoutError):
            fail_inside(same)
    fail = asyncio.timeout(0)
    with pytest.raises(TimeoutError):
        async with site.breaker, fail:
            await asyncio.Event().wait()
    assert site.breaker.state == "closed"
    with pytest.raises(TimeoutError):
        fail_inside(same)
    with pytest.raises(CircuitOpen, match="The block was not called"), site.breaker:
        pass
    with pytest.raises(CircuitOpen):
        async with site.breaker:
            pass
    site.clock.time += 30.0
    async with site.breaker:
        assert site.breaker.state == "half-open"
    assert site.breaker.state == "closed"
    with pytest.raises(KeyboardInterrupt), site.breaker:
        raise KeyboardInterrupt
    assert site.breaker._passages._inside == {}


@pytest.mark.anyio
async def test_a_block_that_takes_too_long_is_cut_off() -> None:
    """As a call is."""
    guard = breaker(failure_threshold=1, call_timeout=0.01)
    with pytest.raises(RequestTimeout) as raised:
        async with guard:
            await asyncio.Event().wait()
    assert raised.value.phase == "call"
    assert guard.state == "open"


@pytest.mark.anyio
async def test_a_block_may_end_in_another_task() -> None:
    """As the fixtures of a test do; it is counted all the same."""
    site = Site(failure_threshold=1)
    await asyncio.create_task(site.breaker.__aenter__())
    await site.breaker.__aexit__(TimeoutError, TimeoutError(), None)
    assert site.breaker.state == "open"
    assert site.breaker._passages._inside == {}


def test_one_breaker_for_several_functions() -> None:
    """What one function finds out protects the other; bare ones are on their own."""
    site = Site(failure_threshold=1)
    site.fail(1)
    with pytest.raises(CircuitOpen):
        asyncio.run(site.fetch())

    @breaker
    def one() -> None:
        raise TimeoutError

    @breaker
    def other() -> None: ...

    for _ in range(5):
        with pytest.raises(TimeoutError):
            one()
    assert (one.state, other.state) == ("open", "closed")
    with pytest.raises(CircuitOpen, match=r"^one\(\) was not called"):
        one()
    other()


def test_shown() -> None:
    """The state, and when the next call may go."""
    site = Site(failure_threshold=1, reset_timeout=30)
    assert repr(site.breaker) == "<CircuitBreaker closed>"
    site.fail(1)
    assert repr(site.breaker).replace("\N{NO-BREAK SPACE}", " ") == (
        "<CircuitBreaker open, next call in 30 s>"
    )
    assert repr(site.read).startswith("<guarded ")


def test_options_that_cannot_work() -> None:
    """Each says what to write instead."""
    with pytest.raises(ConfigurationError, match="not both"):
        breaker(Breaker(), failure_threshold=3)  # type: ignore[call-overload]
    with pytest.raises(ConfigurationError, match="Did you mean 'failure_threshold'"):
        breaker(failure_treshold=3)  # type: ignore[call-overload]
    with pytest.raises(ConfigurationError, match="failure_threshold=0"):
        breaker(failure_threshold=0)


def test_keywords_are_those_of_the_policy() -> None:
    """What nk.Breaker takes the decorator takes, and nothing else."""
    assert set(BreakerKeywords.__annotations__) == set(Breaker.__dataclass_fields__)
    assert breaker(Breaker(failure_threshold=7)).policy.failure_threshold == 7


def test_a_block_that_cannot_be_limited_leaves_no_probe_behind() -> None:
    """Outside of a task there are no limits; the next call probes as if nothing had been."""
    clock = ManualClock()
    guard = CircuitBreaker(
        Breaker(failure_threshold=1, reset_timeout=30, call_timeout=5), clock=clock
    )
    guard._switch.enter("one").end(TimeoutError())
    clock.time += 30.0
    loop = asyncio.new_event_loop()
    raised: list[BaseException] = []

    def outside_of_a_task() -> None:
        try:
            guard.__aenter__().send(None)
        except RuntimeError as error:
            raised.append(error)
        loop.stop()

    loop.call_soon(outside_of_a_task)
    loop.run_forever()
    loop.close()
    assert "inside a task" in str(raised[0])
    guard._switch.enter("two").end()
    assert guard.state == "closed"


def test_many_threads_see_to_what_was_collected() -> None:
    """Each passage is released once, and none of those who look finds nothing left to take."""
    switch = Switch(Breaker(), ManualClock())
    for _ in range(2_000):
        switch.enter("one").end(GeneratorExit())
    raised: list[BaseException] = []

    def look() -> None:
        try:
            for _ in range(500):
                switch.enter("other").end()
        except IndexError as error:
            raised.append(error)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert raised == []
    assert not switch._collected


@pytest.mark.anyio
async def test_under_a_limit_under_tries() -> None:
    """In another order than advised they still leave nothing behind: the open circuit ends it."""
    called: list[int] = []
    limiter = limit(max_concurrency=1)
    guard = breaker(failure_threshold=3)

    @retry(max_attempts=10, base_delay=0)
    @limiter
    @guard
    async def fetch(number: int) -> int:
        called.append(number)
        if len(called) < 4:
            raise TimeoutError
        return number

    with pytest.raises(CircuitOpen) as raised:
        await fetch(1)
    assert len(called) == 3
    assert raised.value.__notes__[0].startswith("notebook_kit.retry: 4 attempts")
    assert (limiter.in_flight, limiter.waiting, guard.state) == (0, 0, "open")
    guard.reset()
    assert list(await asyncio.gather(fetch(2), fetch(3))) == [2, 3]
    assert (limiter.in_flight, guard.state) == (0, "closed")
