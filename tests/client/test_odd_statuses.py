"""A status that HTTP does not have is no success: it counts as a failure of the server."""

from __future__ import annotations

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.testing import FaultServer, answer
from notebook_kit.testing.faults import fault

QUICK = nk.Retry(max_attempts=3, base_delay="1 ms", max_delay="1 ms")


@pytest.mark.parametrize("http2", [False, True])
def test_it_is_an_error_of_calls_rows_and_streams(*, http2: bool) -> None:
    """Over both transports, tried again as other failures of a server are."""
    with FaultServer() as server, nk.Client(server.url, http2=http2, retry=0) as api:
        fault("status-999").arrange(server, "/x")
        with pytest.raises(nk.ServerError, match="/x answered 999 Odd: whole") as caught:
            api.get("/x")
        assert caught.value.status_code == 999
        assert caught.value.response.text == "whole"
        row = api.map("/{it}", ["x"], progress=False).iloc[0]
        assert (row["status"], row["error_type"], row["status_code"]) == (
            *("failed", "ServerError", 999),
        )
        with pytest.raises(nk.ServerError, match="999"), api.stream("/x") as stream:
            list(stream.bytes())


@pytest.mark.parametrize("status", [600, 700, 999, 1_000, 99, 0])
def test_which_statuses_are_none(status: int) -> None:
    """All below 100 and above 599; those at the edges are what they were."""
    assert nk.Response.adopt(httpx.Response(status)).is_error
    for known in (100, 199, 200, 299, 300, 399):
        assert not nk.Response.adopt(httpx.Response(known)).is_error
    for known in (400, 499, 500, 599):
        assert nk.Response.adopt(httpx.Response(known)).is_error


def _once_odd(server: FaultServer) -> None:
    """Have a server answer with 999 once, and well after that."""
    left = [answer("no", status=999)]
    server.when("*", lambda _: left.pop() if left else answer('{"n": 1}'))


def test_it_is_tried_again() -> None:
    """As a 5xx is, and a POST only where the user has said so."""
    with FaultServer() as server, nk.Client(server.url, retry=QUICK) as api:
        _once_odd(server)
        assert api.get("/x").json() == {"n": 1}
        assert len(server.requests) == 2
        _once_odd(server)
        with pytest.raises(nk.ServerError, match="answered 999"):
            api.post("/x")
        assert len(server.requests) == 3


def test_it_is_not_kept() -> None:
    """A cache keeps good answers."""
    with FaultServer() as server, nk.Client(server.url, retry=0, cache="1 h") as api:
        _once_odd(server)
        with pytest.raises(nk.ServerError, match="answered 999"):
            api.get("/x")
        assert api.get("/x").json() == {"n": 1}
