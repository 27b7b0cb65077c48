from __future__ import annotations

import asyncio

import pytest

from notebook_kit.decorators.single_flight import SingleFlight
from tests.lifetime.resources import turns
from tests.loops import in_loop


class Source:
    """Counts its calls, and waits until it may answer."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.ended = 0
        self.gate = asyncio.Event()

    async def __call__(self, key: str, more: str = "") -> list[str]:
        self.asked.append((key, more))
        try:
            await self.gate.wait()
        finally:
            self.ended += 1
        return [key, more]


@in_loop
async def test_who_comes_later_begins_anew() -> None:
    """One call at a time for a key, whatever else is given; none is kept, copies are given."""
    source = Source()
    flight = SingleFlight(source)
    source.gate.set()
    first = list(await asyncio.gather(flight("a", "1"), flight("a", "2"), flight("b")))
    assert first == [["a", "1"], ["a", "1"], ["b", ""]]
    assert first[0] is not first[1]
    assert await flight("a", "3") == ["a", "3"]
    assert source.asked == [("a", "1"), ("b", ""), ("a", "3")]


@in_loop
async def test_an_error_is_for_all_who_wait() -> None:
    """And for nobody after them."""

    async def fails(_: str) -> None:
        raise LookupError

    flight = SingleFlight(fails)
    told = await asyncio.gather(flight("a"), flight("a"), return_exceptions=True)
    assert [type(it) for it in told] == [LookupError, LookupError]


@in_loop
async def test_the_last_who_leaves_takes_the_call_along() -> None:
    """The others are not touched by the cancellation of one."""
    source = Source()
    flight = SingleFlight(source)
    one, other = (asyncio.ensure_future(flight("a")) for _ in range(2))
    await turns()
    one.cancel()
    await turns()
    assert source.ended == 0
    other.cancel()
    with pytest.raises(asyncio.CancelledError):
        await other
    await turns()
    assert source.ended == 1
