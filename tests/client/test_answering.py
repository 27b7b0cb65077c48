"""What of a client changes the answers to its requests."""

from __future__ import annotations

import asyncio
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.client.answering import answers_depend_on
from notebook_kit.storage.fingerprints import fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterator


def parts(**options: Any) -> dict[str, Any]:
    with nk.Client("https://me:pw@host.example/v1", **options):
        pass
    client = nk.Client("https://me:pw@host.example/v1", **options)
    try:
        return answers_depend_on(client._core)
    finally:
        client.close()


def test_a_client_as_it_comes_has_an_address_alone() -> None:
    """What is as usual is not told, and the address holds no credential."""
    assert parts() == {"base_url": "https://****@host.example/v1"}


def test_settings_with_and_without_credentials() -> None:
    """Names of credentials are told, their values are not; headers that mean nothing are not."""
    found = parts(
        headers=[
            ("Accept", "text/csv"),
            ("Accept", "text/plain"),
            ("X-Api-Key", "abc"),
            ("User-Agent", "me/1"),
        ],
        params={"lang": "de", "token": "abc"},
        cookies={"theme": "dark", "sid": "0123456789abcdef", "session_id": "1"},
        auth=("me", "pw"),
        follow_redirects=True,
        default_encoding="latin-1",
    )
    assert found == {
        "base_url": "https://****@host.example/v1",
        "headers": {"Accept": "text/csv, text/plain", "X-Api-Key": "****"},
        "params": {"lang": "de", "token": "****"},
        "cookies": {"theme": "dark", "sid": "****", "session_id": "****"},
        "auth_kind": "BasicAuth",
        "follow_redirects": True,
        "default_encoding": "latin-1",
    }


def test_kinds_of_credentials() -> None:
    """Credentials of another kind may be those of somebody else."""
    assert parts(auth=httpx.DigestAuth("a", "b"))["auth_kind"] == "DigestAuth"


def test_a_jar_that_others_fill_is_not_told() -> None:
    """Cookies that a server has set make no other work."""
    assert "cookies" not in parts(cookies=CookieJar())


@pytest.fixture
def lent() -> Iterator[httpx.AsyncClient]:
    client = httpx.AsyncClient(
        base_url="https://host.example",
        headers={"api-version": "2", "authorization": "Bearer abcdefghijk"},
        params={"lang": "de"},
        follow_redirects=True,
    )
    yield client
    asyncio.run(client.aclose())


def test_a_client_that_was_lent_says_it_itself(lent: httpx.AsyncClient) -> None:
    """What the caller's client adds to each request counts, and its version does not."""
    client = nk.Client(http_client=lent)
    assert answers_depend_on(client._core) == {
        "base_url": "https://host.example",
        "headers": {"accept": "*/*", "api-version": "2", "authorization": "****"},
        "params": {"lang": "de"},
        "follow_redirects": True,
    }
    client.close()


def test_a_map_is_described_with_its_client() -> None:
    """What is mapped counts with what the client adds, each thing once."""
    from notebook_kit.client.batch import work_of_map

    client = nk.Client(
        "https://host.example",
        headers={"api-version": "2"},
        params={"lang": "de", "api_key": "abc"},
    )
    options = {
        "json": {"model": "small", "text": nk.col("text")},
        "headers": {"accept": "text/csv", "authorization": "Bearer abcdefghijk"},
        "params": lambda row: {"page": row["page"]},
        "method": "POST",
        "timeout": 5,
    }
    work, _ = work_of_map(client, client._core, "/users/{id}", options)
    described = fingerprint(work.describe())
    values = {name.removeprefix("given "): it.value for name, it in described.parts.items()}
    assert values.pop("code the lambda of params=").startswith("sha256:")
    assert values.pop("json['text']") == "text:\"nk.col('text')\""
    assert values == {
        "headers['authorization']": "text:****",
        "method": "text:'POST'",
        "url": "text:'https://host.example/?lang=de'",
        "path": "text:'/users/{id}'",
        "parse": "text:'auto'",
        "client.headers['api-version']": "text:'2'",
        "json['model']": "text:'small'",
        "headers['accept']": "text:'text/csv'",
        "params": "name:the lambda of params=",
    }
    assert described.unreadable == ()
    client.close()
