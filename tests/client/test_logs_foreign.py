"""The loggers of the libraries below, turned on by the user, show no credential of ours."""

from __future__ import annotations

import logging
import ssl
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import trustme

import notebook_kit as nk
from tests.transport.http2_double import Http2Server

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = nk.Secret("sk-in-a-header-42")
SECRETS = ("in-a-header", "in-the-query", "in-a-cookie", "pass-word", "abcdefgh1234")
KIT_THREAD = "notebook_kit-io"
FOREIGN = ("httpx", "httpx2", "httpcore", "httpcore2", "hpack", "aiohttp", "asyncio")


@pytest.fixture
def written() -> Iterator[list[str]]:
    """All that any logger writes, at its finest level."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            of_the_server = record.name.startswith("hpack") and record.threadName != KIT_THREAD
            name = "the test server" if of_the_server else record.name
            lines.append(f"{name}: {self.format(record)}")

    root, handler = logging.getLogger(), Keep()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lines
    root.setLevel(level)
    root.removeHandler(handler)


def _no_secrets_in(lines: list[str]) -> None:
    for line in lines:
        if line.startswith("the test server: "):
            continue
        assert not any(secret in line for secret in SECRETS), line


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"http2": True},
        {"transport": True},
        {"http_client": True},
    ],
    ids=["aiohttp", "httpx", "custom", "lent"],
)
def test_no_library_shows_what_a_client_sends(
    demo: nk.demo.DemoServer, written: list[str], options: dict[str, Any]
) -> None:
    """Keys in headers, queries and cookies, passwords in URLs: none is in any line of any logger.

    What httpx says of each request is still said, with the rest of its URL.
    """
    lent = None
    if "transport" in options:
        options = {"transport": httpx.AsyncHTTPTransport()}
    if "http_client" in options:
        lent = httpx.AsyncClient(base_url=demo.url, headers={"x-api-key": KEY.reveal()})
        options = {"http_client": lent}
    else:
        options = {
            **options,
            "headers": {"x-api-key": KEY, "Authorization": "Bearer abcdefgh1234"},
            "auth": ("me", "pass-word"),
        }
    base = () if lent else (demo.url,)
    with nk.Client(*base, **options) as client:
        client.get("/airports/ZRH", params={"token": "in-the-query", "page": 7})
        client.get("/cookies/set", params={"session_token": "in-a-cookie"})
        client.get("/echo")
        client.map("/airports/{i}", ["ZRH"], params={"key": "in-the-query"}, progress=False)
        with pytest.raises(nk.NotFound):
            client.get("/airports/XXX", params={"token": "in-the-query"})
    _no_secrets_in(written)
    said = [line for line in written if line.startswith("httpx: ")]
    assert any("token=****&page=7" in line for line in said)


def test_headers_in_the_encoding_of_http2_are_not_shown(written: list[str]) -> None:
    """What the encoder of HTTP/2 logs of our headers would show them; it is left out."""
    authority = trustme.CA()
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server_side)
    server_side.set_alpn_protocols(["h2"])
    client_side = ssl.create_default_context()
    authority.configure_trust(client_side)
    with (
        Http2Server(server_side) as server,
        nk.Client(server.url, http2=True, verify=client_side, headers={"x-api-key": KEY}) as client,
    ):
        answer = client.get("/hello/0", timeout=10)
        assert answer.http_version == "HTTP/2"
    _no_secrets_in(written)
    assert any(line.startswith("httpcore.http2: ") for line in written)
    # The server speaks of the same headers by the same logger, so it is on.
    assert any("the test server: " in line and KEY.reveal() in line for line in written)


def test_requests_of_others_are_left_as_they_are(
    demo: nk.demo.DemoServer, written: list[str]
) -> None:
    """What the user does with httpx is the user's matter: nothing of it is changed or left out."""
    nk.Client(demo.url).close()
    with httpx.Client(trust_env=False) as other:
        other.get(f"{demo.url}/airports/ZRH?token=mine")
    said = [line for line in written if line.startswith("httpx: ")]
    assert said == [
        f'httpx: HTTP Request: GET {demo.url}/airports/ZRH?token=mine "HTTP/1.1 200 OK"'
    ]
    assert any(line.startswith("httpcore.http11: ") for line in written)


def test_levels_and_handlers_of_others_are_left_alone(demo: nk.demo.DemoServer) -> None:
    """A client, also one with a configuration, sets nothing on loggers that are not the kit's."""

    def state() -> list[tuple[str, int, list[Any], bool]]:
        loggers = [logging.getLogger(name) for name in FOREIGN]
        return [(it.name, it.level, list(it.handlers), it.propagate) for it in loggers]

    before = state()
    with nk.Client(demo.url, logging=nk.LoggingConfig("debug", console=False)) as client:
        client.get("/airports/ZRH")
        assert state() == before
    assert state() == before
