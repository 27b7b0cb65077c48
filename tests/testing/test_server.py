"""The fault server does what it is told and remembers what it saw."""

from __future__ import annotations

import socket
import ssl
import threading
from typing import TYPE_CHECKING

import pytest
import trustme

from notebook_kit.testing import (
    Behaviour,
    FaultServer,
    HangUp,
    ReceivedRequest,
    Reset,
    Send,
    Silence,
    Wait,
    answer,
    answer_chunked,
    answer_with_leftover,
    close_without_answer,
    garbage,
    half_body,
    half_chunk,
    never_answer,
    never_read,
    reset_after_headers,
    reset_before_headers,
    reset_within_body,
    reset_within_headers,
    stall_mid_body,
    with_continue,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_GET = b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A server that is running."""
    with FaultServer() as server:
        yield server


def _connect(server: FaultServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=5)


def _read_all(connection: socket.socket) -> bytes:
    data = b""
    while piece := connection.recv(65536):
        data += piece
    return data


def _read(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        assert piece, f"the connection ended after {data!r}"
        data += piece
    return data


def _ask(server: FaultServer, request: bytes = _GET % b"/", *, size: int = 0) -> bytes:
    """Send one request; return `size` bytes of the answer, or all until the connection ends."""
    with _connect(server) as connection:
        connection.sendall(request)
        return _read(connection, size) if size else _read_all(connection)


def test_an_ordinary_answer(server: FaultServer) -> None:
    """Status, headers and body are written as told, and the connection stays."""
    server.when("/", answer("ok", status=201, headers=[("X-A", "1")]))
    expected = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\nX-A: 1\r\n\r\nok"
    with _connect(server) as connection:
        for _ in range(2):
            connection.sendall(_GET % b"/")
            assert _read(connection, len(expected)) == expected
    assert server.connections.opened == 1


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (
            answer("ok", keep_alive=False),
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close",
        ),
        (answer(status=299, reason="So so", keep_alive=False), b"HTTP/1.1 299 So so\r\nContent-"),
        (answer(status=299, keep_alive=False), b"HTTP/1.1 299 Unknown\r\n"),
        (
            answer(status=204, keep_alive=False),
            b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
        ),
        (close_without_answer(), b""),
        (garbage(b"?"), b"?"),
        (half_body("ab", length=3), b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"),
        (
            half_chunk("ab", length=3),
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
        ),
        (Behaviour([Send(b"raw"), Wait(0.01), Send(b"!"), HangUp()]), b"raw!"),
    ],
)
def test_behaviours_that_end_the_connection(
    server: FaultServer, behaviour: Behaviour, expected: bytes
) -> None:
    """What is sent before the end is exactly what the behaviour says."""
    server.when("/", behaviour)
    assert _ask(server).startswith(expected)


@pytest.mark.parametrize(
    ("behaviour", "before"),
    [
        (reset_before_headers(), b""),
        (reset_within_headers(), b"HTTP/1.1 200 OK\r\nContent-Le"),
        (reset_after_headers(length=9), b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"),
        (reset_within_body("ab", length=9), b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"),
        (Behaviour([Reset()]), b""),
    ],
)
def test_behaviours_that_break_the_connection(
    server: FaultServer, behaviour: Behaviour, before: bytes
) -> None:
    """The client gets what came before, and then "connection reset by peer"."""
    server.when("/", behaviour)
    with _connect(server) as connection:
        connection.sendall(_GET % b"/")
        if before:
            assert _read(connection, len(before)) == before
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


@pytest.mark.parametrize(
    ("behaviour", "before"),
    [
        (never_answer(), b""),
        (never_read(), b""),
        (stall_mid_body("ab", length=3), b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"),
        (Behaviour([Silence()]), b""),
    ],
)
def test_behaviours_that_fall_silent(
    server: FaultServer, behaviour: Behaviour, before: bytes
) -> None:
    """Nothing comes after that, and the end of the connection is seen when the client goes."""
    server.when("/", behaviour)
    with _connect(server) as connection:
        connection.sendall(_GET % b"/")
        assert server.wait_requests(1)
        if before:
            assert _read(connection, len(before)) == before
        connection.settimeout(0.05)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        assert server.connections.ended == 0
    if not isinstance(behaviour.before_body, list):
        assert server.connections.wait_ended(1)


def test_chunks(server: FaultServer) -> None:
    """A chunked answer is written chunk by chunk."""
    server.when("/", answer_chunked(["ab", b"c"], pause_s=0.01, delay_s=0.01, keep_alive=False))
    assert _ask(server).endswith(b"\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")


def test_leftovers(server: FaultServer) -> None:
    """Bytes behind an answer are sent with it."""
    server.when("/", answer_with_leftover("ab", leftover=b"more"))
    expected = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabmore"
    assert _ask(server, size=len(expected)) == expected


def test_an_answer_to_head_has_no_body(server: FaultServer) -> None:
    """The body is left out of answers to HEAD, and its length is not."""
    server.when("/", answer("ok", keep_alive=False))
    said = _ask(server, b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b"Content-Length: 2" in said
    assert said.endswith(b"\r\n\r\n")


def test_one_behaviour_after_another(server: FaultServer) -> None:
    """Each request takes the next behaviour of its path, and the last one stays."""
    server.when("/", close_without_answer(), answer("x", keep_alive=False))
    assert _ask(server) == b""
    for _ in range(2):
        assert _ask(server).endswith(b"x")


def test_paths_have_scripts_of_their_own(server: FaultServer) -> None:
    """The query does not count; a star stands for the rest; without one there is a 404."""
    server.when("/a", answer("a", keep_alive=False))
    assert _ask(server, _GET % b"/a?b=c").endswith(b"a")
    assert _ask(server, _GET % b"http://host:1/a?b=c").endswith(b"a")
    with _connect(server) as connection:
        connection.sendall(_GET % b"/b")
        assert _read(connection, 20).startswith(b"HTTP/1.1 404")
    server.when("*", answer("rest", keep_alive=False))
    assert _ask(server, _GET % b"/b").endswith(b"rest")


def test_a_function_may_choose(server: FaultServer) -> None:
    """A function is given the whole request; what it raises is the answer."""

    def echo(request: ReceivedRequest) -> Behaviour:
        return answer(request.body.upper(), keep_alive=False)

    def fail(request: ReceivedRequest) -> Behaviour:
        raise KeyError(request.path)

    server.when("/echo", echo)
    server.when("/fail", fail)
    post = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
    assert _ask(server, post).endswith(b"ABC")
    assert _ask(server, _GET % b"/fail", size=12) == b"HTTP/1.1 500"


def test_requests_are_kept_byte_for_byte(server: FaultServer) -> None:
    """Head, headers, and a body in and out of its chunks."""
    server.when("*", answer("ok", keep_alive=False))
    head = b"PUT /a%2F?q HTTP/1.1\r\nhOST: a\r\nX:  1 \r\nX: caf\xe9\r\n"
    _ask(server, head + b"Transfer-Encoding: chunked\r\n\r\n2;x\r\nab\r\n1\r\nc\r\n0\r\n\r\n")
    (request,) = server.requests
    assert request.line == b"PUT /a%2F?q HTTP/1.1"
    assert (request.method, request.target, request.path) == ("PUT", "/a%2F?q", "/a%2F")
    assert request.headers[:3] == [(b"hOST", b"a"), (b"X", b"1"), (b"X", b"caf\xe9")]
    assert request.header("x") == b"1"
    assert request.header("y") is None
    assert request.body == b"abc"
    assert request.raw_body == b"2;x\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
    assert request.connection == 1


def test_permission_comes_before_the_body(server: FaultServer) -> None:
    """with_continue says 100 when the head is in, and waits for the body."""
    server.when("/", with_continue(answer("ok", keep_alive=False)))
    with _connect(server) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n")
        assert _read(connection, 25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert not server.wait_requests(1, within_s=0)
        connection.sendall(b"ab")
        assert _read_all(connection).endswith(b"ok")
    (request,) = server.requests
    assert request.body == b"ab"


def test_a_connection_may_be_greeted(server: FaultServer) -> None:
    """What is said about a connection happens before it sends a byte."""
    server.when("/", answer("ok", keep_alive=False))
    server.when_connected(2, Behaviour([Send(b"full"), HangUp()]))
    assert _ask(server).endswith(b"ok")
    with _connect(server) as connection:
        assert _read_all(connection) == b"full"


def test_connections_are_counted(server: FaultServer) -> None:
    """Opened, open, ended, and at most at once; all can be waited for."""
    with _connect(server), _connect(server):
        assert server.connections.wait_opened(2)
        assert server.connections.wait_open(2)
        assert not server.connections.wait_ended(1, within_s=0.01)
    assert server.connections.wait_ended(2)
    with _connect(server):
        assert server.connections.wait_opened(3)
    assert server.connections.wait_open(0)
    counts = server.connections
    assert (counts.opened, counts.open, counts.ended, counts.peak) == (3, 0, 3, 2)
    assert repr(counts) == "<Connections opened=3 open=0 ended=3 peak=2>"


def test_hanging_up_and_pushing(server: FaultServer) -> None:
    """The server can speak and close without having been asked."""
    with _connect(server) as connection:
        assert server.connections.wait_opened(1)
        server.push(b"unasked")
        assert _read(connection, 7) == b"unasked"
        server.hang_up()
        assert connection.recv(1) == b""
        assert server.connections.open == 0


def test_what_is_no_http_is_not_answered(server: FaultServer) -> None:
    """Nonsense ends its connection, silently."""
    server.when("/", answer("ok"))
    bad = b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n"
    assert _ask(server, bad) == b""


def test_a_client_that_reads_slowly_holds_it_back(server: FaultServer) -> None:
    """More than the system takes at once is sent when the client reads."""
    size = 20 * 1024 * 1024
    server.when("/", answer(b"x" * size, keep_alive=False))
    with _connect(server) as connection:
        connection.sendall(_GET % b"/")
        assert server.wait_requests(1)
        assert len(_read_all(connection)) > size


def test_tls() -> None:
    """With a context the server speaks TLS, and says so in its URL."""
    authority = trustme.CA()
    inside, outside = (
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH),
        ssl.create_default_context(),
    )
    authority.issue_cert("localhost").configure_cert(inside)
    authority.configure_trust(outside)
    with FaultServer(ssl_context=inside, host="localhost") as server:
        assert server.url == f"https://localhost:{server.port}"
        server.when("/", answer("ok", keep_alive=False))
        with outside.wrap_socket(_connect(server), server_hostname="localhost") as connection:
            connection.sendall(_GET % b"/")
            assert _read_all(connection).endswith(b"ok")


def test_its_life() -> None:
    """It has a port while it runs, ends with its block whatever is open, and leaves no thread."""
    server = FaultServer()
    with pytest.raises(RuntimeError, match="with FaultServer"):
        _ = server.port
    server.close()
    with server:
        server.when("/", never_answer())
        connection = _connect(server)
        connection.sendall(_GET % b"/")
        assert server.wait_requests(1)
        assert server.url in repr(server)
    with connection:
        assert connection.recv(1) == b""
    server.close()
    assert "stopped" in repr(server)
    assert not [it for it in threading.enumerate() if it.name == "fault-server"]


def test_a_script_needs_a_behaviour(server: FaultServer) -> None:
    """when() without a behaviour says what to write."""
    with pytest.raises(ValueError, match=r"server\.when\('/x', answer\(\)\)"):
        server.when("/x")
