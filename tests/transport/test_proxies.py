"""Which proxy a URL goes through."""

from __future__ import annotations

import httpx
import pytest

from notebook_kit.client.transports.proxies import NoProxyRule, ProxyFor, ProxyTable, proxy_headers
from notebook_kit.errors import ConfigurationError

MATCHES = [
    ("example.com", "http://example.com/", True),
    ("example.com", "https://a.b.example.com:8443/x", True),
    ("example.com", "http://EXAMPLE.com/", True),
    ("example.com", "http://badexample.com/", False),
    ("example.com", "http://example.com.evil/", False),
    (".example.com", "http://a.example.com/", True),
    (".example.com", "http://example.com/", False),
    ("*.example.com", "http://a.example.com/", True),
    ("*.example.com", "http://example.com/", False),
    ("example.com:8080", "http://example.com:8080/", True),
    ("example.com:8080", "http://example.com/", False),
    ("example.com:443", "https://example.com/", True),
    ("https://example.com", "https://example.com/", True),
    ("https://example.com", "http://example.com/", False),
    ("all://example.com", "http://example.com/", True),
    ("localhost", "http://localhost:8888/", True),
    ("localhost", "http://not.localhost/", False),
    ("127.0.0.1", "http://127.0.0.1:8080/", True),
    ("127.0.0.1", "http://127.0.0.2/", False),
    ("127.0.0.1:81", "http://127.0.0.1:81/", True),
    ("127.0.0.1:81", "http://127.0.0.1/", False),
    ("10.0.0.0/8", "https://10.255.1.2/", True),
    ("10.0.0.0/8", "https://11.0.0.1/", False),
    ("10.1.2.3/8", "https://10.9.9.9/", True),
    ("10.0.0.0/8", "https://ten.example/", False),
    ("::1", "http://[::1]:8080/", True),
    ("[::1]", "http://[::1]/", True),
    ("[::1]:81", "http://[::1]:81/", True),
    ("[::1]:81", "http://[::1]:82/", False),
    ("fd00::/8", "http://[fd12::3]/", True),
    ("fd00::/8", "http://[fe80::1]/", False),
    ("fd00::/8", "http://10.0.0.1/", False),
]


@pytest.mark.parametrize(("entry", "url", "expected"), MATCHES)
def test_entries_of_no_proxy(entry: str, url: str, *, expected: bool) -> None:
    """Each kind of entry stands for the hosts it should, and for no others."""
    assert NoProxyRule.parse(entry).matches(httpx.URL(url)) is expected


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment that says nothing of proxies yet."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    # A system may have settings of its own: macOS and Windows are asked when there is no variable.
    monkeypatch.setenv("no_proxy", "nothing.invalid")
    return monkeypatch


def _url_for(table: ProxyTable, url: str) -> str | None:
    proxy = table(httpx.URL(url))
    return None if proxy is None else str(proxy.url)


def test_the_environment_is_read(environment: pytest.MonkeyPatch) -> None:
    """A proxy for each scheme, one for all others, and exceptions."""
    environment.setenv("http_proxy", "http://plain:1")
    environment.setenv("https_proxy", "secure:2")
    environment.setenv("no_proxy", "localhost, .internal ,10.0.0.0/8,")
    table = ProxyTable.from_environment()
    assert _url_for(table, "http://a.example/") == "http://plain:1"
    assert _url_for(table, "https://a.example/") == "http://secure:2"
    for direct in ("http://localhost:1/", "https://x.internal/", "http://10.3.4.5/"):
        assert _url_for(table, direct) is None


def test_one_for_all(environment: pytest.MonkeyPatch) -> None:
    """ALL_PROXY stands in for a scheme that has none of its own."""
    environment.setenv("all_proxy", "socks5h://gate:1080")
    environment.setenv("http_proxy", "http://plain:1")
    table = ProxyTable.from_environment()
    assert _url_for(table, "https://a.example/") == "socks5h://gate:1080"
    assert _url_for(table, "http://a.example/") == "http://plain:1"


def test_no_proxy_for_anything(environment: pytest.MonkeyPatch) -> None:
    """A star in NO_PROXY switches all proxies off."""
    environment.setenv("http_proxy", "http://plain:1")
    environment.setenv("no_proxy", "a.example, *")
    assert not ProxyTable.from_environment()


def test_an_environment_without_proxies(environment: pytest.MonkeyPatch) -> None:
    """Without settings there is no table to ask."""
    table = ProxyTable.from_environment()
    assert not table
    assert _url_for(table, "http://a.example/") is None


@pytest.mark.parametrize(
    "text", ["ftp://me:topsecret@host:1", "http://", "http://me:topsecret@:80", "http://[::1"]
)
def test_a_proxy_that_cannot_be_used(environment: pytest.MonkeyPatch, text: str) -> None:
    """What is no URL of a proxy is refused with the place it came from, not its password."""
    environment.setenv("http_proxy", text)
    with pytest.raises(ConfigurationError, match="HTTP_PROXY") as caught:
        ProxyTable.from_environment()
    assert "topsecret" not in str(caught.value)


def test_one_proxy_given(environment: pytest.MonkeyPatch) -> None:
    """proxy= stands for everything and does not ask the environment."""
    environment.setenv("no_proxy", "a.example")
    proxy = httpx.Proxy("http://gate:1")
    table = ProxyTable.for_all(proxy)
    assert table(httpx.URL("https://a.example/")) is proxy
    assert table.proxies == (proxy,)
    with pytest.raises(ConfigurationError, match="proxy="):
        ProxyTable.for_all("gopher://gate")


def test_a_table_shows_no_password() -> None:
    """The repr of a table leaves the proxies out."""
    assert "topsecret" not in repr(ProxyTable.for_all("http://me:topsecret@gate:1"))


def test_the_same_text_is_the_same_proxy() -> None:
    """A function that gives text gives the same object each time: connections are kept by it."""
    choose = ProxyFor(lambda url: "http://gate:1" if url.path == "/" else None)
    first = choose(httpx.URL("http://a/"))
    assert first is choose(httpx.URL("https://b/"))
    assert choose(httpx.URL("http://a/x")) is None


def test_a_kind_of_proxy_that_is_not_spoken() -> None:
    """A proxy of another kind than the transport speaks is refused with advice."""
    choose = ProxyFor(lambda _: "socks5://me:topsecret@gate:1", ("http", "https"))
    with pytest.raises(ConfigurationError, match=r"socks5.*http and https.*proxy=") as caught:
        choose(httpx.URL("http://a/"))
    assert "topsecret" not in str(caught.value)


def test_headers_for_a_proxy() -> None:
    """A proxy's own headers and its credentials, in UTF-8."""
    proxy = httpx.Proxy("http://gate:1", auth=("jö", "p"), headers={"X-Team": "blue"})
    assert proxy_headers(proxy) == (
        (b"Proxy-Authorization", b"Basic asO2OnA="),
        (b"X-Team", b"blue"),
    )
    assert proxy_headers(httpx.Proxy("http://gate:1")) == ()
