"""Requests in the form in which they are sent."""

from __future__ import annotations

import httpx
import pytest

from notebook_kit.client.transports.measures import SENT
from notebook_kit.client.transports.order import Orders
from notebook_kit.client.transports.patience import Patience
from notebook_kit.client.transports.request_head import framing_of, head_of


def _request(path: str = "/", method: str = "GET", **options: object) -> httpx.Request:
    return httpx.Request(method, f"http://host{path}", **options)  # type: ignore[arg-type]


def test_heads_are_the_same_with_and_without_a_memory() -> None:
    """What was worked out for the last request is used where it holds, and only there."""
    orders = Orders(None)
    requests = [
        _request("/a"),
        _request("/b?c=d"),
        _request("/b", "HEAD"),
        _request("/b", headers={"x-a": "1"}),
        _request("/b", headers={"x-a": "2"}),
        _request("/c", "POST", content=b"body"),
        _request("/c", "POST", content=b"diff"),
        _request("/c", "POST"),
        _request("/c", "DELETE", headers={"x-a": "2", "connection": "close"}),
        _request("/d"),
        _request("/e", extensions={"target": b"*"}),
    ]
    for request in requests:
        order = orders.of(request)
        assert order.head == head_of(request)
        assert order.framing == framing_of(request.headers.raw)
        assert order.is_head == (request.method == "HEAD")


def test_a_path_is_checked_whatever_is_remembered() -> None:
    """A line end in the target is refused also where the headers are those of the last request."""
    orders = Orders(None)
    orders.of(_request("/a"))
    with pytest.raises(httpx.LocalProtocolError, match="blanks or control characters"):
        orders.of(_request("/a", extensions={"target": b"/a\r\nX-Evil: 1"}))
    with pytest.raises(httpx.LocalProtocolError, match="CONNECT"):
        orders.of(_request("/a", "CONNECT"))


def test_headers_are_checked_each_time_that_they_differ() -> None:
    """A value that could smuggle in a header is refused, before and after good ones."""
    orders = Orders(None)
    bad = _request("/a")
    bad.headers = httpx.Headers([(b"Host", b"host"), (b"X-A", b"1\r\nX-Evil: 1")])
    for _ in range(2):
        with pytest.raises(httpx.LocalProtocolError, match="X-A"):
            orders.of(bad)
        orders.of(_request("/a"))


def test_limits_and_who_is_told_are_those_of_the_request() -> None:
    """Time limits, and what is called when the head is written, are taken from each request."""
    orders = Orders(None)
    first = orders.of(_request("/a", extensions={"timeout": {"read": 1.0}, SENT: print}))
    second = orders.of(_request("/a"))
    assert (first.patience, first.tell_sent) == (Patience.of({"read": 1.0}), print)
    assert (second.patience, second.tell_sent) == (Patience.of({}), None)
