"""Errors of httpx become errors of the kit that say what happened."""

from __future__ import annotations

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.client.translate import translate

REQUEST = httpx.Request("GET", "https://host/path?api_key=planted-81")
BEGIN = "GET https://host/path?api_key=****"


def test_groups_are_unpacked() -> None:
    """Of several errors in one, however deep, the first is told."""
    inner = ExceptionGroup("inner", [httpx.ReadError("gone"), ValueError("other")])
    told = translate(ExceptionGroup("outer", [inner]), REQUEST)
    assert type(told) is nk.ConnectionLost
    assert "gone" in str(told)


def test_an_error_without_words() -> None:
    """Where nothing is said of it, that is told."""
    assert str(translate(httpx.ReadError(""), REQUEST)).endswith("the connection was closed")


@pytest.mark.parametrize(
    "error",
    [
        httpx.InvalidURL("path must be empty or begin with '/'"),
        httpx.RemoteProtocolError("Invalid URL in location header: Invalid port: 'x'."),
    ],
)
def test_a_redirect_to_what_is_no_url(error: Exception) -> None:
    """The server is told to have led astray; nothing says that the caller's URL was wrong."""
    told = translate(error, REQUEST)
    assert type(told) is nk.RequestError
    assert str(told).startswith(f"{BEGIN} answered with a redirect to what is no URL: ")
    assert told.call == BEGIN


def test_a_redirect_to_what_cannot_be_asked() -> None:
    """A target with another scheme is named; the first request is what the error is about."""
    hop = httpx.Request("GET", "ftp://other/file")
    told = translate(httpx.UnsupportedProtocol("no http", request=hop), REQUEST)
    assert type(told) is nk.RequestError
    said = f"{BEGIN}, redirected to GET ftp://other/file, which cannot be asked: no http"
    assert str(told) == said
    own = translate(httpx.UnsupportedProtocol("no http", request=REQUEST), REQUEST)
    assert type(own) is nk.ConfigurationError


def test_words_of_libraries() -> None:
    """What only those who know the library understand is said in other words."""
    told = translate(httpx.RemoteProtocolError("Receive buffer too long"), REQUEST)
    assert str(told).endswith("a line of the answer's head is longer than 100 kB")
