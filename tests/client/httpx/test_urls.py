"""Base URLs, paths and parameters: what is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk
from tests.client.httpx.alike import Alike, answers_of, run

if TYPE_CHECKING:
    from notebook_kit.testing import FaultServer
    from tests.client.httpx.alike import Both


def _targets(both: Both) -> list[str]:
    return [seen.line.split(b" ")[1].decode() for seen in both.seen[0]]


@pytest.mark.parametrize("base", ["", "/", "/api", "/api/", "/a%20b/ü"])
@pytest.mark.parametrize("path", ["", "/", "x", "/x", "x/", "/x//y", "/ü ?q=ä b", "/x%2Fy", "./x"])
def test_joining(alike: Alike, server: FaultServer, base: str, path: str) -> None:
    """A path is put behind the base URL as httpx does, with and without slashes on either side."""
    alike(answers_of(lambda client: client.get(path)), base_url=server.url + base)


def test_whole_urls(alike: Alike, server: FaultServer) -> None:
    """A whole URL is asked for as it is, base URL or not; an httpx.URL is one too."""
    there = server.url + "/x"
    work = answers_of(lambda client: client.get(there), lambda client: client.get(httpx.URL(there)))
    assert _targets(alike(work, base_url=server.url + "/api")) == ["/x", "/x"]
    assert _targets(alike(work, base_url="")) == ["/x", "/x"]


def test_a_base_url_of_httpx(alike: Alike, server: FaultServer) -> None:
    """base_url may be an httpx.URL."""
    both = alike(answers_of(lambda client: client.get("x")), base_url=httpx.URL(server.url + "/a"))
    assert _targets(both) == ["/a/x"]


def test_two_slashes_are_refused(alike: Alike, server: FaultServer) -> None:
    """A difference to httpx: a path of two slashes, which it takes for a host, is an error."""
    client = alike.kit()
    with pytest.raises(nk.ConfigurationError, match="would be a host"):
        client.get("//other.example/x")
    client.close()
    assert server.requests == ()


def test_a_base_url_with_a_query_is_refused(alike: Alike, server: FaultServer) -> None:
    """A difference to httpx: a base URL with a query, to which no path can be put, is an error."""
    with pytest.raises(nk.ConfigurationError, match="holds a query"):
        alike.kit(base_url=server.url + "?a=1")


_FORMS: list[Any] = [
    {"a": 1, "b": "x y", "c": 1.5, "d": True, "e": None, "ü": "ä&="},
    {"a": [1, 2], "b": ("x", "y"), "c": []},
    [("a", "1"), ("a", "2"), ("b", "3")],
    (("a", "1"), ("b", "2")),
    httpx.QueryParams({"a": ["1", "2"]}),
    "a=1&b=x%20y&b=2",
    b"a=1&b=2",
    {},
]


@pytest.mark.parametrize("params", _FORMS)
def test_forms_of_parameters(alike: Alike, params: Any) -> None:
    """Each form of parameters is written as httpx writes it, for a call and for a client."""
    alike(answers_of(lambda client: client.get("/x", params=params)))
    alike(answers_of(lambda client: client.get("/x")), params=params)


def test_parameters_together(alike: Alike) -> None:
    """A parameter of a call takes the place of the client's; the others are sent as well."""
    work = answers_of(
        lambda client: client.get("/x", params={"b": 3, "c": 4}),
        lambda client: client.get("/x"),
    )
    both = alike(work, params={"a": 1})
    assert _targets(both)[0] == "/x?a=1&b=3&c=4"


def test_a_parameter_of_the_call_wins(alike: Alike, server: FaultServer) -> None:
    """A parameter of a call takes the place of the client's."""
    work = answers_of(lambda client: client.get("/x", params={"a": 2}))
    assert _targets(alike(work, params={"a": 1})) == ["/x?a=2"]


def test_a_query_in_the_url_stays(alike: Alike, server: FaultServer) -> None:
    """A difference to httpx, which drops what stands in the URL where params= is said.

    Parameters of a call are put behind it, those of the client only where they do not contradict.
    """

    async def plainly() -> None:
        async with alike.plain(params={"a": 0, "c": 3}) as client:
            await client.get("/x?a=%7e&b=1", params={"b": 2})

    run(plainly())
    client = alike.kit(params={"a": 0, "c": 3})
    client.get("/x?a=%7e&b=1", params={"b": 2}).result()
    client.close()
    theirs, ours = (it.target for it in server.requests)
    assert theirs == "/x?a=0&c=3&b=2"
    assert ours == "/x?a=%7e&b=1&c=3&b=2"


@pytest.mark.parametrize("base_url", [7, b"http://host", "host", "ftp://host", "http://"])
def test_what_is_no_base_url_is_refused(base_url: Any) -> None:
    """A difference to httpx: a base URL that cannot work is an error at once."""
    with pytest.raises(nk.ConfigurationError, match="base_url"):
        nk.Client(base_url)
