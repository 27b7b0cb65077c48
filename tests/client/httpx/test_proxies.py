"""Proxies: forwarding, tunnels, credentials, the environment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk
from tests.client.httpx.alike import Alike, answers_of
from tests.transport.proxy_double import HttpProxy, SocksProxy

if TYPE_CHECKING:
    import ssl

    from notebook_kit.testing import FaultServer

_CREDENTIALS = b"Proxy-Authorization: Basic dXNlcjpwdw=="  # user:pw
_GET = answers_of(lambda client: client.get("/x"))


def _heads(proxy: HttpProxy) -> list[list[bytes]]:
    """What the proxy was told, header names in lower case, in no order; agents left out."""
    told = []
    for head in proxy.heads:
        first, *lines = head.strip().split(b"\r\n")
        lower = (re.sub(rb"^[^:]+", lambda name: name[0].lower(), line) for line in lines)
        told.append([first, *sorted(lower)])
    return told


def test_forwarding(alike: Alike, server: FaultServer) -> None:
    """A plain URL is forwarded: the proxy is told the same head as by httpx."""
    with HttpProxy() as proxy:
        alike(_GET, proxy=proxy.url)
        theirs, ours = _heads(proxy)
    assert ours == theirs
    assert ours[0] == f"GET {server.url}/x HTTP/1.1".encode()


@pytest.mark.parametrize("form", [str, httpx.URL, httpx.Proxy])
def test_forms(alike: Alike, form: Any) -> None:
    """A proxy is given as text, as an httpx.URL or as an httpx.Proxy."""
    with HttpProxy() as proxy:
        alike(_GET, proxy=form(proxy.url))
        assert len(proxy.heads) == 2


def test_headers_of_a_proxy(alike: Alike) -> None:
    """Headers of an httpx.Proxy are sent to it."""
    with HttpProxy() as proxy:
        alike(_GET, proxy=httpx.Proxy(proxy.url, headers={"x-proxy": "1"}))
        theirs, ours = _heads(proxy)
    assert b"x-proxy: 1" in theirs
    assert ours == theirs


@pytest.mark.parametrize("given", ["url", "auth"])
def test_credentials(alike: Alike, given: str) -> None:
    """Credentials in the proxy's URL, or its auth=, are sent to it and to nobody else."""
    with HttpProxy(credentials=_CREDENTIALS) as proxy:
        said: Any = proxy.url.replace("http://", "http://user:pw@")
        if given == "auth":
            said = httpx.Proxy(proxy.url, auth=("user", "pw"))
        both = alike(_GET, proxy=said)
    assert both.answers[0].status_code == 200


def test_a_tunnel(
    variant: str, tls_server: FaultServer, client_context: ssl.SSLContext, server: FaultServer
) -> None:
    """An https URL goes through a tunnel, with credentials for the proxy alone."""
    with HttpProxy(credentials=_CREDENTIALS) as proxy:
        there = proxy.url.replace("http://", "http://user:pw@")
        both = Alike(variant, [tls_server])(_GET, proxy=there, verify=client_context)
        lines = [head[0] for head in _heads(proxy)]
    assert both.answers[0].text == "secure"
    assert lines == [f"CONNECT 127.0.0.1:{tls_server.port} HTTP/1.1".encode()] * 2
    assert b"proxy-authorization" not in dict(both.seen[0][0].headers)


def test_socks(alike: Alike, server: FaultServer) -> None:
    """A SOCKS proxy is used as in httpx."""
    with SocksProxy() as proxy:
        alike(_GET, proxy=proxy.url)
        assert proxy.heads == [f"127.0.0.1:{server.port}".encode()] * 2


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_the_environment(alike: Alike, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Proxies of the environment are used, unless trust_env=False says otherwise."""
    with HttpProxy() as proxy:
        monkeypatch.setenv(name, proxy.url)
        alike(_GET)
        assert len(proxy.heads) == 2
        alike(_GET, trust_env=False)
        assert len(proxy.heads) == 2


def test_no_proxy(alike: Alike, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hosts of NO_PROXY are asked directly; proxy= of a client knows no exceptions."""
    with HttpProxy() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "other.example,127.0.0.1")
        alike(_GET)
        assert proxy.heads == []
        alike(_GET, proxy=proxy.url)
        assert len(proxy.heads) == 2


def test_a_transport_of_ones_own_keeps_no_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As in httpx, transport= is asked directly, whatever the environment says."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, text="mock"))
    with nk.Client("http://host", transport=transport) as api:
        assert api.get("/x").text == "mock"


def test_a_refusing_proxy(alike: Alike) -> None:
    """A proxy that refuses a forwarded request answers it; one that refuses a tunnel is an error.

    The status is an answer of 407 in the first case, as in httpx.
    """
    with HttpProxy(credentials=b"never") as proxy:
        both = alike(_GET, proxy=proxy.url)
        assert both.answers[0].status_code == 407
        client = alike.kit(proxy=proxy.url)
        with pytest.raises(nk.ConnectionFailed, match="407"):
            client.get("https://127.0.0.1:9/x").result()
        client.close()


@pytest.mark.parametrize("proxy", ["ftp://host", "http://", 7])
def test_what_is_no_proxy_is_refused(proxy: Any) -> None:
    """A proxy that cannot be used is an error when the client is made."""
    with pytest.raises(nk.ConfigurationError, match="proxy="):
        nk.Client("http://host", proxy=proxy)
