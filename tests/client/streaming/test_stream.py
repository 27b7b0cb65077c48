from __future__ import annotations

import asyncio
import contextlib
import gzip
import io
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.execution import submit
from notebook_kit.testing import (
    FaultServer,
    Reset,
    answer,
    answer_chunked,
    close_without_answer,
    half_body,
    half_chunk,
    never_answer,
    reset_before_headers,
    reset_within_body,
)
from tests.client.streaming.servers import TRANSPORTS, Feed, endless, made

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_kit.demo import DemoServer

both = pytest.mark.parametrize("transport", TRANSPORTS)
JSON = [("content-type", "application/json")]


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A server that does what the test says."""
    with FaultServer() as it:
        yield it


async def listed(reading: Any) -> list[Any]:
    return [item async for item in reading]


@both
def test_each_view_in_both_kinds_of_loop(transport: str, server: FaultServer) -> None:
    """`for` and `async for` give the same, on every transport."""
    server.when("/x", answer_chunked([b'{"a":', b' 1}\n\n"\xc3', b'\xa9"\n']))
    server.when("/events", answer_chunked([b"data: 1\n", b"\ndata: [DONE]\n\n"]))
    with made(transport, server.url) as api:
        wanted: list[tuple[str, list[Any]]] = [
            ("bytes", [b'{"a": 1}\n\n"\xc3\xa9"\n']),
            ("raw", [b'{"a": 1}\n\n"\xc3\xa9"\n']),
            ("text", ['{"a": 1}\n\n"é"\n']),
            ("lines", ['{"a": 1}', "", '"é"']),
            ("json_lines", [{"a": 1}, "é"]),
        ]
        for view, whole in wanted:
            reading = getattr(api.stream("/x"), view)()
            for found in (list(reading), asyncio.run(listed(reading))):
                same = found if view in {"lines", "json_lines"} else [type(whole[0])().join(found)]
                assert same == whole
        events = api.stream("/events").sse()
        assert [event.data for event in events] == ["1", "[DONE]"]
        assert [event.data for event in asyncio.run(listed(events))] == ["1", "[DONE]"]


@both
def test_an_opened_stream_shows_its_head_first(transport: str, server: FaultServer) -> None:
    """Both kinds of block; what comes of the body is read as it comes."""
    feed, other = Feed(b"one\n"), Feed(b"one\n")
    server.when("/x", feed.reaction, other.reaction)
    client = made(transport, server.url)

    async def main() -> None:
        async with client.stream("/x") as opened:
            assert (opened.status_code, opened.headers["content-type"]) == (200, "text/plain")
            assert (opened.media_type, opened.url.path) == ("text/plain", "/x")
            lines = aiter(opened.lines())
            assert await anext(lines) == "one"
            feed.send(b"two\n")
            assert await anext(lines) == "two"
            feed.end()
            assert await listed(lines) == []

    asyncio.run(main())
    with client.stream("/x") as opened:
        assert opened.status_code == 200
        for line in opened.lines():
            if line == "one":
                other.send(b"two\nthree\n")
                continue
            break
        # The block owns the stream: the next loop goes on where this one was left.
        other.end()
        assert list(opened.lines()) == ["three"]
        assert list(opened.lines()) == []
    client.close()


def test_an_opened_stream_is_read_in_one_way(server: FaultServer) -> None:
    """A second view could not give what the first one has taken."""
    server.when("/x", answer_chunked([b"one\n"]))
    with nk.Client(server.url) as api, api.stream("/x") as opened:
        assert next(iter(opened.lines())) == "one"
        with pytest.raises(nk.ConfigurationError, match="read as lines; it cannot be read as text"):
            opened.text()


def test_nothing_is_sent_before_it_is_read_and_again_each_time(server: FaultServer) -> None:
    """A stream is a request as a value."""
    server.when("/x", answer(b"one\n"))
    with nk.Client(server.url) as api:
        stream = api.stream("/x")
        lines = stream.lines()
        iter(lines)
        assert server.requests == ()
        assert list(lines) == list(lines) == ["one"]
        assert len(server.requests) == 2


def test_method_and_options_are_those_of_a_call(server: FaultServer) -> None:
    """What `request` takes, a stream takes."""
    server.when("/x", answer(b"one\n"))
    with nk.Client(server.url) as api:
        options: Any = {"params": {"a": 1}, "headers": {"x-b": "2"}, "json": {"stream": True}}
        assert list(api.stream("/x", method="post", **options).lines()) == ["one"]
    (request,) = server.requests
    assert (request.method, request.target, request.body) == ("POST", "/x?a=1", b'{"stream":true}')
    assert request.header("x-b") == b"2"


def test_what_is_written_as_in_httpx_is_taught() -> None:
    """The message has the line to write."""
    client: Any = nk.Client("http://host")
    for wrong in (("GET", "/x"), ("/x", "GET")):
        with pytest.raises(nk.ConfigurationError, match=r"client\.stream\('/x', method='GET'\)"):
            client.stream(*wrong)
    with pytest.raises(nk.ConfigurationError, match="Did you mean 'stall_timeout'"):
        client.stream("/x", stal_timeout=3)
    with pytest.raises(nk.ConfigurationError, match="stall_timeout=0 must be more than zero"):
        client.stream("/x", stall_timeout=0)
    with pytest.raises(nk.ConfigurationError, match="has a placeholder"):
        client.stream("/x/{id}")
    client.close()
    with pytest.raises(nk.ClosedError):
        client.stream("/x")


def test_a_stream_by_itself_says_how_it_is_read() -> None:
    """Iterating or awaiting it would have to guess."""
    client = nk.Client("http://host")
    stream: Any = client.stream("/x")
    with pytest.raises(nk.ConfigurationError, match=r"for line in stream\.lines\(\)"):
        iter(stream)

    async def main() -> None:
        with pytest.raises(nk.ConfigurationError, match="Say how GET http://host/x is to be read"):
            await stream
        with pytest.raises(nk.ConfigurationError, match="async for line"):
            aiter(stream)

    asyncio.run(main())
    client.close()


def test_shown_in_a_cell_it_says_what_to_type() -> None:
    """No key is shown, and what came from outside is escaped."""
    client = nk.Client("http://host")
    stream = client.stream("/<b>?api_key=hunter2")
    for shown in (repr(stream), repr(stream.lines()), stream._repr_html_()):
        assert "stream.lines()" in shown
        assert "hunter2" not in shown
    assert "<b>?" not in stream._repr_html_()
    client.close()


def test_one_that_was_never_sent_warns_once_a_line() -> None:
    """As a call does; also where a view was made of it and never read."""
    client = nk.Client("http://host")

    def forgotten() -> None:
        for _ in range(3):
            client.stream("/x").lines()

    with pytest.warns(nk.UnsentCallWarning, match="GET http://host/x was never sent: read") as all_:
        forgotten()
    assert len(all_) == 1
    client.close()


@both
def test_errors_are_those_of_a_call(transport: str, server: FaultServer) -> None:
    """Raised before the first item; the body of an error is read, within bounds."""
    server.when("/x", answer(b'{"message": "no such thing"}', status=404, headers=JSON))
    with made(transport, server.url) as api:
        with pytest.raises(nk.NotFound, match="answered 404 Not Found: no such thing") as caught:
            next(iter(api.stream("/x").lines()))
        assert caught.value.response.json() == {"message": "no such thing"}
        assert caught.value.attempts == 1

        async def main() -> None:
            with pytest.raises(nk.NotFound):
                async with api.stream("/x"):
                    pass

        asyncio.run(main())


@both
def test_the_body_of_an_error_is_read_so_far_and_no_further(
    transport: str, server: FaultServer
) -> None:
    """A server that answers 400 and never ends its page holds up nobody, nor a connection."""
    server.when("/x", endless(b"x" * 10_000, status="400 Bad"))
    server.when("/fine", answer(b"fine\n"))
    with made(transport, server.url, max_connections=1) as api:
        with pytest.raises(nk.APIError) as caught:
            list(api.stream("/x").lines())
        assert 60_000 < len(caught.value.response.content) < 600_000
        assert api.get("/fine").text == "fine\n"


@both
def test_the_opening_is_tried_again_and_nothing_after_it(
    transport: str, server: FaultServer
) -> None:
    """What broke off before the head came is repeated; what broke off later is an error."""
    busy = answer(status=503, headers=[("retry-after-ms", "1")])
    server.when("/x", reset_before_headers(), busy, answer(b"one\n"))
    server.when("/half", half_chunk(b"one\ntw"))
    with made(transport, server.url, retry=nk.Retry(base_delay=0.001)) as api:
        assert list(api.stream("/x").lines()) == ["one"]
        assert len(server.requests) == 3
        lines = iter(api.stream("/half").lines())
        assert next(lines) == "one"
        with pytest.raises(nk.ConnectionLost, match="before the whole answer had come") as caught:
            next(lines)
        assert caught.value.attempts == 1
        assert caught.value.call == f"GET {server.url}/half"
        with pytest.raises(nk.ClosedError):
            next(lines)
        assert len(server.requests) == 4


@both
def test_a_post_is_not_repeated(transport: str, server: FaultServer) -> None:
    """It may have been processed, as with a call."""
    server.when("/x", close_without_answer())
    with made(transport, server.url) as api, pytest.raises(nk.ConnectionLost):
        list(api.stream("/x", method="POST", json={}).lines())
    assert len(server.requests) == 1


@both
@pytest.mark.parametrize(
    "broken", [half_body(b"one\n"), half_chunk(b"one\n"), reset_within_body(b"one\n")]
)
def test_a_body_that_is_cut_off_is_an_error(
    transport: str, broken: Any, server: FaultServer
) -> None:
    """However it is cut off, and after all that came was given."""
    server.when("/x", broken)
    found: list[str] = []
    with made(transport, server.url) as api, pytest.raises(nk.ConnectionLost):
        found.extend(api.stream("/x").lines())
    # A reset may overtake what was sent before it.
    assert found == ["one"] or broken.steps[-1] == Reset()


@both
def test_compressed_answers(transport: str, server: FaultServer) -> None:
    """Read as they were before; `raw` gives them as they come; cut off, they are an error."""
    data = "".join(f"line {number}\n" for number in range(5000)).encode()
    packed = gzip.compress(data)
    coding = [("content-encoding", "gzip")]
    server.when("/x", answer(packed, headers=coding))
    server.when("/cut", answer(packed[:-5], headers=coding))
    server.when("/none", answer(b"no gzip", headers=coding))
    with made(transport, server.url) as api:
        assert b"".join(api.stream("/x").bytes()) == data
        assert b"".join(api.stream("/x").raw()) == packed
        assert len(list(api.stream("/x").lines())) == 5000
        for path in ("/cut", "/none"):
            with pytest.raises(nk.DecodeError, match="cannot be decompressed"):
                list(api.stream(path).lines())


@both
def test_redirects_are_followed_as_the_client_says(transport: str, server: FaultServer) -> None:
    """And the opened stream tells where it was led."""
    server.when("/x", answer(b"go", status=302, headers=[("location", "/y")]))
    server.when("/y", answer(b"one\n"))
    with made(transport, server.url) as api:
        assert list(api.stream("/x").lines()) == ["go"]
        with api.stream("/x", follow_redirects=True) as opened:
            assert (opened.url.path, len(opened.history)) == ("/y", 1)
            assert list(opened.lines()) == ["one"]


@both
def test_an_answer_without_a_body(transport: str, server: FaultServer) -> None:
    """Gives nothing, and raises nothing."""
    server.when("/x", answer(status=204))
    with made(transport, server.url) as api:
        assert list(api.stream("/x").text()) == []
        assert list(api.stream("/x", method="HEAD").lines()) == []


def test_a_body_that_can_be_read_once_is_sent_once(server: FaultServer) -> None:
    """The second reading says so."""
    server.when("/x", answer(b"one\n"))

    async def parts() -> Any:
        yield b"part"

    with nk.Client(server.url) as api:
        stream = api.stream("/x", method="POST", content=parts())
        assert list(stream.lines()) == ["one"]
        with pytest.raises(nk.ConfigurationError):
            list(stream.lines())
        file = api.stream("/x", method="POST", content=io.BytesIO(b"abc"))
        assert list(file.lines()) == list(file.lines()) == ["one"]


def test_limits_breaker_and_checks_of_the_client_hold_for_the_opening(server: FaultServer) -> None:
    """A breaker opens by streams that fail, and keeps streams away; rates count them."""
    server.when("/x", answer(status=500))
    server.when("/fine", answer(b"one\n"))
    breaker = nk.Breaker(failure_threshold=2, reset_timeout=60)
    with nk.Client(server.url, breaker=breaker, retry=None) as api:
        for _ in range(2):
            with pytest.raises(nk.ServerError):
                list(api.stream("/x").lines())
        with pytest.raises(nk.CircuitOpen):
            list(api.stream("/x").lines())
    rate = nk.Rate(2, per="min", burst=True)
    with nk.Client(server.url, rate=rate) as api:
        assert list(api.stream("/fine").lines()) == list(api.stream("/fine").lines())
        with pytest.raises(TimeoutError):
            submit(_first(api.stream("/fine"))).result(0.1)


async def _first(stream: nk.Stream) -> str:
    async with asyncio.timeout(0.05):
        return await anext(aiter(stream.lines()))


def test_checks_of_values_do_not_ask_a_stream_for_its_body(server: FaultServer) -> None:
    """A `retry_value` and the usage of a rate are for whole answers."""
    server.when("/x", answer(b"one\n"))
    rate = nk.Rate(1000, per="s", weight=lambda _item: 1, usage=lambda value: value["n"])
    retry = nk.Retry(retry_value=lambda _value: True)
    with nk.Client(server.url, rate=rate, retry=retry) as api:
        assert list(api.stream("/x").lines()) == ["one"]


def test_a_cache_has_no_part_in_streams(server: FaultServer) -> None:
    """They are neither kept nor taken from what is; to ask for that is refused."""
    server.when("/x", answer(b"one\n"))
    with nk.Client(server.url, cache="5 min") as api:
        assert api.get("/x").text == "one\n"
        for _ in range(2):
            assert list(api.stream("/x", fresh=True).lines()) == ["one"]
        assert len(server.requests) == 3
        with pytest.raises(nk.ConfigurationError, match="A stream is not kept"):
            api.stream("/x", cache="5 min")


def test_a_stream_is_read_on_any_loop_and_several(server: FaultServer) -> None:
    """One client: two loops in two threads and one after the other; the I/O loop itself too."""
    server.when("/x", answer_chunked([b"one\n", b"two\n"], pause_s=0.01))
    client = nk.Client(server.url)
    found: list[list[str]] = []

    def read() -> None:
        found.append(asyncio.run(listed(client.stream("/x").lines())))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    found.append(asyncio.run(listed(client.stream("/x").lines())))
    found.append(submit(listed(client.stream("/x").lines())).result(10))
    assert found == [["one", "two"]] * 6
    client.close()


def test_waiting_on_the_io_thread_is_refused(server: FaultServer) -> None:
    """It would wait for itself; nothing is sent."""
    client = nk.Client(server.url)

    async def blocking(use: Any) -> None:
        with pytest.raises(nk.WouldDeadlock, match="async for"):
            use()

    def enter() -> None:
        with client.stream("/x"):
            pass

    for use in (lambda: list(client.stream("/x").lines()), enter):
        submit(blocking(use)).result(20)
    assert server.requests == ()
    client.close()


def test_a_stream_has_one_reader(server: FaultServer) -> None:
    """Two tasks that read from one iterator would each have holes."""
    feed = Feed()
    server.when("/x", feed.reaction)

    async def main() -> None:
        async with nk.Client(server.url) as client, client.stream("/x") as opened:
            lines = aiter(opened.lines())
            first = asyncio.ensure_future(anext(lines))
            await asyncio.sleep(0)
            with pytest.raises(nk.ConfigurationError, match="read by another task"):
                await anext(lines)
            feed.send(b"one\n")
            assert await first == "one"
            feed.end()

    asyncio.run(main())


def test_a_wait_that_was_cut_off_in_a_block_loses_nothing(server: FaultServer) -> None:
    """Whoever opened the stream may look elsewhere for a while and read on."""
    feed = Feed()
    server.when("/x", feed.reaction)

    async def main() -> None:
        async with nk.Client(server.url) as client, client.stream("/x") as opened:
            lines = aiter(opened.lines())
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(lines), 0.02)
            feed.send(b"one\n")
            assert await anext(lines) == "one"
            feed.end()

    asyncio.run(main())


def test_a_stream_is_open_once_at_a_time(server: FaultServer) -> None:
    """Two blocks of one stream could not tell whose end is whose."""
    server.when("/x", answer(b"one\n"))
    with nk.Client(server.url) as api:
        stream = api.stream("/x")
        with stream, pytest.raises(nk.ConfigurationError, match="is open already"), stream:
            pass
        with stream as opened:
            assert list(opened.lines()) == ["one"]


def test_a_stream_that_ended_gives_its_connection_to_the_next(server: FaultServer) -> None:
    """Read to its end, nothing is closed."""
    server.when("/x", answer_chunked([b"one\n"]))
    with nk.Client(server.url) as api:
        for _ in range(5):
            assert list(api.stream("/x").lines()) == ["one"]
        with api.stream("/x") as opened:
            list(opened.lines())
        api.get("/x")
    assert server.connections.opened == 1


def test_keys_are_never_shown(server: FaultServer) -> None:
    """In no error of a stream, whenever it arises."""
    server.when("/x", half_chunk(b"oops\n"))
    with nk.Client(server.url, headers={"x-api-key": nk.Secret("hunter2")}) as api:
        for view in ("lines", "json_lines"):
            with pytest.raises(nk.RequestError) as caught:
                list(getattr(api.stream("/x?api_key=hunter2"), view)())
            assert "hunter2" not in f"{caught.value} {caught.value.call} {caught.value!r}"
        with api.stream("/x?api_key=hunter2") as opened:
            assert "hunter2" not in repr(opened)
            assert "hunter2" not in repr(opened.lines())
            assert "hunter2" not in opened._repr_html_()


def test_the_demo_api_s_streams(demo: DemoServer) -> None:
    """Words of a text, and the events of a chat as an LLM sends them."""
    with nk.Client(demo.url) as api:
        text = "".join(api.stream("/stream/text/the sea").text())
        events = api.stream("/stream/text/the sea", params={"format": "sse"}).sse()
        told = [event.json()["text"] for event in events if event.data != "[DONE]"]
        assert "".join(told) == text
    assert text.lower().count("the sea") >= 1


def test_streams_in_trio(server: FaultServer) -> None:
    """`for` needs no loop of asyncio."""
    trio = pytest.importorskip("trio")
    server.when("/x", answer(b"one\ntwo\n"))

    async def main() -> list[str]:
        with contextlib.closing(nk.Client(server.url)) as client:
            return list(client.stream("/x").lines())

    assert trio.run(main) == ["one", "two"]


def test_a_client_of_the_user_s_own_httpx(server: FaultServer) -> None:
    """What sends does not matter."""
    server.when("/x", answer_chunked([b"one\n"]))
    with nk.Client(http_client=httpx.AsyncClient(base_url=server.url)) as api:
        assert list(api.stream("/x").lines()) == ["one"]


def test_never_answered_and_closed(server: FaultServer) -> None:
    """The client is closed while a stream is being opened, and while it is read."""
    server.when("/x", never_answer())
    feed = Feed(b"one\n")
    server.when("/fed", feed.reaction)

    async def main() -> None:
        client = nk.Client(server.url)
        opening = asyncio.ensure_future(listed(client.stream("/x").lines()))
        lines = aiter(client.stream("/fed").lines())
        assert await anext(lines) == "one"
        reading = asyncio.ensure_future(anext(lines))
        await asyncio.to_thread(server.wait_requests, 2)
        await client.close()
        for task in (opening, reading):
            with pytest.raises(nk.ClosedError):
                await task

    asyncio.run(main())


def test_a_stream_is_opened_by_one_task_at_a_time(server: FaultServer) -> None:
    """A second task is refused while the first is still opening it, and may open it afterwards."""
    feed = Feed(b"one\n")
    server.when("/x", feed.reaction)
    client = nk.Client(server.url)

    async def main() -> None:
        stream = client.stream("/x")
        first = asyncio.ensure_future(stream.__aenter__())
        await asyncio.sleep(0)
        with pytest.raises(nk.ConfigurationError, match="open already"):
            await stream.__aenter__()
        opened = await first
        assert await anext(aiter(opened.lines())) == "one"
        await stream.__aexit__(None, None, None)
        async with stream as again:
            assert again.status_code == 200

    asyncio.run(main())
    client.close().wait()


def test_a_stream_that_did_not_open_can_be_opened_again(server: FaultServer) -> None:
    """An error at the opening leaves nothing open."""
    server.when("/x", answer(b"no", status=500))
    with nk.Client(server.url, retry=0) as api:
        stream = api.stream("/x")
        for _ in range(2):
            with pytest.raises(nk.ServerError), stream:
                pass

    async def main() -> None:
        async with nk.Client(server.url, retry=0) as client:
            stream = client.stream("/x")
            for _ in range(2):
                with pytest.raises(nk.ServerError):
                    async with stream:
                        pass

    asyncio.run(main())
