"""The URL that is sent is the URL that was asked for."""

from __future__ import annotations

import datetime as dt
from typing import Any

import httpx
import pandas as pd
import pytest

import notebook_kit as nk

KEY = "sk-0123456789abcdef"


class Server:
    """Answers every request with 200 and keeps the URLs."""

    def __init__(self) -> None:
        self.urls: list[str] = []
        self.transport = httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.urls.append(str(request.url))
        return httpx.Response(200, json={})


@pytest.mark.parametrize(
    ("path", "default", "params", "sent"),
    [
        ("/x?a=1", None, {"b": 2}, "/x?a=1&b=2"),
        ("/x?a=1", {"k": "d"}, None, "/x?a=1&k=d"),
        ("/x?a=%7e", {"k": "d"}, {"b": 2}, "/x?a=%7e&k=d&b=2"),
        ("/x?k=own", {"k": "d"}, None, "/x?k=own"),
        ("/x", {"k": "d"}, {"k": "own"}, "/x?k=own"),
        ("/x?a=1", None, None, "/x?a=1"),
        ("/x", None, {"a": [1, 2]}, "/x?a=1&a=2"),
    ],
)
def test_a_query_in_the_path_is_kept(path: str, default: Any, params: Any, sent: str) -> None:
    """Parameters are put behind the query of the path, in calls and in maps."""
    server = Server()
    with nk.Client("http://host", transport=server.transport, params=default) as api:
        api.get(path, params=params)
        api.map(f"{path}#{{n}}", [1], params=params, progress=False)
    assert [url.partition("#")[0] for url in server.urls] == [f"http://host{sent}"] * 2
    nk.forget()


@pytest.mark.parametrize(
    ("base_url", "said"),
    [
        (f"https://host/v1?api_key={KEY}", "query or a fragment"),
        ("https://host/#top", "query or a fragment"),
        ("https://", "has no host"),
        ("https://host:port", "cannot be read"),
        ("http://", "has no host"),
        ("http://host:99999", "names port 99999, and ports are numbers from 1 to 65535"),
        ("http://host:0", "names port 0,"),
        ("http://host:-1/v1", "names port -1,"),
        ("http://my host/v1", "has a space in its host"),
        ("http://host ", "has a space in its host"),
    ],
)
def test_a_base_url_that_paths_cannot_be_put_behind(base_url: str, said: str) -> None:
    """A base URL with a query or without a host is refused, keys unseen."""
    with pytest.raises(nk.ConfigurationError, match=said) as caught:
        nk.Client(base_url)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("value", ["/evil.com/x", "a//b", "//", "a/"])
def test_a_path_field_has_no_empty_segment(value: str) -> None:
    """A {name:path} that begins with a slash or holds two in a row is its row's error."""
    server = Server()
    with nk.Client("http://host", transport=server.transport) as api:
        frame = api.map("/files/{p:path}", [value, "a/b"], progress=False)
    assert frame["status"].tolist() == ["failed", "ok"]
    assert "another resource" in str(frame["error"].tolist()[0])
    assert server.urls == ["http://host/files/a/b"]
    nk.forget()


def test_columns_are_written_into_parameters_as_into_paths() -> None:
    """Integral floats are integers, dates ISO, and what is missing is its row's error."""
    server = Server()
    values = [7.0, dt.date(2026, 1, 31), True, None, float("nan"), pd.NaT]
    rows = pd.DataFrame({"v": pd.Series(values, dtype=object)})
    with nk.Client("http://host", transport=server.transport) as api:
        frame = api.map("/x", rows, params={"v": nk.col("v")}, progress=False)
    assert frame["status"].tolist() == ["ok"] * 3 + ["failed"] * 3
    assert frame["error_type"].tolist()[3:] == ["ConfigurationError"] * 3
    asked = sorted(url.partition("?")[2] for url in server.urls)
    assert asked == ["v=2026-01-31", "v=7", "v=true"]
    nk.forget()


@pytest.mark.parametrize("url", [None, b"/x", 7, "//evil.com/x"])
def test_what_is_no_path_is_refused(url: Any) -> None:
    """Only text and httpx.URL are paths, and two slashes in front would be a host."""
    with (
        nk.Client("http://host") as api,
        pytest.raises(nk.ConfigurationError, match=r"text such as|two slashes"),
    ):
        api.get(url)


@pytest.mark.parametrize("params", [5, [1, 2], object()])
def test_parameters_that_are_none_are_refused(params: Any) -> None:
    """What httpx cannot read as parameters is told of in the words of the option."""
    with pytest.raises(nk.ConfigurationError, match=r"params= is a .*: give a dict"):
        nk.Client("http://host", params=params)


@pytest.mark.parametrize("base_url", ["http://host:65535", "http://host/a b", "http://[::1]:8080"])
def test_base_urls_that_paths_can_be_put_behind(base_url: str) -> None:
    """The last port, a space in the path and a numeric host are as good as any."""
    client = nk.Client(base_url)
    assert client.base_url == base_url
    client.close()


@pytest.mark.parametrize("params", ["a=1&b=2", b"a=1&b=2", {"a": 1, "b": 2}, [("a", 1), ("b", 2)]])
def test_parameters_of_a_client_in_any_form_of_httpx(params: Any) -> None:
    """A query as text is what httpx takes for parameters too, and it is sent as they are."""
    server = Server()
    with nk.Client("http://host", transport=server.transport, params=params) as api:
        api.get("/x")
    sent = httpx.Client(params=params).build_request("GET", "http://host/x").url
    assert server.urls == [str(sent)] == ["http://host/x?a=1&b=2"]


@pytest.mark.parametrize("params", [5, ["a"], [("a",)], {"a", "b"}])
def test_parameters_that_are_none(params: Any) -> None:
    """What has no names is refused when the client, or the call, is made."""
    with pytest.raises(nk.ConfigurationError, match=r"params= is a .*: give a dict"):
        nk.Client("http://host", params=params)
    client = nk.Client("http://host")
    with pytest.raises(nk.ConfigurationError, match=r"params= is a .*: give a dict"):
        client.get("/x", params=params)
    client.close()


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("http://host", "http://host/"),
        ("http://host?a=1", "http://host/?a=1"),
        ("/a/..", "http://host/"),
        ("http://host/x#here", "http://host/x#here"),
    ],
)
def test_no_path_is_shown_as_the_slash_that_is_sent(asked: str, shown: str) -> None:
    """A call, its answer, and one behind a redirect show the slash that stands in the request."""
    server = Server()
    with nk.Client("http://host", transport=server.transport) as api:
        assert str(api.get(asked).url) == shown
    assert server.urls == [shown]

    def redirect(request: httpx.Request) -> httpx.Response:
        led = {"Location": "http://other?a=1"} if request.url.host == "host" else {}
        return httpx.Response(302 if led else 200, headers=led)

    transport = httpx.MockTransport(redirect)
    with nk.Client("http://host", transport=transport, follow_redirects=True) as api:
        assert str(api.get(asked).url).partition("#")[0] == "http://other/?a=1"
