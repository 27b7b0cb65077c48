"""Cached functions that are not async: one call for all threads that ask."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from notebook_kit.decorators import CacheStats, Caching, cache_runner, cached
from notebook_kit.errors import WouldDeadlock
from tests.decorators.clocks import PATIENCE_S, ManualClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_kit.decorators.circles import Job


class Gate:
    """A function whose calls wait until the gate is opened."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.called = threading.Semaphore(0)
        self.go_on = threading.Event()
        self.error: BaseException | None = None

    def fetch(self, key: Any) -> str:
        self.calls.append(key)
        self.called.release()
        assert self.go_on.wait(PATIENCE_S)
        if self.error is not None:
            raise self.error
        return f"{key}{len(self.calls)}"


def ask(function: Any, *args: Any) -> tuple[threading.Thread, list[Any]]:
    """Call a function in a thread, and return what it gave or raised in a list."""
    got: list[Any] = []

    def call() -> None:
        try:
            got.append(function(*args))
        except BaseException as error:  # noqa: BLE001 - compared by the test
            got.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    return thread, got


def wait_until(condition: Any) -> None:
    """Look until it is so; fails after a while."""
    event = threading.Event()
    for _ in range(int(PATIENCE_S / 0.005)):
        if condition():
            return
        event.wait(0.005)
    pytest.fail("it never became so")


def test_one_call_for_all_threads() -> None:
    """Threads that ask for what is on its way wait for it."""
    gate = Gate()
    fetch = cached(gate.fetch)
    asking = [ask(fetch, "a") for _ in range(8)]
    wait_until(lambda: fetch.stats().shared == 7)
    gate.go_on.set()
    for thread, got in asking:
        thread.join(PATIENCE_S)
        assert got == ["a1"]
    assert gate.calls == ["a"]
    assert fetch("a") == "a1"
    assert fetch.stats() == CacheStats(hits=1, misses=8, shared=7, items=1)


def test_an_error_is_raised_by_all_who_wait() -> None:
    """It is the same one, and it is not kept."""
    gate = Gate()
    gate.error = KeyError("no")
    fetch = cached(gate.fetch)
    asking = [ask(fetch, "a") for _ in range(3)]
    wait_until(lambda: fetch.stats().shared == 2)
    gate.go_on.set()
    for thread, got in asking:
        thread.join(PATIENCE_S)
        assert got == [gate.error]
    with pytest.raises(KeyError):
        fetch("a")
    assert gate.calls == ["a", "a"]


def test_when_who_calls_is_interrupted_another_calls() -> None:
    """An interrupt is for the thread it came to; those who waited make the call themselves."""
    gate = Gate()

    @cached
    def fetch(key: str) -> str:
        answer = gate.fetch(key)
        if threading.current_thread() is first:
            raise KeyboardInterrupt
        return answer

    first, got_first = ask(fetch, "a")
    assert gate.called.acquire(timeout=PATIENCE_S)
    second, got_second = ask(fetch, "a")
    wait_until(lambda: fetch.stats().shared == 1)
    gate.go_on.set()
    first.join(PATIENCE_S)
    second.join(PATIENCE_S)
    assert isinstance(got_first[0], KeyboardInterrupt)
    assert got_second == ["a2"]
    assert (fetch.stats().misses, fetch.stats().shared) == (2, 0)


def test_it_is_refreshed_in_a_thread_of_its_own() -> None:
    """Near its end the old answer is given at once, and one thread fetches another."""
    gate, clock = Gate(), ManualClock()
    gate.go_on.set()
    fetch = Caching(ttl=60, refresh_before_expiry=10, clock=clock)(gate.fetch)
    assert fetch("a") == "a1"
    gate.go_on.clear()
    clock.time += 55.0
    assert [fetch("a"), fetch("a")] == ["a1", "a1"]
    assert gate.called.acquire(timeout=PATIENCE_S)
    assert gate.called.acquire(timeout=PATIENCE_S)
    gate.go_on.set()
    wait_until(lambda: fetch("a") == "a2")
    assert gate.calls == ["a", "a"]
    assert fetch.stats().refreshes == 1


def test_a_refresh_that_fails_leaves_the_old_answer() -> None:
    """Its error is counted and not raised."""
    gate, clock = Gate(), ManualClock()
    gate.go_on.set()
    fetch = Caching(ttl=60, refresh_before_expiry=10, clock=clock)(gate.fetch)
    assert fetch("a") == "a1"
    gate.error = TimeoutError()
    clock.time += 55.0
    assert fetch("a") == "a1"
    wait_until(lambda: fetch.stats().failed_refreshes == 1)
    gate.error = None
    clock.time += 5.0
    assert fetch("a") == "a3"


