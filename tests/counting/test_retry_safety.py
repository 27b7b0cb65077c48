"""What is processed how often when connections break, counted at the server."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

import pytest

import notebook_kit as nk
from tests.counting.sending import (
    IDEMPOTENT,
    TRANSPORTS,
    TRIES,
    UNSAFE,
    Case,
    Counted,
    Way,
    Word,
    client_of,
    send,
)
from tests.counting.server import BEFORE, POINTS, CountingServer, Cut

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.counting.server import End, Point

_ENDS: Final[tuple[End, ...]] = ("reset", "close")
_WAYS: Final[tuple[Way, ...]] = ("call", "row")


def _check(case: Case, seen: Counted) -> None:
    """Check what was counted against what decision and method promise."""
    done = 0 if case.point in BEFORE else 1
    said = (case, seen)
    if case.method in UNSAFE and case.word == "none":
        assert seen.processed <= 1, said
        if done or case.reused:
            # Nothing but the end of a connection that was being made says "surely not sent".
            assert (seen.attempts, seen.begun, seen.processed) == (1, 1, done), said
            assert isinstance(seen.error, nk.ConnectionLost), said
            assert seen.error.maybe_sent, said
        return
    gives_up = case.times >= TRIES
    assert isinstance(seen.error, nk.TransportError if gives_up else type(None)), said
    # Nobody below the policy sends anything a second time.
    assert seen.attempts == TRIES if gives_up else seen.attempts == case.times + 1, said
    assert seen.begun == seen.attempts, said
    assert seen.processed == min(case.times, TRIES) * done + (not gives_up), said
    if case.word == "key" and seen.processed:
        assert seen.keys == 1, said


def _all(transport: str, cases: Iterable[Case]) -> None:
    with CountingServer() as server:
        client = client_of(server.url, transport)
        try:
            for case in cases:
                _check(case, send(client, server, case))
        finally:
            client.close()


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("point", POINTS)
def test_what_is_broken_off(point: Point, transport: str) -> None:
    """Unsafe methods are never processed twice, the others are tried as often as was asked for."""
    ways = itertools.cycle(_WAYS)
    _all(
        transport,
        (
            Case(method, point, end, reused=reused, way=next(ways))
            for method in ("GET", "PUT", *UNSAFE)
            for end in _ENDS
            for reused in (False, True)
        ),
    )


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("word", ["unsafe", "key"])
def test_what_the_user_allows(word: Word, transport: str) -> None:
    """With the user's word a POST is tried again, each time with the same key if it has one."""
    points: tuple[Point, ...] = ("within the body", "processed", "within the answer's body")
    cases = [
        Case(method, point, "reset", reused=way == "row", way=way, word=word)
        for method in UNSAFE
        for point in points
        for way in _WAYS
    ]
    _all(transport, cases)


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("point", ["within the head", "processed"])
def test_when_it_never_works(point: Point, transport: str) -> None:
    """After the last try it is an error, and the server saw as many as the error tells."""
    _all(
        transport,
        (
            Case(method, point, end, way=way, times=TRIES + 1)
            for method in ("GET", "DELETE", "POST")
            for end in _ENDS
            for way in _WAYS
        ),
    )


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("way", _WAYS)
def test_a_connection_that_was_closed_while_nobody_used_it(transport: str, way: Way) -> None:
    """It is noticed before anything is sent: a POST goes out once, over another, and succeeds."""
    with CountingServer() as server:
        client = client_of(server.url, transport)
        try:
            seen = send(client, server, Case("POST", "unread", "close", way=way, times=0))
            for _ in range(5):
                # Closes what the last one left open.
                seen = send(client, server, Case("POST", "unread", "close", way=way, times=0))
                assert (seen.error, seen.processed, seen.begun) == (None, 1, 1)
        finally:
            client.close()


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("point", ["before the body", "within the body", "processed"])
def test_a_body_that_takes_its_time(point: Point, transport: str) -> None:
    """A body of many writes is counted like a short one."""
    body = b"b" * 3_000_000
    cases = (
        Case(method, point, "reset", reused=reused, body=body)
        for method in ("POST", "PUT")
        for reused in (False, True)
    )
    _all(transport, cases)


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("point", ["within the head", "processed", "within the answer's body"])
def test_many_rows_at_once(point: Point, transport: str) -> None:
    """Of many POSTs under way, those that were broken off fail, and none is processed twice."""
    broken, rows = 12, 40
    with CountingServer() as server:
        client = client_of(server.url, transport)
        try:
            server.cut = Cut(point, "reset", broken)
            run = client.map(
                "/{n}", range(rows), method="POST", max_concurrency=8, json={}, progress=False
            )
            frame = run.result()
        finally:
            client.close()
    assert len(frame) == rows
    assert set(server.processed.values()) == {1}
    assert int(frame["status"].eq("ok").sum()) == rows - broken
    assert set(frame["error_type"].dropna()) == {"ConnectionLost"}
    assert sum(server.processed.values()) == (rows if point != "within the head" else rows - broken)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("point", POINTS)
def test_everything_that_can_be_broken_off(point: Point, transport: str) -> None:
    """As above, for all methods, ways, words, numbers of breaks and kinds of connections."""
    cases = (
        Case(method, point, end, reused=reused, way=way, word=word, times=times)
        for method in (*IDEMPOTENT, *UNSAFE)
        for end in _ENDS
        for reused in (False, True)
        for way in _WAYS
        for word in ("none", "unsafe", "key")
        for times in (1, TRIES - 1, TRIES + 1)
    )
    _all(transport, (case for case in cases if _can_be_said(case)))


def _can_be_said(case: Case) -> bool:
    if case.method == "HEAD" and case.point == "after the answer's head":
        return False  # Its head is the whole answer: nothing was broken off.
    # Of what may be repeated anyway there is nothing to be said.
    return case.method in UNSAFE or case.word == "none"
