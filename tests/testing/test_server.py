"""The fault server does what it is told and remembers what it saw."""

from __future__ import annotations

import ssl
import threading

import pytest
import trustme

from notebook_kit.testing import (
    Behaviour,
    FaultServer,
    HangUp,
    ReceivedRequest,
    Send,
    answer,
    close_without_answer,
    never_answer,
    with_continue,
)
from tests.testing.raw import GET, ask, connect, read, read_all


def test_one_behaviour_after_another(server: FaultServer) -> None:
    """Each request takes the next behaviour of its path, and the last one stays."""
    server.when("/", close_without_answer(), answer("x", keep_alive=False))
    assert ask(server) == b""
    for _ in range(2):
        assert ask(server).endswith(b"x")


def test_paths_have_scripts_of_their_own(server: FaultServer) -> None:
    """The query does not count; a star stands for the rest; without one there is a 404."""
    server.when("/a", answer("a", keep_alive=False))
    assert ask(server, GET % b"/a?b=c").endswith(b"a")
    assert ask(server, GET % b"http://host:1/a?b=c").endswith(b"a")
    with connect(server) as connection:
        connection.sendall(GET % b"/b")
        assert read(connection, 20).startswith(b"HTTP/1.1 404")
    server.when("*", answer("rest", keep_alive=False))
    assert ask(server, GET % b"/b").endswith(b"rest")


def test_a_function_may_choose() -> None:
    """A function is given the whole request; what it raises is the answer, and told at the end."""

    def echo(request: ReceivedRequest) -> Behaviour:
        return answer(request.body.upper(), keep_alive=False)

    def fail(request: ReceivedRequest) -> Behaviour:
        raise KeyError(request.path)

    post = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
    server = FaultServer().start()
    server.when("/echo", echo)
    server.when("/fail", fail)
    assert ask(server, post).endswith(b"ABC")
    assert ask(server, GET % b"/fail", size=12) == b"HTTP/1.1 500"
    with pytest.raises(AssertionError, match=r"/fail raised KeyError"):
        server.close()


def test_requests_are_kept_byte_for_byte(server: FaultServer) -> None:
    """Head, headers, and a body in and out of its chunks."""
    server.when("*", answer("ok", keep_alive=False))
    head = b"PUT /a%2F?q HTTP/1.1\r\nhOST: a\r\nX:  1 \r\nX: caf\xe9\r\n"
    ask(server, head + b"Transfer-Encoding: chunked\r\n\r\n2;x\r\nab\r\n1\r\nc\r\n0\r\n\r\n")
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
    with connect(server) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n")
        assert read(connection, 25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert not server.wait_requests(1, within_s=0)
        connection.sendall(b"ab")
        assert read_all(connection).endswith(b"ok")
    (request,) = server.requests
    assert request.body == b"ab"


def test_a_connection_may_be_greeted(server: FaultServer) -> None:
    """What is said about a connection happens before it sends a byte."""
    server.when("/", answer("ok", keep_alive=False))
    server.when_connected(2, Behaviour([Send(b"full"), HangUp()]))
    assert ask(server).endswith(b"ok")
    with connect(server) as connection:
        assert read_all(connection) == b"full"


def test_connections_are_counted(server: FaultServer) -> None:
    """Opened, open, ended, and at most at once; all can be waited for."""
    with connect(server), connect(server):
        assert server.connections.wait_opened(2)
        assert server.connections.wait_open(2)
        assert not server.connections.wait_ended(1, within_s=0.01)
    assert server.connections.wait_ended(2)
    with connect(server):
        assert server.connections.wait_opened(3)
    assert server.connections.wait_open(0)
    counts = server.connections
    assert (counts.opened, counts.open, counts.ended, counts.peak) == (3, 0, 3, 2)
    assert repr(counts) == "<Connections opened=3 open=0 ended=3 peak=2>"


def test_hanging_up_and_pushing(server: FaultServer) -> None:
    """The server can speak and close without having been asked."""
    with connect(server) as connection:
        assert server.connections.wait_opened(1)
        server.push(b"unasked")
        assert read(connection, 7) == b"unasked"
        server.hang_up()
        assert connection.recv(1) == b""
        assert server.connections.open == 0


def test_what_is_no_http_is_not_answered(server: FaultServer) -> None:
    """Nonsense ends its connection, silently."""
    server.when("/", answer("ok"))
    bad = b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n"
    assert ask(server, bad) == b""


def test_a_client_that_reads_slowly_holds_it_back(server: FaultServer) -> None:
    """More than the system takes at once is sent when the client reads."""
    size = 20 * 1024 * 1024
    server.when("/", answer(b"x" * size, keep_alive=False))
    with connect(server) as connection:
        connection.sendall(GET % b"/")
        assert server.wait_requests(1)
        assert len(read_all(connection)) > size


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
        with outside.wrap_socket(connect(server), server_hostname="localhost") as connection:
            connection.sendall(GET % b"/")
            assert read_all(connection).endswith(b"ok")


def test_its_life() -> None:
    """It has a port while it runs, ends with its block whatever is open, and leaves no thread."""
    server = FaultServer()
    with pytest.raises(RuntimeError, match="with FaultServer"):
        _ = server.port
    server.close()
    with server:
        server.when("/", never_answer())
        connection = connect(server)
        connection.sendall(GET % b"/")
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
