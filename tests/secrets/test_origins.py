"""Secrets go to the origin that they were given for: seen from another server's side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.testing import FaultServer, answer
from tests.secrets.planted import found_in, planted_client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

JSON = [("content-type", "application/json")]
WAYS: dict[str, Callable[[nk.Client, str], object]] = {
    "an absolute URL": lambda client, url: client.get(f"{url}/x").result(),
    "a stream of one": lambda client, url: list(client.stream(f"{url}/x").lines()),
    "rows of a map": lambda client, url: client.map(url + "/{n}", [1, 2], progress=False).result(),
    "a redirect": lambda client, _: client.get("/go").result(),
    "a redirect of a POST": lambda client, _: client.post("/go", json={"a": 1}).result(),
    "a redirect of a row": lambda client, _: client.map("/{p}", ["go"], progress=False).result(),
    "a redirect there by way of home": lambda client, _: client.get("/round").result(),
    "a link": lambda client, _: client.get(
        client.get("/first").result().links["next"]["url"]
    ).result(),
    "a mirror": lambda client, url: client.get(
        "/down", fallback=nk.Fallback(base_url=url)
    ).result(),
    "a mirror for rows": lambda client, url: client.map(
        "/{p}", ["down"], fallback=nk.Fallback(base_url=url), progress=False
    ).result(),
}


@pytest.fixture
def other() -> Iterator[FaultServer]:
    """The server that nothing was given for."""
    with FaultServer() as server:
        server.when("*", answer("{}", headers=JSON))
        yield server


@pytest.fixture
def home(other: FaultServer) -> Iterator[FaultServer]:
    """The server that all of them were given for; it leads to the other."""
    link = f'<{other.url}/second>; rel="next"'
    with FaultServer() as server:
        server.when("*", answer("{}", headers=JSON))
        server.when("/go", answer(status=307, headers=[("location", f"{other.url}/there")]))
        server.when("/round", answer(status=302, headers=[("location", "/go")]))
        server.when("/first", answer("{}", headers=[*JSON, ("link", link)]))
        server.when("/down", answer("down", status=503))
        yield server


@pytest.mark.parametrize("by", ["bearer", "userinfo"])
@pytest.mark.parametrize("transport", ["aiohttp", "httpx"])
@pytest.mark.parametrize("way", WAYS)
def test_no_other_server_sees_one(
    home: FaultServer, other: FaultServer, way: str, transport: str, by: str
) -> None:
    """Whatever leads there, and whether or not home was asked before with all of them."""
    options = {} if transport == "aiohttp" else {"transport": httpx.AsyncHTTPTransport()}
    client = planted_client(home.url, by, retry=0, **options)
    client.get("/before").result()
    WAYS[way](client, other.url)
    client.close().wait()
    assert found_in(home.requests[0].head) == {"header", "parameter", "cookie", by}
    assert other.requests
    for request in other.requests:
        assert not found_in(request.head + request.body), request
