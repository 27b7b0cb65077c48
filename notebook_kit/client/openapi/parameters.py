"""Parameters of an operation, as those of an endpoint."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, get_args

from notebook_kit.client.openapi.naming import identifier, unique_names, words
from notebook_kit.client.openapi.schema import annotation, type_name
from notebook_kit.client.resources.spec import ParameterSpec
from notebook_kit.markup import shorten

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from notebook_kit.client.openapi.document import Node
    from notebook_kit.client.openapi.operation import Operation
    from notebook_kit.client.resources.spec import Where

__all__ = ["default_of", "doc_of", "in_order", "named", "parameters_of", "path_of"]

_PLACES: Final[dict[str, Where]] = {
    "path": "path",
    "query": "query",
    "header": "header",
    "cookie": "cookie",
}
#: Headers that say what the body and the answer are, which other fields describe, and credentials,
#: which the client has (OpenAPI 3.1, section 4.8.12.1).
_NOT_PARAMETERS: Final = frozenset({"accept", "content-type", "authorization"})
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_STYLES: Final[dict[str, tuple[str, ...]]] = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form",),
}
_JSON: Final = re.compile(r"application/(.+\+)?json", re.IGNORECASE)
_LONGEST: Final = 300
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")


def parameters_of(operation: Operation) -> list[ParameterSpec]:
    """Return the parameters of path, query, headers and cookies, not named for Python yet.

    Raises:
        Broken: for one that cannot be read.
    """
    made: dict[tuple[str, str], ParameterSpec] = {}
    for node in operation.parameters():
        spec = _parameter(node)
        if spec is None or (spec.where == "path" and spec.wire_name not in operation.placeholders):
            continue
        made[spec.where, spec.wire_name] = spec
    for name in operation.placeholders:
        # What a document forgot to describe must be filled in all the same.
        made.setdefault(("path", name), ParameterSpec("", name, "path", annotation=str))
    order = operation.placeholders
    in_path = sorted(
        (it for it in made.values() if it.where == "path"), key=lambda it: order.index(it.wire_name)
    )
    return [*in_path, *(it for it in made.values() if it.where != "path")]


def _parameter(node: Node) -> ParameterSpec | None:
    """Return a parameter; None for one that no request has."""
    name, where = node.text("name"), _PLACES.get(node.text("in").lower())
    if where is None:
        return None
    if where == "header" and (name.lower() in _NOT_PARAMETERS or not _TOKEN.fullmatch(name)):
        return None
    if where == "cookie" and not _TOKEN.fullmatch(name):
        return None
    schema, style = _schema_and_style(node, where)
    return ParameterSpec(
        name="",
        wire_name=name,
        where=where,
        required=where == "path" or bool(node.flag("required")),
        annotation=annotation(schema),
        doc=doc_of(node, schema),
        style=style,
        explode=node.flag("explode"),
        reserved=where == "query" and bool(node.flag("allowReserved")),
    )


def _schema_and_style(node: Node, where: Where) -> tuple[Node, str | None]:
    for media_type, entry in node.child("content").children():
        # A parameter with a content has one: JSON, written as text.
        style = "json" if _JSON.fullmatch(media_type.partition(";")[0].strip()) else None
        return entry.followed().quiet("schema"), style
    style = node.text("style")
    return node.quiet("schema"), style if style in _STYLES[where] else None


def default_of(schema: Node) -> Any:
    """Return what an API takes where nothing is sent; None if it does not say, or it is no value.

    >>> from notebook_kit.client.openapi.document import Document
    >>> default_of(Document({"default": "open"}).top)
    'open'
    """
    default = schema.value.get("default") if schema.is_object else None
    return default if isinstance(default, (str, int, float)) else None


def doc_of(node: Node, schema: Node) -> str:
    """Return what is said of a parameter or a property, on one line."""
    said = node.told("description") or schema.told("description")
    parts = [shorten(said, _LONGEST)]
    if node.flag("deprecated") or schema.flag("deprecated"):
        parts.insert(0, "Deprecated.")
    default = default_of(schema)
    if default is not None and "default" not in said.lower():
        parts.append(f"Default: {shorten(repr(default), 60)}.")
    kind = annotation(schema)
    if not said and get_args(kind):
        parts.append(shorten(type_name(kind), 120))
    return " ".join(part for part in parts if part)


def named(specs: Sequence[ParameterSpec], reserved: Collection[str] = ()) -> list[ParameterSpec]:
    """Return parameters with names of Python, no two of them the same.

    The one in the path has the plain name, and the others are told apart by where they stand.
    """
    plain = [identifier(words(it.wire_name)) for it in specs]
    in_path = Counter(name for name, it in zip(plain, specs, strict=True) if it.where == "path")
    every = Counter(plain)
    candidates: dict[int, list[str]] = {}
    for place, (name, it) in enumerate(zip(plain, specs, strict=True)):
        behind = _SUFFIXES.get(it.where, it.where)
        longer = identifier((*words(it.wire_name), behind))
        is_first = every[name] == 1 or (it.where == "path" and in_path[name] == 1)
        candidates[place] = [name, longer] if is_first else [longer]
    names = unique_names(candidates, reserved=reserved)
    return [replace(it, name=names[place]) for place, it in enumerate(specs)]


_SUFFIXES: Final = {"form": "field", "body": "field", "file": "file"}


def in_order(specs: Sequence[ParameterSpec]) -> tuple[ParameterSpec, ...]:
    """Return parameters as a signature has them.

    Those of the path come first, then the others that must be given, then those that need not,
    which must be named.
    """
    positional = [it for it in specs if it.required]
    positional.sort(key=lambda it: it.where != "path")
    rest = [replace(it, keyword_only=True) for it in specs if not it.required]
    return (*positional, *rest)


def path_of(
    operation: Operation, specs: Sequence[ParameterSpec]
) -> tuple[str, list[ParameterSpec]]:
    """Return the path as a template of the kit's, and the parameters with the names that it has.

    Names that a template cannot hold give way to those of Python.
    """
    mine = {it.wire_name: it.name for it in specs if it.where == "path"}
    if all(map(_is_plain, mine)):
        return operation.path, list(specs)
    path = _PLACEHOLDER.sub(lambda match: f"{{{mine[match[1]]}}}", operation.path)
    return path, [replace(it, wire_name=it.name) if it.where == "path" else it for it in specs]


def _is_plain(name: str) -> bool:
    return name == name.strip() and ":" not in name and "!" not in name
