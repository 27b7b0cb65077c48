"""Setting attributes of a client, which would change nothing."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

import notebook_kit as nk

if TYPE_CHECKING:
    from collections.abc import Iterator

# Endpoints have no body, and what cannot be set is set.
# mypy: disable-error-code="empty-body, attr-defined"


@pytest.fixture
def client() -> Iterator[nk.Client]:
    client = nk.Client("http://host")
    yield client
    client.close()


@pytest.mark.parametrize(
    "name", ["base_url", "retry", "rate", "cache", "max_connections", "http2", "breaker"]
)
def test_an_option_cannot_be_set_afterwards(client: nk.Client, name: str) -> None:
    """What a client was made with stays; the error says to make a new one with the option."""
    with pytest.raises(AttributeError, match=rf"^{name} cannot .*nk\.Client\({name}=\.\.\.\)"):
        setattr(client, name, 0)
    assert client.base_url == "http://host"


def test_what_httpx_has_is_told_with_its_own_advice(client: nk.Client) -> None:
    """Of a header or a time limit it is said that a single call may have another."""
    with pytest.raises(AttributeError, match=r"get\(url, timeout=\.\.\.\)"):
        client.timeout = 5


def test_the_jar_of_cookies_is_changed_and_not_replaced(client: nk.Client) -> None:
    """Whoever sets `cookies` is told how a cookie is added."""
    with pytest.raises(AttributeError, match=r"client\.cookies\.set\('name', 'value'\)"):
        client.cookies = {"a": "b"}  # type: ignore[misc, assignment]


@pytest.mark.parametrize("name", ["stats", "is_closed", "sync"])
def test_what_tells_of_a_client_cannot_be_set(client: nk.Client, name: str) -> None:
    """Properties have no setter, as in any class."""
    with pytest.raises(AttributeError, match="has no setter"):
        setattr(client, name, 0)


def test_a_name_that_there_is_not_cannot_be_set(client: nk.Client) -> None:
    """On a client as it comes nobody would look at it; a misspelt option is named."""
    with pytest.raises(AttributeError, match=r"'retrys' to be set\. Did you mean 'retry'"):
        client.retrys = 5
    with pytest.raises(
        AttributeError, match=r"'team' to be set\. Options .* class Api\(nk\.Client"
    ):
        client.team = "data"


def test_a_client_of_a_document_is_one_as_it_comes() -> None:
    """What an OpenAPI document adds is no class of the user's own."""
    document = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {}}
    client = nk.Client.from_openapi(document, base_url="http://host")
    with pytest.raises(AttributeError, match="'team' to be set"):
        client.team = "data"
    client.close()


class Things(nk.Resource):
    @nk.endpoint("GET /things/{id}")
    def get(self, id: int) -> dict[str, Any]: ...  # noqa: A002 - as an API may call it


class Api(nk.Client):
    things: Things
    retry: int

    def __init__(self, url: str) -> None:
        self.before = 1
        super().__init__(url)
        self.after = 2
        self.retry = 7

    @functools.cached_property
    def slow(self) -> list[int]:
        return [1]

    @property
    def level(self) -> int:
        return self._level

    @level.setter
    def level(self, value: int) -> None:
        self._level = value


def test_a_class_of_ones_own_has_what_it_likes() -> None:
    """New names, declared ones, cached properties and setters work in a class that derives."""
    api = Api("http://host")
    api.later = 3
    api.level = 4
    assert (api.before, api.after, api.retry, api.later, api.level) == (1, 2, 7, 3, 4)
    assert api.slow is api.slow
    api.close()


def test_the_options_of_a_class_of_ones_own_stay_settled() -> None:
    """Deriving a class does not make options attributes that could be set."""
    api = Api("http://host")
    with pytest.raises(AttributeError, match="rate cannot be set"):
        api.rate = "5/s"
    with pytest.raises(AttributeError, match="base_url cannot be set"):
        api.base_url = "http://other"
    api.close()


def test_a_constructor_of_ones_own_may_note_what_it_has_given() -> None:
    """The value that an option has already can be set, as many a class does."""

    class Noting(nk.Client):
        def __init__(self, base_url: str) -> None:
            super().__init__(base_url, max_connections=3)
            self.base_url = base_url
            self.max_connections = 3

    api = Noting("http://host")
    assert (api.base_url, api.max_connections) == ("http://host", 3)
    api.close()
    with pytest.raises(AttributeError, match="base_url cannot be set"):
        Noting("http://user:pw@host")


def test_a_test_may_replace_a_verb_or_a_resource() -> None:
    """What has its effect can be set on an object, and patched for a while."""
    api = Api("http://host")
    with mock.patch.object(api, "get", lambda url: url):
        assert api.get("/x") == "/x"  # type: ignore[comparison-overlap]
    assert "get" not in vars(api)
    with mock.patch.object(api, "things", "a double"):
        assert api.things == "a double"  # type: ignore[comparison-overlap]
    assert isinstance(api.things, Things)
    api.close()
