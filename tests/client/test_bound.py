"""Credentials go to the origin they were given for, and to no other."""

from __future__ import annotations

from http.cookiejar import CookieJar
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.testing import FaultServer, answer

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "sk-0123456789abcdef"
CREDENTIALS: list[dict[str, Any]] = [
    {"headers": {"x-api-key": KEY}},
    {"headers": {"x-plain": nk.Secret(KEY)}},
    {"headers": {"x-plain": nk.Secret("short")}},
    {"headers": {"authorization": f"Bearer {KEY}"}},
    {"auth": ("user", "password")},
    {"cookies": {"session": KEY}},
    {"cookies": httpx.Cookies({"session": KEY})},
    {"params": {"api_key": KEY}},
    {"params": {"plain": nk.Secret("short")}},
    {"params": [("plain", nk.Secret("short"))]},
]
MARKS = (KEY, "short", "Basic ")


@pytest.fixture
def home() -> Iterator[FaultServer]:
    with FaultServer() as server:
        server.when("*", answer("home"))
        yield server


@pytest.fixture
def other() -> Iterator[FaultServer]:
    with FaultServer() as server:
        server.when("*", answer("other"))
        yield server


def _shows(server: FaultServer) -> bool:
    (request,) = server.requests
    text = f"{request.target} {request.headers}"
    return any(mark in text for mark in MARKS)


@pytest.mark.parametrize("options", CREDENTIALS)
def test_credentials_of_the_client_go_home(
    home: FaultServer, other: FaultServer, options: dict[str, Any]
) -> None:
    """They are sent to the base URL's origin and not to an absolute URL elsewhere."""
    with nk.Client(home.url, **options) as api:
        assert api.get("/x").text == "home"
        assert api.get(f"{other.url}/x").text == "other"
    assert _shows(home)
    assert not _shows(other)


@pytest.mark.parametrize("options", [it for it in CREDENTIALS if "params" not in it])
def test_credentials_do_not_follow_a_redirect_elsewhere(
    home: FaultServer, other: FaultServer, options: dict[str, Any]
) -> None:
    """A redirect to another origin, be it another port only, is followed without them."""
    home.when("/go", answer(status=307, headers=[("Location", f"{other.url}/x")]))
    with nk.Client(home.url, follow_redirects=True, **options) as api:
        assert api.get("/go").text == "other"
    assert _shows(home)
    assert not _shows(other)


@pytest.mark.parametrize("options", [it for it in CREDENTIALS if "params" not in it])
def test_credentials_follow_a_redirect_at_home(home: FaultServer, options: dict[str, Any]) -> None:
    """Within the origin a redirect is followed with everything."""
    home.when("/go", answer(status=307, headers=[("Location", "/x")]))
    with nk.Client(home.url, follow_redirects=True, **options) as api:
        assert api.get("/go").text == "home"
    for request in home.requests:
        assert any(mark in f"{request.headers}" for mark in MARKS)
    assert len(home.requests) == 2


@pytest.mark.parametrize("base_url", ["http://elsewhere", ""])
@pytest.mark.parametrize("headers", [{"x-api-key": KEY}, {"x-plain": nk.Secret("short")}])
def test_headers_of_a_call_belong_to_its_url(
    home: FaultServer, other: FaultServer, base_url: str, headers: dict[str, Any]
) -> None:
    """A key given for one call goes to that call's origin, and no further on a redirect."""
    home.when("/go", answer(status=302, headers=[("Location", f"{other.url}/x")]))
    with nk.Client(base_url, follow_redirects=True) as api:
        assert api.get(f"{home.url}/go", headers=headers).text == "other"
    assert _shows(home)
    assert not _shows(other)


def test_without_a_base_url_each_call_is_at_home(home: FaultServer, other: FaultServer) -> None:
    """A client without a base URL sends its key to what each call asks, not where it is led."""
    home.when("/go", answer(status=302, headers=[("Location", f"{other.url}/x")]))
    with nk.Client(headers={"x-api-key": KEY}, follow_redirects=True) as api:
        assert api.get(f"{home.url}/go").text == "other"
        assert not _shows(other)
        api.get(f"{other.url}/x")
    assert other.requests[1].header("x-api-key") == KEY.encode()


def test_what_a_function_of_auth_adds_stays_too(home: FaultServer, other: FaultServer) -> None:
    """A header under any name that auth= puts in is a credential."""

    def auth(request: httpx.Request) -> httpx.Request:
        request.headers["x-stamp"] = KEY
        return request

    home.when("/go", answer(status=302, headers=[("Location", f"{other.url}/x")]))
    with nk.Client(home.url, auth=auth, follow_redirects=True) as api:
        api.get("/go")
    assert _shows(home)
    assert not _shows(other)


def test_ordinary_headers_and_params_go_everywhere(other: FaultServer) -> None:
    """What is no credential is sent with every request, whatever its origin."""
    with nk.Client("http://elsewhere", headers={"x-team": "a"}, params={"lang": "de"}) as api:
        api.get(f"{other.url}/x")
    assert other.requests[0].header("x-team") == b"a"
    assert other.requests[0].target == "/x?lang=de"


def test_a_jar_is_used_as_it_is(home: FaultServer) -> None:
    """A cookie jar that is given is the one that the server's cookies are put into."""
    jar = CookieJar()
    home.when("/x", answer("home", headers=[("Set-Cookie", "a=b")]))
    with nk.Client(home.url, cookies=jar) as api:
        api.get("/x")
    assert [cookie.name for cookie in jar] == ["a"]
