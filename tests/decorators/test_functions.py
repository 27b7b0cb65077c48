"""What can be decorated, and how it stays what it was."""

from __future__ import annotations

import asyncio
import functools
import inspect
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit import decorators
from notebook_kit.decorators.functions import first_argument
from notebook_kit.errors import ConfigurationError
from notebook_kit.execution.functions import is_async

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

DECORATORS: dict[str, Callable[[Any], Any]] = {
    "retry": decorators.retry,
    "retry()": decorators.retry(max_attempts=2),
    "limit()": decorators.limit(max_concurrency=100),
    "breaker": decorators.breaker,
    "breaker()": decorators.breaker(failure_threshold=2),
    "cached": decorators.cached,
    "cached()": decorators.cached(ttl="1 min"),
    "monitor": decorators.monitor,
    "monitor()": decorators.monitor(),
}
each_decorator = pytest.mark.parametrize("decorate", DECORATORS.values(), ids=DECORATORS)
each_object = pytest.mark.parametrize(
    "policy",
    [
        decorators.retry(3),
        decorators.limit(max_concurrency=3),
        decorators.breaker(failure_threshold=3),
        decorators.monitor(),
    ],
    ids=["retry", "limit", "breaker", "monitor"],
)


async def add(a: int, b: int = 1) -> int:
    """Add two numbers."""
    return a + b


def multiply(a: int, b: int = 2) -> int:
    """Multiply two numbers."""
    return a * b


class Adder:
    async def __call__(self, a: int, b: int = 1) -> int:
        return a + b


@each_decorator
def test_an_async_function_stays_one(decorate: Callable[[Any], Any]) -> None:
    """A decorated coroutine function is awaited as before, and known as a coroutine function."""
    decorated = decorate(add)
    assert asyncio.run(decorated(1, b=2)) == 3
    assert inspect.iscoroutinefunction(decorated)
    assert asyncio.iscoroutinefunction(decorated)
    assert is_async(decorated)
    assert (decorated.__name__, decorated.__doc__) == ("add", "Add two numbers.")
    assert decorated.__wrapped__ is add
    assert inspect.signature(decorated) == inspect.signature(add)
    assert nk.map(decorated, [1, 2], progress=False).result()["result"].tolist() == [2, 3]


@each_decorator
def test_a_sync_function_stays_one(decorate: Callable[[Any], Any]) -> None:
    """A decorated plain function gives its value at once."""
    decorated = decorate(multiply)
    assert decorated(3, b=4) == 12
    assert not is_async(decorated)
    assert decorated.__name__ == "multiply"
    assert inspect.signature(decorated) == inspect.signature(multiply)
    assert nk.map(decorated, [1, 2], progress=False).result()["result"].tolist() == [2, 4]


@each_decorator
def test_methods(decorate: Callable[[Any], Any]) -> None:
    """Methods of all three kinds can be decorated, the decorator over or under staticmethod."""

    class Session:
        def __init__(self, factor: int) -> None:
            self.factor = factor

        @decorate
        async def times(self, number: int) -> int:
            return self.factor * number

        @decorate
        def plus(self, number: int) -> int:
            return self.factor + number

        @staticmethod
        @decorate
        def inner(number: int) -> int:
            return -number

        @decorate
        @staticmethod
        def outer(number: int) -> int:
            return -number

        @decorate
        @classmethod
        def named(cls, number: int) -> str:
            return f"{cls.__name__} {number}"

        @classmethod
        @decorate
        def called(cls, number: int) -> str:
            return f"{cls.__name__} {number}"

    two, three = Session(2), Session(3)
    assert asyncio.run(two.times(5)) == 10
    assert asyncio.run(three.times(number=5)) == 15
    assert inspect.iscoroutinefunction(two.times)
    assert list(inspect.signature(two.times).parameters) == ["number"]
    assert (two.plus(5), three.plus(5)) == (7, 8)
    assert Session.plus(two, 5) == 7
    assert (Session.inner(5), two.inner(5), Session.outer(5), two.outer(5)) == (-5, -5, -5, -5)
    assert (Session.named(1), two.named(2)) == ("Session 1", "Session 2")
    assert (Session.called(1), two.called(2)) == ("Session 1", "Session 2")


