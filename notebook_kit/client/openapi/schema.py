"""Schemas as annotations of Python, and as a few lines that a person can read."""

from __future__ import annotations

import types
from datetime import date, datetime
from typing import Any, Final, Literal, Union

from notebook_kit.client.openapi.document import Broken, Node
from notebook_kit.markup import shorten

__all__ = ["annotation", "kinds_of", "outline", "properties_of", "required_of", "type_name"]

_DEEPEST: Final = 5
_MOST_MEMBERS: Final = 8
_MOST_CHOICES: Final = 40
_LONGEST_CHOICE: Final = 60
_DEEPEST_SHOWN: Final = 2
_MOST_PROPERTIES: Final = 300

_PLAIN: Final[dict[str, Any]] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "null": None,
}
_FORMATS: Final[dict[str, Any]] = {
    "binary": bytes,
    "date": date | str,
    "date-time": datetime | str,
}


def annotation(schema: Node, depth: int = 0) -> Any:
    """Return the type that stands for a schema in a signature; Any where none fits.

    >>> from notebook_kit.client.openapi.document import Document
    >>> annotation(Document({"type": "array", "items": {"type": "integer"}}).top)
    list[int]
    """
    try:
        return _annotation(schema.followed(), depth)
    except Broken:
        return Any


def _annotation(schema: Node, depth: int) -> Any:
    if not schema.is_object or depth > _DEEPEST:
        return Any
    choices = _choices(schema)
    if choices is not None:
        return choices
    members = _members(schema)
    if members is not None:
        return _union([annotation(it, depth + 1) for it in members])
    parts = list(schema.child("allOf").items())
    kinds = kinds_of(schema)
    if parts and not kinds:
        found = [annotation(it, depth + 1) for it in parts]
        known = [it for it in found if it is not Any]
        return known[0] if known else Any
    return _union([_of_kind(it, schema, depth) for it in kinds]) if kinds else Any


def _of_kind(kind: str, schema: Node, depth: int) -> Any:
    if kind == "array":
        inner = annotation(schema.child("items"), depth + 1)
        return list if inner is Any else types.GenericAlias(list, (inner,))
    if kind == "object":
        return dict
    if kind == "string":
        return _FORMATS.get(schema.text("format"), str)
    return _PLAIN.get(kind, Any)


def kinds_of(schema: Node) -> list[str]:
    """Return the JSON types that a schema allows, as far as it says; "null" among them."""
    said = schema.value.get("type") if schema.is_object else None
    kinds = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    kinds = [it for it in kinds if isinstance(it, str)]
    if not kinds and schema.is_object:
        if "properties" in schema.value:
            kinds = ["object"]
        elif "items" in schema.value:
            kinds = ["array"]
    if kinds and schema.flag("nullable") and "null" not in kinds:
        kinds.append("null")
    return kinds


def _choices(schema: Node) -> Any:
    """Return the Literal of a schema that names its values; None where it names none."""
    values = schema.value.get("enum")
    if "const" in schema.value:
        values = [schema.value["const"]]
    if not isinstance(values, list) or not 0 < len(values) <= _MOST_CHOICES:
        return None
    for value in values:
        if not isinstance(value, (str, int, bool, type(None))):
            return None
        if isinstance(value, str) and len(value) > _LONGEST_CHOICE:
            return None
    if schema.flag("nullable") and None not in values:
        values = [*values, None]
    literal: Any = Literal
    return literal[tuple(values)]


def _members(schema: Node) -> list[Node] | None:
    for name in ("oneOf", "anyOf"):
        members = list(schema.child(name).items())
        if members and not kinds_of(schema):
            return members[: _MOST_MEMBERS + 1]
    return None


def _union(kinds: list[Any]) -> Any:
    if any(it is Any for it in kinds) or not 0 < len(kinds) <= _MOST_MEMBERS:
        return Any
    union: Any = Union
    return union[tuple(kinds)]


def properties_of(schema: Node) -> dict[str, Node] | None:
    """Return the properties of an object whose properties are all known, references followed.

    None for what is no object, or one of several, or has more properties than a person reads.
    Those of its parts (``allOf``) are among them.

    Raises:
        Broken: for a reference that leads to nothing.
    """
    found: dict[str, Node] = {}
    if not _collect(schema.followed(), found, 0) or not 0 < len(found) <= _MOST_PROPERTIES:
        return None
    return found


