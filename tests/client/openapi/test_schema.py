from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

import pytest

from notebook_kit.client.openapi.document import Document, Node
from notebook_kit.client.openapi.schema import annotation, outline, properties_of, required_of

SHAPES: dict[str, Any] = {
    "Tag": {"type": "object", "properties": {"name": {"type": "string"}}},
    "Tree": {"properties": {"children": {"type": "array", "items": {"$ref": "#/Tree"}}}},
    "Loop": {"allOf": [{"$ref": "#/Loop"}]},
    "Nest": {"type": "array", "items": {"$ref": "#/Nest"}},
}


def shape(schema: Any) -> Node:
    """Return a schema that may refer to the shapes above."""
    return Document({**SHAPES, "it": schema}).found("/it", at="#")


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "string"}, str),
        ({"type": "string", "format": "date"}, date | str),
        ({"type": "string", "format": "date-time"}, datetime | str),
        ({"type": "string", "format": "binary"}, bytes),
        ({"type": "integer", "nullable": True}, int | None),
        ({"type": ["integer", "null"]}, int | None),
        ({"type": "array", "items": {"type": "number"}}, list[float]),
        ({"type": "array"}, list),
        ({"$ref": "#/Tag"}, dict),
        ({"enum": ["a", "b"]}, Literal["a", "b"]),
        ({"enum": ["a", None]}, Literal["a", None]),  # noqa: PYI061 - as it is made
        ({"const": 3}, Literal[3]),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, str | int),
        ({"allOf": [{"$ref": "#/Tag"}]}, dict),
        ({"enum": list(range(1000)), "type": "integer"}, int),
        ({"enum": [1.5]}, Any),
        ({"$ref": "#/nowhere"}, Any),
        ({"$ref": "#/Loop"}, Any),
        ({}, Any),
        (True, Any),
        ({"type": 7, "enum": 9, "anyOf": 10, "properties": []}, dict),
    ],
)
def test_a_schema_becomes_a_type(schema: Any, kind: Any) -> None:
    """Any where none fits."""
    assert annotation(shape(schema)) == kind


def test_a_schema_in_itself_comes_to_an_end() -> None:
    """After a few levels."""
    assert "list[list" in str(annotation(shape({"$ref": "#/Nest"})))
    assert len(outline(shape({"$ref": "#/Tree"}))) < 10


def test_an_object_of_parts_has_the_properties_of_all() -> None:
    """And what any of them requires."""
    schema = {
        "allOf": [{"$ref": "#/Tag"}, {"required": ["name"]}],
        "properties": {"id": {"type": "integer"}},
        "required": ["id"],
    }
    assert list(properties_of(shape(schema)) or {}) == ["name", "id"]
    assert required_of(shape(schema)) == {"id", "name"}


def test_one_of_several_objects_has_no_properties_of_its_own() -> None:
    """Unless the several only say which properties must be given."""
    several = {"type": "object", "oneOf": [{"$ref": "#/Tag"}], "properties": {"a": {}}}
    assert properties_of(shape(several)) is None
    choice = {"properties": {"a": {}, "b": {}}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}
    assert set(properties_of(shape(choice)) or {}) == {"a", "b"}
    assert properties_of(shape({"$ref": "#/Loop"})) is None


def test_an_outline_is_a_small_tree() -> None:
    """With what is said of the fields, and not more lines than asked for."""
    schema = {
        "type": "array",
        "items": {
            "properties": {
                "id": {"type": "integer"},
                "tags": {"type": "array", "items": {"$ref": "#/Tag"}, "description": "Its\ntags."},
                "lost": {"$ref": "#/nowhere"},
            }
        },
    }
    assert outline(shape(schema)) == [
        "list of dict",
        "  id: int",
        "  tags: list of dict, Its tags.",
        "    name: str",
        "  lost: Any",
    ]
    assert outline(shape(schema), lines=3) == ["list of dict", "  id: int", "  …"]


def test_a_huge_schema_is_outlined_at_once() -> None:
    """Nothing is written that is not shown."""
    wide: dict[str, Any] = {"properties": {str(n): {} for n in range(300)}}
    deep = {"properties": {str(n): wide for n in range(300)}}
    assert len(outline(shape(deep))) == 24
