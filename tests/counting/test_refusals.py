"""What a server answers decides whether a POST is sent again; counted at the server."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final

import pytest

import notebook_kit as nk
from notebook_kit.testing import FaultServer, answer, reset_before_headers
from tests.counting.sending import TRANSPORTS, client_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_IN_DOUBT: Final = (408, 409, 425, 500, 502, 503, 504)
_FOR_GOOD: Final = (400, 404, 422)


@pytest.fixture(params=TRANSPORTS)
def api(request: pytest.FixtureRequest) -> Iterator[tuple[nk.Client, FaultServer]]:
    """A client, and the server that it speaks to."""
    with FaultServer() as server:
        client = client_of(server.url, request.param, follow_redirects=True)
        yield client, server
        client.close()


def _sent(client: nk.Client, method: str, path: str) -> tuple[object, object]:
    """Send it as a call and as a row; return the kinds of their errors, None for an answer."""
    try:
        client.request(method, path, content=b"order").result()
    except nk.RequestError as error:
        call: object = type(error)
    else:
        call = None
    run = client.map(path, [1], method=method, content=b"order", progress=False)
    assert len(run.result()) == 1
    failed = run.outcome(0).error
    return call, None if failed is None else type(failed)


def _arrange(server: FaultServer, path: str, *first: Any) -> None:
    """Do this with the requests for a path, for the call and again for the row."""
    server.when(path, *first, answer(b"done"), *first, answer(b"done"))


def _count(server: FaultServer, path: str) -> int:
    return sum(request.path == path for request in server.requests)


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_what_was_turned_away_is_sent_again(
    api: tuple[nk.Client, FaultServer], method: str
) -> None:
    """429, and 503 with Retry-After, say that nothing was done."""
    client, server = api
    for status in (429, 503):
        path = f"/order/{status}"
        _arrange(server, path, answer(status=status, headers=[("Retry-After", "0")]))
        assert _sent(client, method, path) == (None, None)
        assert _count(server, path) == 4


@pytest.mark.slow
def test_what_was_turned_away_without_a_time(api: tuple[nk.Client, FaultServer]) -> None:
    """A 429 needs no Retry-After for that; the client then waits as long as it sees fit."""
    client, server = api
    _arrange(server, "/order", answer(status=429))
    assert _sent(client, "POST", "/order") == (None, None)
    assert _count(server, "/order") == 4


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_what_may_have_been_done_is_not(api: tuple[nk.Client, FaultServer], method: str) -> None:
    """Every other error leaves it open whether the order was placed: it is sent once."""
    client, server = api
    for status in (*_IN_DOUBT, *_FOR_GOOD):
        path = f"/order/{status}"
        server.when(path, answer(status=status))
        call, row = _sent(client, method, path)
        assert call is row is not None, status
        assert _count(server, path) == 2, status


def test_what_may_be_repeated_is(api: tuple[nk.Client, FaultServer]) -> None:
    """The same answers to a PUT let it be sent again, where they may pass."""
    client, server = api
    for status in _IN_DOUBT:
        path = f"/order/{status}"
        _arrange(server, path, answer(status=status))
        assert _sent(client, "PUT", path) == (None, None), status
        assert _count(server, path) == 4, status


def test_a_redirect_that_keeps_the_post(api: tuple[nk.Client, FaultServer]) -> None:
    """What breaks behind it may have been done there: neither hop is sent again."""
    client, server = api
    for status in (307, 308):
        here, there = f"/order/{status}", f"/there/{status}"
        server.when(here, answer(status=status, headers=[("Location", there)]))
        server.when(there, reset_before_headers())
        assert _sent(client, "POST", here) == (nk.ConnectionLost, nk.ConnectionLost)
        assert (_count(server, here), _count(server, there)) == (2, 2)
    assert {it.method for it in server.requests} == {"POST"}


def test_a_redirect_that_makes_a_get_of_it(api: tuple[nk.Client, FaultServer]) -> None:
    """The POST was done: whatever becomes of the GET that it led to, it is not sent again."""
    client, server = api
    ends = {"reset": reset_before_headers(), "fault": answer(status=500)}
    ends["refusal"] = answer(status=429, headers=[("Retry-After", "0")])
    for status, (name, end) in itertools.product((301, 302, 303), ends.items()):
        here, there = f"/order/{status}/{name}", f"/there/{status}/{name}"
        server.when(here, answer(status=status, headers=[("Location", there)]))
        server.when(there, end)
        assert None not in _sent(client, "POST", here), here
        assert _count(server, here) == 2, here
