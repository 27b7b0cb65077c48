"""Cached functions whose answers are kept in a file, beyond their time, or although they failed."""

from __future__ import annotations

import asyncio
import functools
import threading
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.decorators import Caching, cached
from notebook_kit.storage.cache_file import cache_file
from tests.decorators.clocks import ManualClock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache.db"


def both(function: Callable[..., Any], *, is_async: bool) -> Callable[..., Any]:
    """Return a function, or one that is async and does the same."""
    if not is_async:
        return function

    @functools.wraps(function)
    async def fetch(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return fetch


def get(value: Any) -> Any:
    """Return what a function gave, async or not."""
    return asyncio.run(value) if asyncio.iscoroutine(value) else value


async_too = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


@async_too
def test_an_answer_is_there_for_the_next_who_defines_the_function(
    path: Path, *, is_async: bool
) -> None:
    """As a cell that is run again does it, or another process; also None, tuples and bytes."""
    calls: list[Any] = []
    answers = {"none": None, "tuple": (1, [2.5, b"x"]), "dict": {1: "a"}}

    def lookup(name: str, *, times: int = 1) -> Any:
        calls.append(name)
        return answers[name]

    for _ in range(2):
        fetch = cached(ttl="1 h", path=path)(both(lookup, is_async=is_async))
        for name, value in answers.items():
            assert get(fetch(name)) == value
        assert get(fetch(name="tuple", times=1)) == (1, [2.5, b"x"])
    assert calls == ["none", "tuple", "dict"]
    assert fetch.stats().items == 3
    assert fetch.stats().bytes > 0
    assert (fetch.stats().hits, fetch.stats().misses) == (4, 0)


def test_other_code_has_other_answers(path: Path) -> None:
    """What a function says decides, and not what it is called."""

    def make(source: str) -> Any:
        names: dict[str, Any] = {}
        exec(source, names)  # noqa: S102 - a cell is run so
        return cached(path=path, version=source)(names["f"])

    assert make("def f(x): return x + 1")(1) == 2
    assert make("def f(x): return x + 2")(1) == 3


def test_a_version_says_what_cannot_be_read(path: Path) -> None:
    """Another version is another function."""
    said = []
    for version in ("1", "2", "1"):
        calls: list[int] = []

        def fetch(number: int, calls: list[int] = calls) -> int:
            calls.append(number)
            return number

        kept = cached(path=path, version=version, key=lambda number: number)(fetch)
        kept(1)
        said.append(len(calls))
    assert said == [1, 1, 0]


def test_what_json_does_not_give_back_is_kept_in_memory_and_told_once(path: Path) -> None:
    """An object, say: it is a hit here, and asked for again elsewhere."""

    def fetch(number: int) -> Any:
        return pytest.approx(number)

    kept = cached(path=path)(fetch)
    with pytest.warns(RuntimeWarning, match="Approx.* are kept in memory") as told:
        assert [kept(number) for number in (1, 1, 2, 3)] == [1, 1, 2, 3]
    assert len(told) == 1
    assert told[0].filename == __file__
    assert (kept.stats().hits, kept.stats().misses, kept.stats().items) == (1, 3, 0)
    other = cached(path=path)(fetch)
    assert (other(1), other.stats().misses) == (1, 1)


def test_arguments_that_nobody_can_write_down_are_kept_in_memory(path: Path) -> None:
    """An object, say; told once."""

    class Session:
        pass

    calls: list[object] = []

    def fetch(session: object) -> str:
        calls.append(session)
        return "answer"

    kept, session = cached(path=path)(fetch), Session()
    assert [kept(session) for _ in range(2)] == ["answer"] * 2
    assert len(calls) == 1
    assert any("Session" in text for text in cache_file(path).problems.texts)


def test_methods_are_kept_in_memory_unless_a_key_says_otherwise(path: Path) -> None:
    """Another process does not know the object."""

    class Api:
        @cached(path=path)
        def get(self, number: int) -> int:
            return number

        @cached(path=path, key=lambda self, number: number)
        def keyed(self, number: int) -> int:
            return number

    api = Api()
    assert [api.get(1), api.get(1), api.keyed(2)] == [1, 1, 2]
    assert any("method get()" in text for text in cache_file(path).problems.texts)
    assert Api.keyed.stats().items == 1


def test_forgetting_reaches_the_file(path: Path) -> None:
    """One answer, or all of a function; those of others stay."""
    calls: list[Any] = []

    def fetch(number: int) -> int:
        calls.append(number)
        return number

    other = cached(path=path, version="other")(fetch)
    kept = cached(path=path)(fetch)
    other(1)
    for number in (1, 2):
        kept(number)
    assert kept.invalidate(1)
    assert not kept.invalidate(3)
    again = cached(path=path)(fetch)
    assert [again(1), again(2)] == [1, 2]
    assert calls == [1, 1, 2, 1]
    again.clear()
    assert other.stats().items == 1
    assert cached(path=path)(fetch)(2) == 2
    assert calls == [1, 1, 2, 1, 2]


@async_too
def test_a_stale_answer_where_the_source_is_down(*, is_async: bool) -> None:
    """Beyond its time, until it is too old; counted; other errors are raised."""
    clock = ManualClock()
    error: list[Exception] = []

    def fetch(number: int) -> int:
        if error:
            raise error[0]
        return number

    kept = Caching(ttl=60, stale=3600, clock=clock)(both(fetch, is_async=is_async))
    assert get(kept(1)) == 1
    clock.time += 600
    error.append(ConnectionError("down"))
    assert [get(kept(1)), get(kept(1))] == [1, 1]
    assert kept.stats().stale == 2
    error[0] = ValueError("wrong")
    with pytest.raises(ValueError, match="wrong"):
        get(kept(1))
    error[0] = ConnectionError("down")
    with pytest.raises(ConnectionError):
        get(kept(2))
    clock.time += 3000
    with pytest.raises(ConnectionError):
        get(kept(1))


@async_too
def test_errors_are_kept_where_that_is_asked_for(*, is_async: bool) -> None:
    """By class or by the status they carry, for a time of their own."""
    clock = ManualClock()
    calls: list[str] = []
    errors = {
        "key": KeyError("no"),
        "gone": nk.NotFound("gone", status_code=404, call="GET /", attempts=1),
        "value": ValueError("no"),
    }

    def fetch(name: str) -> None:
        calls.append(name)
        raise errors[name]

    options: dict[str, Any] = {"cache_errors": (KeyError, 404), "error_ttl": 10, "ttl": 60}
    kept = Caching(clock=clock, **options)(both(fetch, is_async=is_async))
    for _ in range(2):
        for name, error in errors.items():
            with pytest.raises(type(error)):
                get(kept(name))
    assert calls == ["key", "gone", "value", "value"]
    clock.time += 10
    with pytest.raises(KeyError):
        get(kept("key"))
    assert calls[-1] == "key"


def test_a_thousand_threads_and_tasks_share_one_call(path: Path) -> None:
    """Of one cold key, with a file behind the memory: 1,000 tasks, and 50 threads."""
    calls: list[int] = []
    gate = threading.Event()

    async def slow(number: int) -> int:
        calls.append(number)
        await asyncio.sleep(0)
        return number

    def slow_too(number: int) -> int:
        calls.append(number)
        gate.wait(10)
        return number

    kept = cached(ttl=60, path=path)(slow)

    async def main() -> list[int]:
        return await asyncio.gather(*(kept(1) for _ in range(1_000)))

    assert asyncio.run(main()) == [1] * 1_000
    assert calls == [1]
    threaded = cached(ttl=60, path=path)(slow_too)
    threads = [threading.Thread(target=threaded, args=(2,)) for _ in range(50)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join()
    assert calls == [1, 2]


@pytest.mark.anyio
async def test_nobody_waits_over_twenty_expiries() -> None:
    """10,000 calls, refreshed before expiry: the first waits, and nobody after it."""
    clock = ManualClock()
    waits = 0
    version = 0

    async def source(key: str) -> int:
        nonlocal version
        await asyncio.sleep(0)
        version += 1
        return version

    kept = Caching(ttl=50, refresh_before_expiry=10, clock=clock)(source)
    for number in range(10_000):
        coroutine = kept("a")
        try:
            coroutine.send(None)
        except StopIteration:
            pass
        else:
            waits += 1
            coroutine.close()
            await kept("a")
        if number % 10 == 9:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        clock.time += 0.1
    assert waits == 1
    stats = kept.stats()
    assert 20 <= stats.refreshes <= 26
    assert stats.misses == 2
    assert version >= 21


def test_a_policy_may_be_given_as_a_whole(path: Path) -> None:
    """`nk.cached(nk.Cache(...))`, which a client takes too; but not both ways at once."""
    kept = cached(nk.Cache("1 h", path=path))(lambda: 1)
    assert [kept(), kept()] == [1, 1]
    with pytest.raises(nk.ConfigurationError, match="both say"):
        cached(nk.Cache("1 h"), ttl=60)


def test_an_answer_that_is_too_long_for_the_file_is_kept_in_memory(path: Path) -> None:
    """`max_item_bytes` says how long one may be; a shorter one is kept in both."""
    kept = cached("1 h", path=path, max_item_bytes=100)(lambda length: "x" * length)
    with pytest.warns(RuntimeWarning, match="longer than max_item_bytes=100 are kept in memory"):
        assert [len(kept(length)) for length in (10, 200, 200)] == [10, 200, 200]
    assert kept.stats().hits == 1
    assert kept.stats().items == 1
