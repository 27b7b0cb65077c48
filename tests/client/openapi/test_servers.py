from __future__ import annotations

from typing import Any

import pytest

from notebook_kit.client.openapi.document import Broken, Document
from notebook_kit.client.openapi.servers import server_of


def of(*servers: Any, base: str | None = None) -> str | None:
    """Return the server of a document that names these."""
    return server_of(Document({"servers": list(servers)}).top, base)


def test_the_first_over_http_is_taken() -> None:
    """Others are of other worlds."""
    assert of({"url": "wss://a.example"}, {"url": "https://b.example/v1"}) == "https://b.example/v1"
    assert of() is None


def test_variables_have_their_defaults() -> None:
    """Also a number."""
    variables = {"host": {"default": "api"}, "port": {"default": 8443}}
    url = "https://{host}.example:{port}/v1"
    assert of({"url": url, "variables": variables}) == "https://api.example:8443/v1"


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("/v2", "https://a.example/v2"),
        ("v2", "https://a.example/docs/v2"),
        ("", "https://a.example/docs/openapi.json"),
        ("//b.example/x", "https://b.example/x"),
    ],
)
def test_a_relative_one_is_relative_to_the_document(url: str, whole: str) -> None:
    """As links are."""
    assert of({"url": url}, base="https://a.example/docs/openapi.json") == whole


@pytest.mark.parametrize(
    ("server", "said"),
    [
        ({"url": "/v2"}, "base_url="),
        ({"url": "https://{host}/"}, "{host} of its URL has no default"),
        ({"url": "wss://a.example"}, "speaks HTTP"),
        ({"url": "https:///x"}, "no base URL"),
        ({"url": "https://a.example/?x=1"}, "no base URL"),
    ],
)
def test_one_that_cannot_be_used_says_why(server: Any, said: str) -> None:
    """With its place."""
    with pytest.raises(Broken, match=said):
        of(server)
