"""Secrets reach the server as what they are, or are refused; they never travel as asterisks."""

from __future__ import annotations

from typing import Any

import httpx
import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit.client.credentials import checked_headers, revealed

KEY = "sk-0123456789abcdef"
SECRET = nk.Secret(KEY)


class Server:
    """Answers every request with 200 and keeps it."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.transport = httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(200, json={})

    def sent(self) -> str:
        (request,) = self.requests
        values = " ".join(value for _, value in request.headers.multi_items())
        return f"{request.url} {values} {request.content.decode()}"


@pytest.mark.parametrize(
    "options",
    [
        {"params": {"token": SECRET}},
        {"params": [("token", SECRET)]},
        {"data": {"token": SECRET}},
        {"json": {"deep": [{"token": SECRET}]}},
        {"headers": {"x-key": SECRET}},
        {"headers": [("x-key", SECRET)]},
        {"headers": iter([("x-key", SECRET)])},
        {"params": lambda _row: {"token": SECRET}},
        {"json": lambda _row: {"token": SECRET}},
        {"data": lambda _row: {"token": SECRET}},
        {"headers": lambda _row: {"x-key": SECRET}},
        {"headers": {"x-key": nk.col("key")}},
        {"params": {"token": nk.col("key")}},
        {"json": {"token": nk.col("key")}},
    ],
)
def test_a_map_sends_secrets_in_clear(options: dict[str, Any]) -> None:
    """Wherever a map is given a Secret, its clear text is what is sent."""
    server = Server()
    rows = pd.DataFrame({"n": [1], "key": [SECRET]})
    with nk.Client("http://host", transport=server.transport) as api:
        frame = api.map("/{n}", rows, method="POST", progress=False, **options)
    assert frame["status"].tolist() == ["ok"]
    assert KEY in server.sent()
    assert "****" not in server.sent()
    nk.forget()


@pytest.mark.parametrize(
    "options",
    [
        {"headers": {"authorization": f"Bearer {SECRET}"}},
        {"headers": {"x-key": "a\nb"}},
        {"headers": {"x-text": nk.col("text"), "x-key": "a\nb"}},
        {"headers": {"x-key": 7}},
        {"params": {"token": str(SECRET)}},
        {"json": {"x": object()}},
        {"content": object()},
        {"timeout": -1},
    ],
)
def test_a_map_checks_constants_before_anything_is_sent(options: dict[str, Any]) -> None:
    """What no row could be sent with is an error of the map itself."""
    rows = pd.DataFrame({"n": [1], "text": ["a"]})
    server = Server()
    with (
        nk.Client("http://host", transport=server.transport) as api,
        pytest.raises(nk.ConfigurationError),
    ):
        api.map("/{n}", rows, method="POST", progress=False, **options)
    assert server.requests == []


def test_a_bad_header_of_one_row_is_that_rows_error() -> None:
    """A header that a function makes badly fails its row, and its value is not shown."""
    server = Server()
    with nk.Client("http://host", transport=server.transport) as api:
        frame = api.map("/{n}", [1], headers=lambda _: {"x-api-key": f"{KEY}\n"}, progress=False)
    assert frame["error_type"].tolist() == ["ConfigurationError"]
    assert KEY not in frame["error"].astype(str).tolist()[0]
    assert server.requests == []
    nk.forget()


@pytest.mark.parametrize(
    ("path", "options"),
    [
        (f"/x?token={SECRET}", {}),
        ("/x", {"params": {"token": f"{SECRET}"}}),
        ("/x", {"params": httpx.QueryParams({"token": SECRET})}),  # type: ignore[dict-item]
        ("/x", {"headers": {"authorization": f"Bearer {SECRET}"}}),
    ],
)
def test_a_secret_written_into_a_text_is_refused(path: str, options: Any) -> None:
    """Asterisks are never sent in the place of a key: the error says what to write."""
    server = Server()
    with (
        nk.Client("http://host", transport=server.transport) as api,
        pytest.raises(nk.ConfigurationError, match="a Secret was written"),
    ):
        api.get(path, **options)
    assert server.requests == []


def test_what_holds_no_secret_is_passed_untouched() -> None:
    """Multi-dicts and jars keep their doubled names."""
    for value in (httpx.QueryParams([("a", "1"), ("a", "2")]), httpx.Cookies({"a": "b"}), {1: 2}):
        assert revealed(value) is value
    server = Server()
    with nk.Client("http://host", transport=server.transport) as api:
        api.get("/x", params=httpx.QueryParams([("a", "1"), ("a", "2")]))
    assert str(server.requests[0].url) == "http://host/x?a=1&a=2"


def test_a_header_outside_of_ascii_is_refused_without_showing_it() -> None:
    """A key with a typeset character is a clear error that does not repeat the key."""
    with pytest.raises(nk.ConfigurationError, match="outside of ASCII") as caught:
        nk.Client("http://host", headers={"x-api-key": f"{KEY}…"})
    assert KEY not in str(caught.value)
    with pytest.raises(nk.ConfigurationError, match="outside of ASCII") as caught:
        checked_headers({"x-plain": f"{KEY}…"})
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("name", ["", "a b", "a\nb", "a:b", " a", "a\0", b"a b", ":path"])
def test_a_name_that_no_header_has_is_refused_when_it_is_set(name: str | bytes) -> None:
    """For a client, a call and a map, and nothing is sent."""
    server = Server()
    headers: Any = {name: "1"}
    said = "The header name .* is none: it is one word"
    with pytest.raises(nk.ConfigurationError, match=said):
        nk.Client("http://host", headers=headers)
    with nk.Client("http://host", transport=server.transport) as api:
        with pytest.raises(nk.ConfigurationError, match=said):
            api.get("/x", headers=headers)
        with pytest.raises(nk.ConfigurationError, match=said):
            api.map("/{x}", ["x"], headers=headers)
        with pytest.raises(nk.ConfigurationError, match=said):
            api.map("/{x}", ["x"], headers={**headers, "x-row": nk.col("x")})
        api.get("/x", headers={"x-Trace_1.2~!#$%&'*+^`|": "1"})
    assert len(server.requests) == 1


def test_what_stands_where_a_name_should_is_not_shown_if_it_is_a_key() -> None:
    """Name and value may have been exchanged."""
    with pytest.raises(nk.ConfigurationError, match="The header name") as caught:
        checked_headers({f"Bearer {KEY}": "authorization"})
    assert KEY not in str(caught.value)


def test_an_iterator_of_headers_is_not_used_up_by_its_check() -> None:
    """headers= may be an iterator of pairs: all of them are sent."""
    server = Server()
    with nk.Client("http://host", transport=server.transport) as api:
        api.get("/x", headers=iter([("x-a", "1"), ("x-b", "2")]))
    assert server.requests[0].headers["x-a"] == "1"
    assert server.requests[0].headers["x-b"] == "2"
