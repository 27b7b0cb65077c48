"""A secret that was written into a text is refused where that can be told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.redact import is_written_secret
from notebook_kit.testing import FakeAPI

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = nk.Secret("planted-written/0123456789")


@pytest.fixture
def fake() -> Iterator[FakeAPI]:
    with FakeAPI() as fake:
        fake.post("/echo").answers({})
        fake.get("/{rest:path}").answers({})
        yield fake


def _refusal_of_a_row(client: Any, options: dict[str, Any]) -> str:
    """Return why a map does not start, or why its row has failed."""
    try:
        frame = client.map("/echo", [1], method="POST", progress=False, **options)
    except nk.ConfigurationError as error:
        return str(error)
    return str(frame["error"][0])


@pytest.mark.parametrize(
    "options",
    [
        {"json": {"key": f"{KEY}"}},
        {"json": {"a": [{"api_key": f"Token {KEY}"}]}},
        {"json": {"credentials": {"values": [str(KEY)]}}},
        {"json": {"note": f"{KEY!r}"}},
        {"json": str(KEY).join(["Secret('", "')"])},
        {"data": {"k": f"{KEY}"}},
        {"data": {"token": ["a", f"Bearer {KEY}"]}},
        {"data": f"{KEY}"},
        {"content": f"{KEY}"},
        {"content": f"{KEY!r} of mine"},
        {"cookies": {"k": f"{KEY}"}},
        {"cookies": {"k": f"v1.{KEY}"}},
        {"auth": ("user", f"{KEY}")},
        {"auth": (f"{KEY}", "password")},
        {"params": {"k": f"{KEY}"}},
        {"params": {"api_key": f"Token {KEY}"}},
        {"params": [("api_key", f"Token {KEY}")]},
        {"headers": {"x": f"{KEY}"}},
    ],
    ids=str,
)
def test_it_is_refused_in_options(fake: FakeAPI, options: dict[str, Any]) -> None:
    """Of a call and of each row of a map; nothing is sent."""
    with nk.Client(fake.url, transport=fake) as client:
        with pytest.raises(nk.ConfigurationError, match="a Secret was written"):
            client.post("/echo", **options)
        assert "a Secret was written" in _refusal_of_a_row(client, options)
    assert not fake.requests


@pytest.mark.parametrize("option", ["cookies", "auth", "params", "headers"])
def test_it_is_refused_in_options_of_a_client(option: str) -> None:
    """When the client is made."""
    value: Any = ("user", f"{KEY}") if option == "auth" else {"api_key": f"Token {KEY}"}
    with pytest.raises(nk.ConfigurationError, match="a Secret was written"):
        nk.Client("http://host", **{option: value})


@pytest.mark.parametrize(
    "path",
    [
        f"/echo/{KEY}",
        f"/{KEY}/echo?a=1",
        f"/echo/{KEY!r}",
        f"/echo?token=Token%20{KEY}",
        f"/echo?x={KEY}",
        f"/echo?x={KEY!r}",
    ],
)
def test_it_is_refused_in_a_path(fake: FakeAPI, path: str) -> None:
    """As a whole part of it, and as a value of its query."""
    with (
        nk.Client(fake.url, transport=fake) as client,
        pytest.raises(nk.ConfigurationError, match="a Secret was written"),
    ):
        client.get(path)
    assert not fake.requests


def test_it_is_refused_in_a_base_url() -> None:
    """As the password and as a part of the path."""
    for url in (f"https://user:{KEY}@host", f"https://host/{KEY}/v1"):
        with pytest.raises(nk.ConfigurationError, match="a Secret was written"):
            nk.Client(url)


@pytest.mark.parametrize(
    "options",
    [
        {"json": {"comment": "****", "tokens": ["so", "a", "****"], "stars": "*****"}},
        {"json": ["****", {"rating": "**** of *****"}]},
        {"content": b"****"},
        {"content": "rated **** by all"},
        {"data": {"rating": "**** of five"}},
        {"params": {"q": "**** hotel"}},
        {"params": {"api_key": "*****"}},
        {"json": {"key": KEY}},
    ],
    ids=str,
)
def test_stars_that_mean_stars_are_sent(fake: FakeAPI, options: dict[str, Any]) -> None:
    """Words that somebody has taken out of a text, and marks of hotels."""
    with nk.Client(fake.url, transport=fake) as client:
        client.post("/echo", **options)
        client.get("/a/**")
        client.get("/a/***** hotels")
    assert len(fake.requests) == 3


@pytest.mark.parametrize("text", [str(KEY), repr(KEY), f"Bearer {KEY}"])
def test_it_is_no_secret_itself(text: str) -> None:
    """What a secret gives in a text is not taken for a key, with what to write instead."""
    assert is_written_secret(text)
    with pytest.raises(nk.ConfigurationError, match=r"key\.reveal\(\)"):
        nk.Secret(text)
