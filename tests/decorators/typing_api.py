"""What a type checker, and with it an editor, knows of decorated functions. Never run."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import assert_type

import notebook_kit as nk
from notebook_kit.decorators import (
    Cached,
    CacheStats,
    Caching,
    CircuitBreaker,
    Coalescer,
    Guarded,
    Limiter,
    Monitor,
    Monitored,
    Retrying,
    Stats,
    breaker,
    cached,
    limit,
    monitor,
    retry,
)
from notebook_kit.policies.breaker import Breaker, CircuitState


async def fetch(url: str, *, page: int = 1) -> bytes:
    return url.encode() * page


def read(path: str) -> bytes:
    return path.encode()


# What is asked for bare, with arguments, or as an object.

assert_type(retry(), Retrying)
assert_type(retry(3), Retrying)
assert_type(retry(None), Retrying)
assert_type(retry(nk.Retry(max_attempts=5)), Retrying)
assert_type(retry(max_attempts=5, base_delay="100 ms", deadline="1 min"), Retrying)
assert_type(limit("50/s"), Limiter)
assert_type(limit(["50/s", nk.Rate(1000)], max_concurrency=5), Limiter)
assert_type(breaker(failure_threshold=5, reset_timeout="30 s", call_timeout=5), CircuitBreaker)
assert_type(breaker(Breaker()), CircuitBreaker)
assert_type(cached(ttl="5 min", refresh_before_expiry="30 s", max_items=None), Caching)
assert_type(monitor(), Monitor)
assert_type(monitor(name="night"), Monitor)


# Retry and limit leave the function as it is.


@retry
async def bare(url: str, *, page: int = 1) -> bytes:
    return await fetch(url, page=page)


@retry(max_attempts=5)
async def called(url: str, *, page: int = 1) -> bytes:
    return await fetch(url, page=page)


@limit("50/s")
def limited(path: str) -> bytes:
    return read(path)


async def as_they_were() -> None:
    assert_type(await bare("/", page=2), bytes)
    assert_type(await called("/"), bytes)
    assert_type(limited("/"), bytes)
    await bare(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await called("/", pages=2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    limited()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


# Those that can be asked keep the parameters and the answer.


@monitor
async def watched(url: str, *, page: int = 1) -> bytes:
    return await fetch(url, page=page)


@cached("5 min", max_items=10)
async def kept(url: str, *, page: int = 1) -> bytes:
    return await fetch(url, page=page)


@breaker
def guarded(path: str) -> bytes:
    return read(path)


async def with_attributes() -> None:
    assert_type(await watched("/", page=2), bytes)
    assert_type(watched.stats, Stats)
    assert_type(watched.stats.errors["KeyError"], int)
    assert_type(watched.reset(), None)
    assert_type(await kept("/", page=2), bytes)
    assert_type(kept.stats(), CacheStats)
    assert_type(kept.invalidate("/", page=2), bool)
    kept.clear()
    assert_type(guarded("/"), bytes)
    assert_type(guarded.state, CircuitState)
    guarded.reset()
    await watched(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    kept.invalidate(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    guarded()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


# Methods are bound.


class Session:
    @monitor
    async def watched(self, url: str) -> bytes:
        return await fetch(url)

    @cached
    async def kept(self, url: str, *, page: int = 1) -> bytes:
        return await fetch(url, page=page)

    @breaker(failure_threshold=3)
    def guarded(self, path: str) -> bytes:
        return read(path)

    @retry(3)
    async def tried(self, url: str) -> bytes:
        return await fetch(url)

    @staticmethod
    @limit(max_concurrency=5)
    def limited(path: str) -> bytes:
        return read(path)


async def methods(session: Session) -> None:
    assert_type(await session.watched("/"), bytes)
    assert_type(session.watched.stats, Stats)
    assert_type(await session.kept("/", page=2), bytes)
    assert_type(session.kept.invalidate("/", page=2), bool)
    assert_type(session.guarded("/"), bytes)
    assert_type(session.guarded.state, CircuitState)
    assert_type(await session.tried("/"), bytes)
    assert_type(session.limited("/"), bytes)
    assert_type(await Session.kept(session, "/"), bytes)
    await session.kept(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await session.watched()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


# Objects call functions, and surround blocks.


async def objects() -> None:
    policy = retry(max_attempts=5)
    assert_type(await policy.call(fetch, "/", page=2), bytes)
    assert_type(policy.call(read, "/"), bytes)
    assert_type(policy.call(functools.partial(read, "/")), bytes)
    limiter = limit("50/s")
    assert_type(await limiter.call(fetch, "/"), bytes)
    async with limiter as same:
        assert_type(same, Limiter)
    with limiter.permit("a prompt") as permit:
        permit.used("an answer")
    guard = breaker()
    assert_type(guard.call(read, "/"), bytes)
    async with guard as same_guard:
        assert_type(same_guard, CircuitBreaker)
    async with monitor() as session:
        assert_type(await session.call(fetch, "/"), bytes)
    assert_type(session.stats.elapsed_s, float)
    policy.call(read, 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def what_they_are(function: Callable[[int], str]) -> None:
    assert_type(monitor(function), Monitored[[int], str])
    assert_type(monitor()(function), Monitored[[int], str])
    assert_type(cached(function), Cached[[int], str])
    assert_type(cached(ttl=1)(function), Cached[[int], str])
    assert_type(breaker(function), Guarded[[int], str])
    assert_type(breaker()(function), Guarded[[int], str])
    assert_type(retry(function), Callable[[int], str])
    assert_type(retry()(function), Callable[[int], str])
    assert_type(limit("1/s")(function), Callable[[int], str])


# Stacked as the front door advises.


@monitor
@cached(ttl="5 min")
@breaker(failure_threshold=5)
@retry(max_attempts=5)
@limit("50/s", max_concurrency=5)
async def stacked(key: str) -> int:
    return len(key)


async def stack() -> None:
    assert_type(await stacked("a"), int)
    assert_type(stacked.stats.calls, int)


# A coalescer knows its items and their answers.


async def squares(numbers: list[int]) -> list[int]:
    return [number**2 for number in numbers]


async def lengths(words: list[str]) -> dict[str, int | Exception]:
    return {word: len(word) for word in words}


def doubles(numbers: list[int]) -> list[float]:
    return [2.0 * number for number in numbers]


async def coalescing() -> None:
    square: Coalescer[int, int] = Coalescer(squares, max_items=50, max_wait="5 ms")
    assert_type(await square(3), int)
    assert_type(await Coalescer(squares)(3), int)
    assert_type(await Coalescer(doubles)(3), float)
    length: Coalescer[str, int] = Coalescer(lengths)
    assert_type(await length("word"), int)
    async with Coalescer(squares) as same:
        assert_type(same, Coalescer[int, int])
    await square("3")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


# What cannot work is an error before it runs.

retry(max_attempt=5)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
breaker(treshold=5)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
cached(ttl=5, max_item=5)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
limit(50)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
