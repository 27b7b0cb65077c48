"""Where a request goes decides which connections it may use."""

from __future__ import annotations

import httpx
import pytest

from notebook_kit.client.transports.route import Route, route_of


def _route(url: str, **extensions: str) -> Route:
    return route_of(httpx.Request("GET", url, extensions=extensions), None)


def test_the_same_way_is_the_same_route() -> None:
    """A port that is the scheme's own may be left out; host names have no case."""
    assert _route("https://A.example/x") == _route("https://a.example:443/y?z")
    assert _route("http://a.example") == Route(b"http", b"a.example", 80)


@pytest.mark.parametrize(
    "other", ["http://a.example", "https://a.example:8443", "https://b.example"]
)
def test_other_ways_are_other_routes(other: str) -> None:
    """Scheme, port and host each make a difference, and so does the name asked for in TLS."""
    assert _route(other) != _route("https://a.example")
    assert _route("https://a.example", sni_hostname="b") != _route("https://a.example")


def test_a_proxy_is_part_of_the_way() -> None:
    """Through a proxy is another route than without; it is shown without its password."""
    proxy = httpx.Proxy("http://me:topsecret@gate:3128")
    route = route_of(httpx.Request("GET", "http://a.example"), lambda _: proxy)
    assert route != _route("http://a.example")
    assert route.proxy_name == "http://gate:3128"
    assert _route("http://a.example").proxy_name == ""


def test_a_route_is_shown_as_host_and_port() -> None:
    """IPv6 addresses are shown in brackets."""
    assert str(_route("https://[::1]/")) == "[::1]:443"
    assert str(_route("http://127.0.0.1:81/")) == "127.0.0.1:81"


@pytest.mark.parametrize("port", [0, 65536, 99999])
def test_ports_that_there_are_not(port: int) -> None:
    """A port outside 1 to 65535 is refused; port 0 does not mean the usual one."""
    with pytest.raises(httpx.UnsupportedProtocol, match=f"port {port}; ports are numbers from 1"):
        _route(f"http://127.0.0.1:{port}/")
