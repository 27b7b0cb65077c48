"""Errors while something closes: told, each of them, and never in the place of the first error."""

from __future__ import annotations

import asyncio
import gc
from contextlib import AsyncExitStack, ExitStack
from typing import TYPE_CHECKING

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.lifetime.registry import register
from notebook_kit.testing import nothing_left_open
from tests.client.crowds import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    """What failed to close is closed all the same."""
    with nothing_left_open():
        yield


class Body(httpx.AsyncByteStream):
    """Breaks in the middle, and fails at being closed."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"half"
        message = "the first error"
        raise httpx.ReadError(message)

    async def aclose(self) -> None:
        message = "fault of closing"
        raise OSError(message)


class Transport(httpx.AsyncBaseTransport):
    """Fails at closing, and notes that it was closed."""

    def __init__(
        self, name: str, closed: list[str], body: httpx.AsyncByteStream | None = None
    ) -> None:
        self.name = name
        self.closed = closed
        self.body = body

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=self.body)

    async def aclose(self) -> None:
        self.closed.append(self.name)
        message = f"{self.name} is broken"
        raise OSError(message)


def clients(closed: list[str]) -> list[nk.Client]:
    """Three clients that fail at closing."""
    names = ("first", "second", "third")
    return [nk.Client("http://fake.test", transport=Transport(it, closed)) for it in names]


def test_close_all_tells_of_each_and_closes_the_rest() -> None:
    """Newest first; one that fails stops none of the others, and no error is left out."""
    closed: list[str] = []
    made = clients(closed)
    with pytest.raises(nk.NotebookKitError, match="Closing failed for 3") as caught:
        nk.close_all()
    assert closed == ["third", "second", "first"]
    assert all(client.is_closed for client in made)
    for name in closed:
        assert f"OSError: {name} is broken" in str(caught.value)
    assert isinstance(caught.value.__cause__, OSError)


def test_a_good_one_among_bad_ones_is_closed_too() -> None:
    """Resources of other kinds are closed by the same rule."""
    closed: list[str] = []

    class Owner:
        pass

    async def close() -> None:
        closed.append("good")

    owner = Owner()
    made = clients(closed)
    register(owner, kind="other", name="good", close_soon=lambda: None, aclose=close)
    made.append(nk.Client("http://fake.test", transport=Transport("newest", closed)))
    with pytest.raises(nk.NotebookKitError, match="Closing failed for 4"):
        nk.close_all()
    assert closed == ["newest", "good", "third", "second", "first"]


def test_several_in_one_stack_are_all_closed() -> None:
    """In reverse order; the first fault comes out, and the others are notes on it."""
    closed: list[str] = []
    stack = ExitStack()
    for client in clients(closed):
        stack.enter_context(client)
    with pytest.raises(OSError, match="is broken") as caught:
        stack.close()
    assert closed == ["third", "second", "first"]
    assert str(caught.value) == "third is broken"
    second, first = caught.value.__notes__
    assert "second is broken" in second
    assert "first is broken" in first


def test_the_error_of_a_stack_comes_first() -> None:
    """Each fault of closing is a note on it."""
    closed: list[str] = []

    async def main() -> None:
        async with AsyncExitStack() as stack:
            for client in clients(closed):
                await stack.enter_async_context(client)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        asyncio.run(main())
    assert closed == ["third", "second", "first"]
    notes = caught.value.__notes__
    assert ["third" in notes[0], "second" in notes[1], "first" in notes[2]] == [True] * 3


def test_a_cancellation_comes_before_a_fault_of_closing() -> None:
    """It is raised again, with a note."""
    closed: list[str] = []
    caught: list[BaseException] = []

    async def work(inside: asyncio.Event) -> None:
        try:
            async with clients(closed)[0]:
                inside.set()
                await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError as error:
            caught.append(error)
            raise

    async def main() -> None:
        inside = asyncio.Event()
        task = asyncio.create_task(work(inside))
        await inside.wait()
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    asyncio.run(main())
    assert "first is broken" in caught[0].__notes__[0]


def test_the_error_of_a_stream_comes_before_that_of_its_closing() -> None:
    """What broke the stream is what its reader is told."""
    closed: list[str] = []
    client = nk.Client("http://fake.test", transport=Transport("it", closed, Body()))
    with pytest.raises(nk.ConnectionLost, match="the first error"):
        list(client.stream("/x").bytes())
    with pytest.raises(OSError, match="it is broken"):
        client.close()


def test_a_fault_of_closing_holds_no_secret() -> None:
    """Neither as a note nor in what close_all says."""
    key = nk.Secret("planted-secret-value")
    closed: list[str] = []
    made = [nk.Client("http://fake.test", transport=Transport(key.reveal(), closed))]
    with pytest.raises(ZeroDivisionError) as caught, made[0]:
        raise ZeroDivisionError
    assert "is broken" in caught.value.__notes__[0]
    assert "planted" not in caught.value.__notes__[0]


def test_one_that_was_dropped_tells_of_it_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody is there to be raised to, so it is logged."""
    closed: list[str] = []
    client = nk.Client("http://fake.test", transport=Transport("dropped", closed))
    client.get("/x").result()
    del client

    def told() -> bool:
        gc.collect()
        return any("dropped is broken" in str(it.exc_info) for it in caplog.records)

    assert until(told)
    assert closed == ["dropped"]