@each_decorator
def test_partials_and_callable_objects(decorate: Callable[[Any], Any]) -> None:
    """What has no name of its own is decorated too, and gets that of what it calls."""
    part = decorate(functools.partial(add, 10))
    assert asyncio.run(part(b=5)) == 15
    assert part.__name__ == "add"
    built = decorate(Adder())
    assert asyncio.run(built(3)) == 4
    assert built.__name__ == "Adder"
    assert is_async(built)
    assert decorate(functools.partial(multiply, 10))(b=3) == 30
    assert decorate(max)(3, 4) == 4


@each_decorator
def test_what_cannot_be_decorated_says_so(decorate: Callable[[Any], Any]) -> None:
    """Generators of both kinds, classes and what is no function are refused at once."""

    async def pages() -> AsyncIterator[int]:
        yield 1

    def rows() -> Iterator[int]:
        yield 1

    with pytest.raises(ConfigurationError, match=r"pages\(\), an async generator: .*for each item"):
        decorate(pages)
    with pytest.raises(ConfigurationError, match=r"rows\(\), a generator"):
        decorate(functools.partial(rows))
    with pytest.raises(ConfigurationError, match="the class Adder: decorate its methods"):
        decorate(Adder)


@each_decorator
def test_a_sync_function_that_gives_a_coroutine_is_refused(decorate: Callable[[Any], Any]) -> None:
    """Nothing was done yet when it returned, so it says to decorate an async function."""
    decorated = decorate(lambda number: add(number + 1))
    with pytest.raises(ConfigurationError, match="gave a coroutine, which has to be awaited"):
        decorated(1)


@each_decorator
def test_a_future_of_a_sync_function_is_refused_too(decorate: Callable[[Any], Any]) -> None:
    """Also what can be awaited and is no coroutine has not been done yet."""

    async def main() -> None:
        waiting = asyncio.get_running_loop().create_future()
        decorated = decorate(lambda: waiting)
        with pytest.raises(ConfigurationError, match="gave a Future"):
            decorated()

    asyncio.run(main())


@each_object
def test_call(policy: Any) -> None:
    """The object calls a function of either kind, and gives what the function gives."""
    assert asyncio.run(policy.call(add, 1, b=5)) == 6
    assert policy.call(multiply, 3, b=5) == 15
    assert policy.call(int, "42") == 42

    def rows() -> Iterator[int]:
        yield 1

    with pytest.raises(ConfigurationError, match="a generator"):
        policy.call(rows)


@pytest.mark.parametrize("word", ["five", 5.5])
def test_no_function_at_all(word: Any) -> None:
    """What is no function is refused with what to write."""
    for decorate in (decorators.monitor, decorators.breaker):
        with pytest.raises(ConfigurationError, match=r"needs a function, not (str|float)"):
            decorate(word)
    given: Any = [word]
    with pytest.raises(ConfigurationError, match="cached needs a function, not list"):
        decorators.cached(given)


def test_they_stack() -> None:
    """All of them together around one function work, in the order that is advised."""

    @decorators.monitor
    @decorators.cached(ttl="5 min")
    @decorators.breaker(failure_threshold=5)
    @decorators.retry(max_attempts=5, base_delay=0)
    @decorators.limit("1000/s", max_concurrency=5)
    async def fetch(key: str) -> str:
        """Fetch."""
        tried.append(key)
        if len(tried) < 3:
            raise TimeoutError
        return key.upper()

    tried: list[str] = []

    async def main() -> list[str]:
        return list(await asyncio.gather(fetch("a"), fetch("a")))

    assert asyncio.run(main()) == ["A", "A"]
    assert tried == ["a", "a", "a"]
    assert fetch.stats.calls == 2
    assert fetch.__doc__ == "Fetch."
    assert list(inspect.signature(fetch).parameters) == ["key"]


def test_the_first_argument() -> None:
    """It is found wherever it is passed, and is never what a method is bound to."""

    class Session:
        def fetch(self, url: str = "/default", *, page: int = 1) -> None: ...

        @classmethod
        def make(cls, url: str) -> None: ...

    def star(*words: str) -> None: ...

    pick = first_argument(Session.fetch)
    assert pick((Session(), "/a"), {"page": 3}) == "/a"
    assert pick((Session(),), {"url": "/b"}) == "/b"
    assert pick((Session(),), {}) == "/default"
    assert first_argument(Session().fetch)(("/c",), {}) == "/c"
    assert first_argument(Session.make)(("/d",), {}) == "/d"
    assert first_argument(star)(("x", "y"), {}) == "x"
    assert first_argument(star)((), {}) is None
    assert first_argument(lambda: None)((), {}) is None
    assert first_argument(max)((3, 4), {}) == 3
