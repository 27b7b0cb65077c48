"""Each named behaviour does on the wire what its name says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from notebook_kit.testing import (
    Behaviour,
    HangUp,
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
)
from tests.testing.raw import GET, ask, connect, read

if TYPE_CHECKING:
    from notebook_kit.testing import FaultServer


def test_an_ordinary_answer(server: FaultServer) -> None:
    """Status, headers and body are written as told, and the connection stays."""
    server.when("/", answer("ok", status=201, headers=[("X-A", "1")]))
    expected = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\nX-A: 1\r\n\r\nok"
    with connect(server) as connection:
        for _ in range(2):
            connection.sendall(GET % b"/")
            assert read(connection, len(expected)) == expected
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
    assert ask(server).startswith(expected)


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
    with connect(server) as connection:
        connection.sendall(GET % b"/")
        if before:
            assert read(connection, len(before)) == before
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
    with connect(server) as connection:
        connection.sendall(GET % b"/")
        assert server.wait_requests(1)
        if before:
            assert read(connection, len(before)) == before
        connection.settimeout(0.05)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        assert server.connections.ended == 0
    if not isinstance(behaviour.before_body, list):
        assert server.connections.wait_ended(1)


def test_chunks(server: FaultServer) -> None:
    """A chunked answer is written chunk by chunk."""
    server.when("/", answer_chunked(["ab", b"c"], pause_s=0.01, delay_s=0.01, keep_alive=False))
    assert ask(server).endswith(b"\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")


def test_leftovers(server: FaultServer) -> None:
    """Bytes behind an answer are sent with it."""
    server.when("/", answer_with_leftover("ab", leftover=b"more"))
    expected = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabmore"
    assert ask(server, size=len(expected)) == expected


def test_an_answer_to_head_has_no_body(server: FaultServer) -> None:
    """The body is left out of answers to HEAD, and its length is not."""
    server.when("/", answer("ok", keep_alive=False))
    said = ask(server, b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b"Content-Length: 2" in said
    assert said.endswith(b"\r\n\r\n")
