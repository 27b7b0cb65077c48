from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.testing import FaultServer, answer, never_answer
from tests.client.streaming.servers import TRANSPORTS, Feed, made
from tests.paces import at_any_pace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

both = pytest.mark.parametrize("transport", TRANSPORTS)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A server that does what the test says."""
    with FaultServer() as it:
        yield it


@both
def test_a_stream_that_goes_quiet_raises(transport: str, server: FaultServer) -> None:
    """After its time and not before, with what came before it given; its connection is ended."""
    server.when("/x", Feed(b"one\ntw").reaction, answer(b"fine\n"))
    with made(transport, server.url, max_connections=1) as api:
        lines = iter(api.stream("/x", stall_timeout="0.2 s").lines())
        assert next(lines) == "one"
        since = time.monotonic()
        with pytest.raises(nk.StreamStalled, match=r"nothing more came for 0\.2 s") as caught:
            next(lines)
        assert 0.19 < time.monotonic() - since < 20
        assert isinstance(caught.value, TimeoutError)
        assert isinstance(caught.value, nk.TransportError)
        assert caught.value.call == f"GET {server.url}/x"
        assert server.connections.wait_ended(1, 20)
        assert list(api.stream("/x").lines()) == ["fine"]


@both
@at_any_pace
def test_silence_before_the_head_counts_too(
    pace: float, transport: str, server: FaultServer
) -> None:
    """Where the client tries again, each opening has its own time."""
    server.when("/x", never_answer(), Feed().reaction)
    stall_s = 0.1 * pace
    with made(transport, server.url, retry=None) as api:
        with pytest.raises(nk.StreamStalled, match=f"nothing came for {stall_s:g} s"):
            next(iter(api.stream("/x", stall_timeout=stall_s).lines()))
        # The head has come, and the body does not begin.
        with pytest.raises(nk.StreamStalled, match=f"nothing more came for {stall_s:g} s"):
            next(iter(api.stream("/x", stall_timeout=stall_s).lines()))


@at_any_pace
def test_an_opening_that_stalled_is_tried_again(pace: float) -> None:
    """As a call that timed out would be."""
    with FaultServer() as server:
        server.when("/x", never_answer(), answer(b"one\n"))
        with nk.Client(server.url, retry=nk.Retry(base_delay=0.001)) as api:
            assert list(api.stream("/x", stall_timeout=0.1 * pace).lines()) == ["one"]
        assert len(server.requests) == 2


@both
@at_any_pace
def test_it_takes_the_place_of_the_limit_for_reading(
    pace: float, transport: str, server: FaultServer
) -> None:
    """A client's or a request's `timeout` does not end a stream that may be quiet for longer."""
    feed = Feed(b"one\n")
    server.when("/x", feed.reaction)

    async def later(lines: AsyncIterator[str]) -> str:
        waiting: asyncio.Future[str] = asyncio.ensure_future(_next(lines))
        await asyncio.sleep(0.25 * pace)
        feed.send(b"two\n")
        return await waiting

    client = made(transport, server.url, timeout=0.1 * pace)
    with client.stream("/x", timeout=0.05 * pace, stall_timeout=None) as opened:
        # The head is here and nobody reads yet.
        time.sleep(0.2 * pace)
        assert next(iter(opened.lines())) == "one"
        assert asyncio.run(later(aiter(opened.lines()))) == "two"
        feed.end()
        assert list(opened.lines()) == []
    client.close()


@both
@at_any_pace
def test_time_in_which_nobody_reads_does_not_count(
    pace: float, transport: str, server: FaultServer
) -> None:
    """A reader that works for longer on an item than the server may be silent loses nothing."""
    feed = Feed(b"one\n")
    server.when("/x", feed.reaction)
    with made(transport, server.url) as api:
        lines = iter(api.stream("/x", stall_timeout=0.15 * pace).lines())
        assert next(lines) == "one"
        time.sleep(0.4 * pace)
        feed.send(b"two\n")
        assert next(lines) == "two"
        time.sleep(0.4 * pace)
        with pytest.raises(nk.StreamStalled):
            next(lines)


async def _next(lines: AsyncIterator[str]) -> str:
    return await anext(lines)


@at_any_pace
def test_what_comes_while_the_loop_is_blocked_counts_as_come(
    pace: float, server: FaultServer
) -> None:
    """The clock runs where the bytes come in; a cell that blocks its loop does not stall them."""
    feed = Feed(b"one\n")
    server.when("/x", feed.reaction)

    async def main() -> None:
        async with nk.Client(server.url) as client:
            lines = aiter(client.stream("/x", stall_timeout=0.2 * pace).lines())
            assert await anext(lines) == "one"
            reading = asyncio.ensure_future(anext(lines))
            await asyncio.sleep(0.01)
            feed.send(b"two\n")
            time.sleep(0.5 * pace)  # noqa: ASYNC251 - that is the point
            assert await reading == "two"
            feed.end()
            assert [line async for line in lines] == []

    asyncio.run(main())


@at_any_pace
def test_comments_of_an_event_stream_are_a_sign_of_life(pace: float, server: FaultServer) -> None:
    """Whatever comes is no silence, though no item is made of it."""
    feed = Feed(media_type="text/event-stream")
    server.when("/x", feed.reaction)

    async def main() -> None:
        async with nk.Client(server.url) as client:
            events = aiter(client.stream("/x", stall_timeout=0.3 * pace).sse())
            reading: Any = asyncio.ensure_future(anext(events))
            for _ in range(5):
                await asyncio.sleep(0.1 * pace)
                feed.send(b": still here\n\n")
            feed.send(b"data: 1\n\n")
            assert (await reading).data == "1"

    asyncio.run(main())


def test_thirty_seconds_if_nothing_is_said() -> None:
    """The default, as documented."""
    client = nk.Client("http://host")
    stream = client.stream("/x")
    assert stream._make_pump()._stall_s == 30
    repr(stream)
    client.close()


@both
@pytest.mark.parametrize("whose", ["stream", "client", "breaker"])
@at_any_pace
def test_a_limit_of_an_attempt_holds_for_the_head_of_a_stream(
    pace: float, transport: str, whose: str, server: FaultServer
) -> None:
    """A head that does not come in time is late; the body may take longer than that."""
    server.when("/silent", never_answer())
    feed = Feed(b"one\n")
    server.when("/slow", feed.reaction)
    options: dict[str, Any] = {"retry": None}
    given: dict[str, Any] = {}
    limit_s = 0.3 * pace
    if whose == "stream":
        given["attempt_timeout"] = limit_s
    elif whose == "client":
        options["attempt_timeout"] = limit_s
    else:
        options["breaker"] = nk.Breaker(call_timeout=limit_s)
    with made(transport, server.url, **options) as api:
        with pytest.raises(nk.RequestTimeout, match=f"_timeout={limit_s:g} s"):
            next(iter(api.stream("/silent", **given).lines()))
        lines = iter(api.stream("/slow", **given).lines())
        assert next(lines) == "one"
        time.sleep(0.4 * pace)
        feed.send(b"two\n")
        assert next(lines) == "two"
        feed.end()
        assert list(lines) == []
