from __future__ import annotations

import asyncio
import logging
import traceback
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.integrations.websocket import WebSocket
from notebook_kit.testing import nothing_left_open
from tests.client.crowds import until
from tests.loops import in_loop
from tests.servers.websocket import WebSocketServer, read_into

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Iterator

TOKEN = "tok-5f1c9a7713"
PASSWORD = "pw-77e0b1c2d3"
KEY = "key-0a9b8c7d6e"


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    """No socket, task or thread is there after any of it."""
    with nothing_left_open():
        yield


@pytest.fixture
def server() -> Iterator[WebSocketServer]:
    """A server that sends back what it is sent."""
    with WebSocketServer() as it:
        yield it


@in_loop
async def test_messages_of_both_kinds(server: WebSocketServer) -> None:
    """Text comes back as text, bytes as bytes, in order; a ping tells how long it took."""
    async with WebSocket(server.url) as socket:
        for message in ("hello", b"\x00\xff", "", b"", "é" * 1000):
            await socket.send(message)
        given = [await socket.receive() for _ in range(5)]
        assert given == ["hello", b"\x00\xff", "", b"", "é" * 1000]
        assert await socket.ping() >= 0


@in_loop
async def test_it_is_connected_by_the_first_use_and_once(server: WebSocketServer) -> None:
    """However many use it at the same moment."""
    socket = WebSocket(server.url)
    assert server.accepted == 0
    await asyncio.gather(*(socket.send(f"keep {number}") for number in range(50)))
    assert await asyncio.to_thread(until, lambda: len(server.received) == 50)
    assert server.accepted == 1
    assert sorted(map(str, server.received)) == sorted(f"keep {number}" for number in range(50))
    await socket.close()


@in_loop
async def test_what_is_open_is_listed(server: WebSocketServer) -> None:
    """Once, with how it stands and what went through it."""
    async with WebSocket(server.url) as socket:
        await socket.send("hello")
        await socket.receive()
        (told,) = nk.open_resources()
        assert (told.kind, told.name) == ("websocket", server.url)
        assert "connected, 1 message sent, 1 received" in str(told)
        assert repr(socket).startswith(f"<WebSocket {server.url}: open, connected")


@pytest.mark.parametrize("code", [1000, 1001])
@in_loop
async def test_a_good_end_ends_the_loop(server: WebSocketServer, code: int) -> None:
    """And the next use connects again, without an error."""
    async with WebSocket(server.url) as socket:
        await socket.send("one")
        await socket.send(f"close {code}")
        assert [message async for message in socket] == ["one"]
        await socket.send("two")
        assert await socket.receive() == "two"
    assert server.accepted == 2


@in_loop
async def test_a_good_end_while_one_message_is_waited_for(server: WebSocketServer) -> None:
    """Is a lost connection: there is no message to give."""
    async with WebSocket(server.url) as socket:
        await socket.send("close 1000")
        with pytest.raises(nk.ConnectionLost, match="received 1000"):
            await socket.receive()


@pytest.mark.parametrize("message", ["close 1011", "leave"])
@in_loop
async def test_a_bad_end_raises_in_the_loop(server: WebSocketServer, message: str) -> None:
    """What came before it is given first."""
    got: list[str | bytes] = []
    async with WebSocket(server.url) as socket:
        await socket.send("one")
        got.append(await socket.receive())
        await socket.send(message)
        with pytest.raises(nk.ConnectionLost, match=r"the connection was lost.*makes a new one"):
            await read_into(got, socket)
    assert got == ["one"]


@in_loop
async def test_several_who_receive(server: WebSocketServer) -> None:
    """Each is given a message of its own."""
    async with WebSocket(server.url) as socket:
        waiting = [asyncio.ensure_future(socket.receive()) for _ in range(20)]
        for number in range(20):
            await socket.send(str(number))
        assert sorted(map(str, await asyncio.gather(*waiting))) == sorted(map(str, range(20)))


@in_loop
async def test_a_message_that_is_too_long(server: WebSocketServer) -> None:
    """The option is named; another is 10 MiB at most if nothing is said."""
    async with WebSocket(server.url, max_message="1 kB") as socket:
        await socket.send("x" * 1001)
        with pytest.raises(nk.ConnectionLost, match="max_message="):
            await socket.receive()
    async with WebSocket(server.url) as socket:
        await socket.send(b"x" * (10 * 1024**2))
        assert len(await socket.receive()) == 10 * 1024**2
        await socket.send(b"x" * (10 * 1024**2 + 1))
        with pytest.raises(nk.ConnectionLost, match="max_message="):
            await socket.receive()


@in_loop
async def test_what_is_no_message(server: WebSocketServer) -> None:
    """Is refused before anything is sent, or connected."""
    socket = WebSocket(server.url)
    with pytest.raises(nk.ConfigurationError, match=r"not a dict: send\(json.dumps"):
        await socket.send({"a": 1})  # type: ignore[arg-type]
    with pytest.raises(nk.ConfigurationError, match="half a character"):
        await socket.send("a\ud800")
    assert server.accepted == 0


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, nk.AuthenticationError),
        (403, nk.PermissionDenied),
        (404, nk.NotFound),
        (503, nk.ServerError),
    ],
)
@in_loop
async def test_a_refused_opening(
    server: WebSocketServer, status: int, kind: type[nk.APIError]
) -> None:
    """Is the error of its status, as in a client."""
    with pytest.raises(kind, match=f"it answered {status}"):
        await WebSocket(f"{server.url}/status/{status}").open()