def _collect(schema: Node, found: dict[str, Node], depth: int) -> bool:
    if not schema.is_object or depth > _DEEPEST:
        return False
    for name in ("oneOf", "anyOf"):
        # Such as only say which of the properties must be given are no other objects.
        if any(not _only_requires(it.followed()) for it in schema.child(name).items()):
            return False
    parts = list(schema.child("allOf").items())
    kinds = kinds_of(schema)
    if "object" not in kinds and not (parts and not kinds):
        return False
    for part in parts:
        inner = part.followed()
        if not _only_says(inner) and not _collect(inner, found, depth + 1):
            return False
    for name, entry in schema.child("properties").children():
        found[name] = _or_any(entry)
    return True


def _or_any(entry: Node) -> Node:
    """Return what a schema refers to; one that allows anything where that is nothing."""
    try:
        return entry.followed()
    except Broken:
        return Node({}, entry.document, entry.pointer)


def _only_requires(schema: Node) -> bool:
    return schema.is_object and set(schema.value) <= {"required", "type", "title", "description"}


def _only_says(schema: Node) -> bool:
    return schema.is_object and set(schema.value) <= {"required", "title", "description", "example"}


def required_of(schema: Node, depth: int = 0) -> set[str]:
    """Return the names of the properties that an object must have.

    Raises:
        Broken: for a reference that leads to nothing.
    """
    schema = schema.followed()
    if depth > _DEEPEST or not schema.is_object:
        return set()
    said = schema.child("required").value
    names = {it for it in said if isinstance(it, str)} if isinstance(said, list) else set()
    for part in schema.child("allOf").items():
        names |= required_of(part, depth + 1)
    return names


# For people


def outline(schema: Node, *, lines: int = 24) -> list[str]:
    """Return a schema as a small tree, a property on each line.

    >>> from notebook_kit.client.openapi.document import Document
    >>> pet = {"properties": {"id": {"type": "integer"}, "name": {"description": "What to call."}}}
    >>> outline(Document({"type": "array", "items": pet}).top)
    ['list of dict', '  id: int', '  name: What to call.']
    """
    made: list[str] = []
    _write(schema, "", 0, made, lines)
    return made if len(made) <= lines else [*made[: lines - 1], "  …"]


def _write(schema: Node, name: str, depth: int, made: list[str], most: int) -> None:
    """Add the lines of a schema, as long as there are not more than are shown."""
    indent = "  " * depth
    try:
        schema = schema.followed()
        inner, kind = _inner(schema, 0)
        properties = properties_of(inner) if depth < _DEEPEST_SHOWN else None
    except Broken:
        schema, kind, properties = Node({}, schema.document, schema.pointer), "Any", None
    said = shorten(schema.told("description"), 60)
    told = ", ".join(part for part in (kind, said) if part) or "Any"
    made.append(f"{indent}{shorten(name, 60)}: {told}" if depth else kind or "Any")
    for key, entry in (properties or {}).items():
        if len(made) > most:
            return
        _write(entry, key, depth + 1, made, most)


def _inner(schema: Node, depth: int) -> tuple[Node, str]:
    """Return the schema whose properties are shown, and what the whole is called."""
    if depth <= _DEEPEST and "array" in kinds_of(schema):
        inner, kind = _inner(schema.child("items"), depth + 1)
        return inner, f"list of {kind}" if kind else "list"
    if properties_of(schema) is not None:
        return schema, "dict"
    kind = annotation(schema)
    if kind is Any:
        return schema, ""
    return schema, shorten(type_name(kind), 80)


def type_name(kind: Any) -> str:
    """Return a type as one would write it.

    >>> type_name(int), type_name(list[str] | None), type_name(Literal["a", "b"])
    ('int', 'list[str] | None', "'a' | 'b'")
    """
    if kind is None or kind is type(None):
        return "None"
    origin, args = getattr(kind, "__origin__", None), getattr(kind, "__args__", ())
    if origin is Literal:
        return " | ".join(map(repr, args))
    if isinstance(kind, type) and origin is None:
        return kind.__name__
    if origin is list:
        return f"list[{', '.join(map(type_name, args))}]"
    if args:
        return " | ".join(map(type_name, args))
    return str(kind).removeprefix("typing.")
