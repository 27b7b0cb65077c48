from __future__ import annotations

from typing import Any

import pytest

from notebook_kit.client.openapi.document import Document
from notebook_kit.client.openapi.security import Credential, needs_of
from tests.client.openapi.papers import of_paths, operations

SCHEMES: dict[str, Any] = {
    "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    "query": {"type": "apiKey", "in": "query", "name": "api_key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "session"},
    "bearer": {"type": "http", "scheme": "bearer"},
    "basic": {"type": "http", "scheme": "Basic"},
    "oauth": {"type": "oauth2", "flows": {}},
    "openid": {"type": "openIdConnect"},
    "tls": {"type": "mutualTLS"},
    "odd": {"type": "apiKey", "in": "body", "name": "x"},
}


def needs(security: Any, *, everywhere: Any = None) -> Any:
    """Return what an operation with this security needs."""
    said = {} if security is None else {"security": security}
    more = {} if everywhere is None else {"security": everywhere}
    paths = {"/x": {"get": said}}
    paper = of_paths(paths, components={"securitySchemes": SCHEMES}, **more)
    return needs_of(operations(paths)[0], Document(paper).top)


@pytest.mark.parametrize(
    ("security", "needed"),
    [
        ([{"key": []}], ("X-Api-Key",)),
        ([{"query": []}], ("api_key",)),
        ([{"bearer": []}], ("authorization",)),
        ([{"oauth": ["read"]}], ("authorization",)),
        ([{"openid": []}], ("authorization",)),
        ([{"key": [], "bearer": []}], ("X-Api-Key", "authorization")),
        ([{"key": []}, {"bearer": []}], (("X-Api-Key", "authorization"),)),
        (
            [{"key": [], "query": []}, {"bearer": []}],
            (("X-Api-Key", "authorization"), ("api_key", "authorization")),
        ),
        ([{"basic": []}, {"bearer": []}], ("authorization",)),
        ([{"key": []}, {"key": [], "query": []}], ("X-Api-Key",)),
        ([{"key": []}, {}], ()),
        ([], ()),
        ([{"tls": []}], ()),
        ([{"tls": [], "key": []}], ("X-Api-Key",)),
        ([{"unknown": []}], ()),
        ([{"odd": []}], ()),
        ("nonsense", ()),
    ],
)
def test_what_is_needed(security: Any, needed: Any) -> None:
    """All of a set; of several sets any; nothing where one may go without."""
    assert needs(security) == needed


def test_what_holds_for_all_holds_unless_an_operation_says_otherwise() -> None:
    """An empty list is saying otherwise."""
    assert needs(None, everywhere=[{"key": []}]) == ("X-Api-Key",)
    assert needs([], everywhere=[{"key": []}]) == ()


@pytest.mark.parametrize(
    ("scheme", "how"),
    [
        ("key", "headers={'X-Api-Key': nk.Secret('...')}"),
        ("query", "params={'api_key': nk.Secret('...')}"),
        ("cookie", "cookies={'session': nk.Secret('...')}"),
        ("basic", "auth=('user', nk.Secret('...'))"),
        ("bearer", "headers={'authorization': nk.Secret('...').bearer()}"),
    ],
)
def test_each_says_what_to_write(scheme: str, how: str) -> None:
    """In the words of a client's options."""
    (credential,) = needs([{scheme: []}])
    assert isinstance(credential, Credential)
    assert credential.how == how


def test_too_many_ways_are_not_worked_out() -> None:
    """Then nothing is asked for before the server does."""
    ways: list[Any] = [{"key": [], "query": []}] * 20
    assert needs(ways) == ()