@in_loop
async def test_a_redirect_is_not_followed(server: WebSocketServer) -> None:
    """Credentials would go along."""
    socket = WebSocket(f"{server.url}/status/302", headers={"x-api-key": nk.Secret(KEY)})
    with pytest.raises(nk.ConnectionFailed, match="redirects are not followed"):
        await socket.open()
    assert [path for path, _ in server.requests] == ["/status/302"]


@in_loop
async def test_headers_and_the_user_of_the_address(server: WebSocketServer) -> None:
    """They are sent with the opening, secrets in clear text."""
    url = server.url.replace("ws://", f"ws://me:{PASSWORD}@")
    headers = [("x-api-key", nk.Secret(KEY)), ("x-note", b"caf\xe9")]
    async with WebSocket(nk.Secret(f"{url}/feed?token={TOKEN}"), headers=headers):
        ((path, sent),) = server.requests
    assert path == f"/feed?token={TOKEN}"
    assert sent["x-api-key"] == KEY
    assert sent["Authorization"].startswith("Basic ")


@in_loop
async def test_an_encrypted_connection(
    server_context: ssl.SSLContext, client_context: ssl.SSLContext
) -> None:
    """Goes by the context that is given, and by what the system trusts where none is."""
    with WebSocketServer(ssl=server_context) as server:
        async with WebSocket(server.url, ssl=client_context) as socket:
            await socket.send("hello")
            assert await socket.receive() == "hello"
        with pytest.raises(nk.ConnectionFailed, match=r"(?i)certificate"):
            await WebSocket(server.url).open()


@in_loop
async def test_a_server_that_does_not_answer() -> None:
    """The opening has a limit."""
    async with _silent_server() as url:
        with pytest.raises(nk.ConnectionFailed, match="not made in time"):
            await WebSocket(url, open_timeout="20 ms").open()


@asynccontextmanager
async def _silent_server() -> AsyncIterator[str]:
    over = asyncio.Event()

    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        over.set()


@pytest.mark.parametrize(
    ("url", "options", "said"),
    [
        ("https://example.com", {}, "does not begin with wss:// or ws://"),
        ("ws://", {}, "names no server"),
        ("ws://example.com:99999", {}, "cannot be read"),
        ("ws://example.com/a b", {}, "white space"),
        ("ws://example.com/?token=****", {}, "a Secret was written into a text"),
        (7, {}, "url=7 is no address"),
        ("ws://example.com", {"ssl": object()}, "ssl= is for wss://"),
        ("ws://example.com", {"headers": {"a b": "c"}}, "is none"),
        ("ws://example.com", {"headers": {"x-api-key": "YOUR_API_KEY"}}, "placeholder"),
        ("ws://example.com", {"max_message": "big"}, "max_message='big' is not a size"),
        ("ws://example.com", {"ping_interval": 0}, "ping_interval=0 must be more than zero"),
        ("ws://example.com", {"open_timeout": None}, "open_timeout=None is not a duration"),
        ("ws://example.com", {"close_timeout": -1}, "close_timeout=-1 must be more than zero"),
    ],
)
def test_what_cannot_work_is_refused(url: Any, options: Any, said: str) -> None:
    """At once, and with what to write instead."""
    with pytest.raises(nk.ConfigurationError, match=said):
        WebSocket(url, **options)


@in_loop
async def test_no_secret_is_shown(
    server: WebSocketServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Not of the address, not of the headers: in no error, listing, log line or frame."""
    caplog.set_level(logging.DEBUG)
    url = server.url.replace("ws://", f"ws://me:{PASSWORD}@")
    said = []
    headers = {"x-api-key": nk.Secret(KEY), "authorization": f"Bearer {TOKEN}"}
    socket = WebSocket(f"{url}/feed?token={TOKEN}", headers=headers)
    async with socket:
        said += [str(nk.open_resources()), repr(socket), socket.name]
        await socket.send("close 1011")
        said.append(await _told(socket.receive()))
        server.kill()
        said += [await _told(socket.send("again")), await _told(socket.send("again"))]
    said.append(await _told(socket.send("closed")))
    # The server of the test is another program.
    logged = [it for it in caplog.records if it.name != "websockets.server"]
    said += [f"{it.getMessage()} {it.exc_text}" for it in logged]
    # The library would write out every message.
    assert not [it for it in logged if it.levelno == logging.DEBUG and "close 1011" in it.message]
    whole = "\n".join(said)
    assert "no connection could be made" in whole
    for secret in (TOKEN, PASSWORD, KEY):
        assert secret not in whole


@in_loop
async def test_a_server_that_quotes_credentials(server: WebSocketServer) -> None:
    """They are struck out, also where they were given as plain text."""
    headers = {"x-api-key": "key-of-plain-text-1", "authorization": "Token tok-of-plain-text-2"}
    async with WebSocket(f"{server.url}/?token=tok-plain-text-3", headers=headers) as socket:
        await socket.send("quote")
        said = await _told(socket.receive())
    assert "received 4000" in said
    assert "plain-text" not in said


async def _told(work: Any) -> str:
    """Return all that is told of an error, with the values in its frames."""
    with pytest.raises(nk.NotebookKitError) as caught:
        await work
    one = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    return "".join(one.format())
