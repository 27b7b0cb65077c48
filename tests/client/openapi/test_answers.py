from __future__ import annotations

import json
from types import GenericAlias
from typing import Any

import pytest

import notebook_kit as nk
from notebook_kit.client.openapi.answers import answer_of
from notebook_kit.testing import answer
from tests.client.openapi.papers import of_paths, one
from tests.client.origins import Origin

JSON = {"content": {"application/json": {"schema": {"type": "array", "items": {"type": "object"}}}}}
#: What a signature says of it.
DICTS: Any = GenericAlias(list, (dict,))


def of(*media_types: str) -> dict[str, Any]:
    return {"content": {it: {} for it in media_types}}


@pytest.mark.parametrize(
    ("responses", "reads", "kind"),
    [
        ({"200": JSON}, None, DICTS),
        ({"201": JSON, "404": of("text/plain")}, None, DICTS),
        ({"2XX": JSON}, None, DICTS),
        ({"default": JSON}, None, DICTS),
        ({"200": of("image/png")}, bytes, bytes),
        ({"200": of("application/pdf", "application/octet-stream")}, bytes, bytes),
        ({"200": of("text/csv; charset=utf-8")}, str, str),
        ({"200": of("image/png", "application/json")}, None, Any),
        ({"200": of("*/*")}, None, Any),
        ({"204": {"description": "gone"}}, None, None),
        ({"200": {"description": "ok"}}, None, Any),
        ({}, None, Any),
        ({"200": {"$ref": "#/nowhere"}}, None, Any),
        ("nonsense", None, Any),
    ],
)
def test_what_comes_back(responses: Any, reads: Any, kind: Any) -> None:
    """What a signature shows, and what an answer is read as."""
    made = answer_of(one({"responses": responses}))
    assert (made.reads, made.kind) == (reads, kind)


def test_statuses_may_be_numbers() -> None:
    """YAML writes them so."""
    assert answer_of(one({"responses": {200: JSON}})).kind == DICTS


@pytest.mark.parametrize(
    ("said", "media_type", "body", "value"),
    [
        (of("application/json"), "application/json", b'{"a": 1}', {"a": 1}),
        (of("application/json"), "application/problem+json", b"[1]", [1]),
        (of("image/png"), "image/png", b"\x89PNG", b"\x89PNG"),
        (of("application/octet-stream"), "text/plain", b"a,b", b"a,b"),
        (of("text/csv"), "text/csv", b"a,b", "a,b"),
        (JSON, "application/json", b'{"no": "list"}', {"no": "list"}),
        ({}, "text/plain", b"hello", "hello"),
    ],
)
def test_answers_are_taken_as_they_come(
    said: Any, media_type: str, body: bytes, value: Any
) -> None:
    """A document that is wrong about its shape does no harm."""
    paper = of_paths({"/x": {"get": {"responses": {"200": said}}}})
    headers = [("content-type", media_type)]
    with Origin(lambda _number, _request: answer(body, headers=headers)) as origin:
        client = nk.Client.from_openapi(paper, base_url=origin.url)
        assert client.x().result() == value
        client.close()


def test_the_docstring_tells_what_comes() -> None:
    """In a line, or in a small tree."""
    shape = {"type": "object", "properties": {"id": {"type": "integer", "description": "Its key."}}}
    content = {"content": {"application/json": {"schema": shape}}}
    assert answer_of(one({"responses": {"200": content}})).told == (
        "Returns dict:",
        "  id: int, Its key.",
    )
    assert answer_of(one({"responses": {"200": of("image/png")}})).told == (
        "Returns bytes: image/png.",
    )
    assert json.dumps(answer_of(one({"responses": {"200": {"description": "x" * 999}}})).told[0])[
        -3:
    ]
