"""Which transport a client gets, and what it is told about options that cannot work."""

from __future__ import annotations

import importlib.util
import ssl
from typing import Any

import httpx
import pytest

from notebook_kit.client.transports import TransportOptions, make_transport
from notebook_kit.client.transports.aiohttp_transport import AiohttpTransport
from notebook_kit.client.transports.pieces import HttpxPieces
from notebook_kit.errors import ConfigurationError


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without proxies."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("no_proxy", "nothing.invalid")
    return monkeypatch


CHOICES: list[tuple[dict[str, Any], type[object], str]] = [
    ({}, AiohttpTransport, "aiohttp"),
    ({"verify": False, "max_connections": 5}, AiohttpTransport, "aiohttp"),
    ({"proxy": "http://gate:3128"}, AiohttpTransport, "aiohttp"),
    ({"proxy": httpx.URL("https://gate:3128")}, AiohttpTransport, "aiohttp"),
    ({"max_connections_per_host": 0}, AiohttpTransport, "aiohttp"),
    ({"http2": True}, HttpxPieces, "httpx"),
    ({"proxy": "socks5://gate:1080"}, HttpxPieces, "httpx"),
    ({"proxy": "socks5h://gate:1080"}, HttpxPieces, "httpx"),
    (
        {"proxy": httpx.Proxy("https://gate", ssl_context=ssl.create_default_context())},
        HttpxPieces,
        "httpx",
    ),
]


@pytest.mark.parametrize(("options", "kind", "name"), CHOICES)
def test_the_choice(options: dict[str, Any], kind: type[object], name: str) -> None:
    """aiohttp, unless something is asked that it cannot do exactly."""
    transport, shown = make_transport(TransportOptions(**options))
    assert (type(transport), shown) == (kind, name)


def test_the_environment_takes_part(environment: pytest.MonkeyPatch) -> None:
    """A SOCKS proxy of the environment chooses, too, unless the environment is not trusted."""
    environment.setenv("all_proxy", "socks5://gate:1080")
    assert make_transport(TransportOptions())[1] == "httpx"
    assert make_transport(TransportOptions(trust_env=False))[1] == "aiohttp"
    assert make_transport(TransportOptions(proxy="http://gate:1"))[1] == "aiohttp"


def test_a_transport_of_ones_own() -> None:
    """A given transport is taken as it is, whatever else is said."""
    own = httpx.MockTransport(lambda _: httpx.Response(200))
    assert make_transport(TransportOptions(transport=own, http2=True)) == (own, "custom")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"transport": httpx.HTTPTransport()}, "synchronous"),
        ({"transport": object()}, "AsyncBaseTransport"),
        ({"max_connections": 0}, "max_connections=0"),
        ({"max_connections": 1.5}, r"max_connections=1\.5"),
        ({"max_connections": True}, "max_connections=True"),
        ({"max_keepalive_connections": -1}, "max_keepalive_connections=-1"),
        ({"max_connections_per_host": -2}, "max_connections_per_host=-2"),
        ({"keepalive_expiry": -1}, "keepalive_expiry=-1"),
        ({"keepalive_expiry": "15"}, "keepalive_expiry='15'"),
        ({"keepalive_expiry": float("nan")}, "keepalive_expiry=nan"),
        ({"verify": "/nowhere/at-all.pem"}, "not there"),
        ({"cert": "/nowhere/at-all.pem"}, "cert="),
        ({"proxy": "ftp://gate"}, "proxy="),
    ],
)
def test_options_that_cannot_work(options: dict[str, Any], said: str) -> None:
    """Each is refused with its name and what was given; it is a ValueError, too."""
    with pytest.raises(ConfigurationError, match=said) as caught:
        make_transport(TransportOptions(**options))
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("options", "missing", "said"),
    [
        ({"http2": True}, "h2", r"notebook_kit\[http2\]"),
        ({"proxy": "socks5://gate"}, "socksio", r"notebook_kit\[socks\]"),
    ],
)
def test_packages_that_are_not_there(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], missing: str, said: str
) -> None:
    """What needs a package that is not installed says how to install it."""
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == missing else find(name)
    )
    with pytest.raises(ConfigurationError, match=said):
        make_transport(TransportOptions(**options))


def test_no_bounds() -> None:
    """None means no bound, for each of them."""
    options = TransportOptions(
        max_connections=None, max_keepalive_connections=None, keepalive_expiry=None
    )
    assert make_transport(options)[1] == "aiohttp"


def test_options_show_no_credentials() -> None:
    """The repr of the options leaves out what may hold a password."""
    options = TransportOptions(proxy="http://me:topsecret@gate", cert=("a", "b", "topsecret"))
    assert "topsecret" not in repr(options)
