"""Calls that need a credential: refused before anything is sent when it is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.client.resources import Cookie
from tests.client.origins import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

# mypy: disable-error-code="empty-body"

KEY = "sk-0123456789abcdef"


class Inner(nk.Resource):
    needs = ("x-team",)

    @nk.endpoint("GET /inner")
    def get(self) -> Any: ...


class Api(nk.Client):
    needs = (("x-api-key", "authorization"),)
    inner = Inner

    @nk.endpoint("GET /mine")
    def mine(self) -> Any: ...

    @nk.endpoint("GET /more", needs=["token"])
    def more(
        self, token: str | None = None, session: Annotated[str | None, Cookie("token")] = None
    ) -> Any: ...

    @nk.endpoint("GET /open", needs=None)
    def open(self) -> Any: ...


@pytest.fixture
def server() -> Iterator[Origin]:
    with Origin() as server:
        yield server


def made(server: Origin, **options: Any) -> Any:
    return Api(server.url, retry=0, **options)


def test_a_missing_credential_is_said_before_anything_is_sent(server: Origin) -> None:
    """A7: the error names the call and what it needs, and says how to give it."""
    client = made(server)
    for refused in (client.mine, client.sync.mine, lambda: client.mine.map([1, 2])):
        with pytest.raises(nk.MissingCredential) as caught:
            refused()
        said = str(caught.value)
        assert f"GET {server.url}/mine needs the credential 'x-api-key' or 'authorization'" in said
        assert "headers={'x-api-key': nk.Secret('...')}" in said
        assert (caught.value.call, caught.value.attempts) == (f"GET {server.url}/mine", 0)
    assert server.count == 0
    client.close().wait()


def function_of_a_request(request: httpx.Request) -> httpx.Request:
    request.headers["x-api-key"] = KEY
    return request


@pytest.mark.parametrize(
    "options",
    [
        {"headers": {"X-API-Key": nk.Secret(KEY)}},
        {"headers": {"authorization": f"Bearer {KEY}"}},
        {"params": {"x-api-key": KEY}},
        {"cookies": {"x-api-key": KEY}},
        {"auth": ("ada", KEY)},
        {"auth": httpx.BasicAuth("ada", KEY)},
        {"auth": function_of_a_request},
    ],
)
def test_wherever_a_credential_is_given_it_counts(server: Origin, options: Any) -> None:
    """Headers, parameters, cookies and auth= of the client meet a need."""
    client = made(server, **options)
    client.mine().result()
    assert server.count == 1
    client.close().wait()


def test_a_password_in_the_base_url_counts(server: Origin) -> None:
    """It is sent as `authorization`, so it meets the need of that name."""
    client = Api(server.url.replace("http://", f"http://ada:{KEY}@"))
    client.mine().result()
    assert server.count == 1
    client.close().wait()


def test_an_empty_credential_is_none(server: Origin) -> None:
    """A header without a value meets no need, nor does auth= that gives another header."""
    with pytest.raises(nk.MissingCredential):
        made(server, headers={"x-api-key": ""}).mine()

    class Keyed(nk.Client):
        needs = ("x-api-key",)

        @nk.endpoint("GET /mine")
        def mine(self) -> Any: ...

    with pytest.raises(nk.MissingCredential):
        Keyed(server.url, auth=("ada", KEY)).mine()


def test_options_and_arguments_meet_needs(server: Origin) -> None:
    """with_options, and a parameter that carries the credential, meet a need as well."""
    client = made(server)
    client.mine.with_options(headers={"x-api-key": KEY})().result()
    client.mine.with_options(auth=("ada", KEY))().result()
    more = client.more.with_options(headers={"x-api-key": KEY})
    with pytest.raises(nk.MissingCredential, match="'token'"):
        more()
    more("abc").result()
    more(session="abc").result()
    frame = more.map([{"token": "a"}, {"token": None}], progress=False, fail_fast=False).result()
    assert frame["error_type"].tolist()[1] == "MissingCredential"
    assert frame["status"].tolist() == ["ok", "failed"]
    assert server.count == 5
    client.close().wait()


def test_needs_add_up_unless_an_endpoint_is_exempt(server: Origin) -> None:
    """A resource needs what its client needs and more; `needs=None` is open to all."""
    client = made(server, headers={"x-api-key": KEY})
    with pytest.raises(nk.MissingCredential, match="'x-team'"):
        client.inner.get()
    client.inner.get.with_options(headers={"x-team": "a"})().result()
    made(server).open().result()
    assert server.count == 2
    client.close().wait()


def test_a_credential_of_another_origin_does_not_count(server: Origin) -> None:
    """What the client keeps for its own origin does not go elsewhere, and so is missing there."""

    class Elsewhere(nk.Client):
        needs = ("x-api-key",)

        @nk.endpoint(f"GET {server.url}/mine")
        def mine(self) -> Any: ...

    with pytest.raises(nk.MissingCredential):
        Elsewhere("https://api.example.com", headers={"x-api-key": KEY}).mine()