def test_asking_for_oneself_is_refused() -> None:
    """The same arguments once more would wait for ever; others are fine."""

    @cached
    def factorial(number: int) -> int:
        return number * factorial(number - 1) if number else 1

    @cached
    def loop(number: int) -> int:
        return loop(number)

    assert factorial(10) == 3628800
    assert factorial.stats().items == 11
    with pytest.raises(WouldDeadlock, match="its __wrapped__"):
        loop(1)


def test_methods() -> None:
    """Answers belong to their object."""

    class Session:
        calls = 0

        @cached
        def fetch(self, number: int) -> tuple[int, int]:
            self.calls += 1
            return self.calls, number

    one, other = Session(), Session()
    assert [one.fetch(5), one.fetch(5), one.fetch(6)] == [(1, 5), (1, 5), (2, 6)]
    assert other.fetch(5) == (1, 5)
    one.fetch.clear()
    assert one.fetch(5) == (3, 5)
    assert other.fetch(5) == (1, 5)
    assert repr(one.fetch).startswith("<")


def test_a_refresh_that_cannot_begin_leaves_the_old_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """When there can be no more threads it counts as one that failed, and is tried again."""
    gate, clock = Gate(), ManualClock()
    gate.go_on.set()
    fetch = Caching(ttl=60, refresh_before_expiry=10, clock=clock)(gate.fetch)
    assert fetch("a") == "a1"
    clock.time += 55.0

    def start(_: object) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", start)
        assert [fetch("a"), fetch("a")] == ["a1", "a1"]
    assert (fetch.stats().refreshes, fetch.stats().failed_refreshes) == (2, 2)
    clock.time += 5.0
    assert fetch("a") == "a2"


def test_who_began_a_refresh_may_wait_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the thread that makes it has come to it, too: it is not the caller's own call."""
    gate, clock = Gate(), ManualClock()
    gate.go_on.set()
    fetch = Caching(ttl=60, refresh_before_expiry=10, clock=clock)(gate.fetch)
    assert fetch("a") == "a1"
    clock.time += 55.0
    later: list[threading.Thread] = []
    begin = threading.Thread.start
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", lambda one: later.extend([one]))
        assert fetch("a") == "a1"
    clock.time += 5.0

    def begin_when_waited_for() -> None:
        wait_until(lambda: fetch.stats().shared)
        begin(later[0])

    thread, _ = ask(begin_when_waited_for)
    assert fetch("a") == "a2"
    thread.join(PATIENCE_S)
    assert gate.calls == ["a", "a"]


def test_an_interrupt_before_the_call_begins_holds_up_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Others who wait for it make the call themselves."""
    interrupted = threading.Event()

    @cached
    def fetch() -> int:
        return 5

    @contextmanager
    def interrupt(job: Job) -> Iterator[None]:
        if not interrupted.is_set():
            interrupted.set()
            others.append(ask(fetch))
            wait_until(lambda: fetch.stats().shared)
            raise KeyboardInterrupt
        yield

    others: list[tuple[threading.Thread, list[Any]]] = []
    monkeypatch.setattr(cache_runner, "waiting_for", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fetch()
    thread, got = others[0]
    thread.join(PATIENCE_S)
    assert got == [5]


@pytest.mark.parametrize("is_async", [False, True])
def test_an_interrupt_as_soon_as_a_call_is_to_be_made_holds_up_nobody(*, is_async: bool) -> None:
    """Between the look at what is kept and the beginning of the call."""

    @cached(ttl="1 h")
    def fetch(number: int) -> int:
        return number

    @cached(ttl="1 h")
    async def fetch_async(number: int) -> int:
        return number

    function: Any = fetch_async if is_async else fetch
    answers = function._answers
    look = answers.look

    def interrupted(*args: Any) -> Any:
        look(*args)
        raise KeyboardInterrupt

    async def main() -> None:
        answers.look = interrupted
        with pytest.raises(KeyboardInterrupt):
            await function(1) if is_async else function(1)
        del answers.look
        came.append(await function(1) if is_async else function(1))

    came: list[int] = []
    loop = asyncio.new_event_loop()
    done = threading.Thread(target=lambda: loop.run_until_complete(main()), daemon=True)
    done.start()
    done.join(PATIENCE_S)
    assert came == [1]
    loop.close()
