"""What comes back from an operation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.client.openapi.document import Broken
from notebook_kit.client.openapi.schema import annotation, kinds_of, outline, type_name
from notebook_kit.client.parse import kind_of
from notebook_kit.markup import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_kit.client.openapi.document import Node
    from notebook_kit.client.openapi.operation import Operation

__all__ = ["AnswerOf", "answer_of"]

_GOOD: Final = re.compile(r"2(\d\d|XX)", re.IGNORECASE)
_MOST_LINES: Final = 24
_SHORT: Final = ("list[dict]", "list[str]", "list[int]", "list[float]")


@dataclass(frozen=True, slots=True)
class AnswerOf:
    """What an operation answers when all is well.

    Attributes:
        reads: ``bytes`` or ``str`` where the document is sure; None: as the answer itself says.
        kind: what a signature shows.
        told: what a docstring says, line by line.
        schema: of its JSON; None where it is none.
        headers: names of the headers that it has, in small letters.
    """

    reads: type[bytes | str] | None
    kind: Any
    told: tuple[str, ...]
    schema: Node | None
    headers: frozenset[str]


def answer_of(operation: Operation) -> AnswerOf:
    """Return what a document says of the answer; what it says wrongly is left out."""
    good = list(_good(operation))
    kinds: dict[str, Node] = {}
    headers: set[str] = set()
    for response in good:
        headers |= {name.lower() for name, _ in _quiet(response, "headers")}
        for media_type, entry in _quiet(response, "content"):
            kinds.setdefault(media_type.partition(";")[0].strip().lower(), entry)
    if not kinds:
        # That nothing is described does not mean that nothing comes.
        empty = bool(good) and all(it.pointer.endswith(("/204", "/205")) for it in good)
        told = ("Returns nothing.",) if empty else _said(good)
        return AnswerOf(None, None if empty else Any, told, None, frozenset(headers))
    read_as = {kind_of(it) for it in kinds if "*" not in it}
    if read_as in ({"bytes"}, {"text"}):
        reads: type[bytes | str] = bytes if read_as == {"bytes"} else str
        told = (f"Returns {reads.__name__}: {', '.join(sorted(kinds))}.",)
        return AnswerOf(reads, reads, told, None, frozenset(headers))
    schema = _json_schema(kinds)
    return AnswerOf(None, _kind(schema), _told(schema, good), schema, frozenset(headers))


def _good(operation: Operation) -> Iterator[Node]:
    """Give the answers that are no errors, references followed where they lead somewhere."""
    try:
        every = dict(operation.node.child("responses").children())
    except Broken:
        return
    names = [it for it in every if _GOOD.fullmatch(it)] or [it for it in every if it == "default"]
    for name in sorted(names):
        try:
            yield every[name].followed()
        except Broken:
            continue


def _quiet(node: Node, name: str) -> list[tuple[str, Node]]:
    try:
        return [(key, entry.followed()) for key, entry in node.child(name).children()]
    except Broken:
        return []


def _json_schema(kinds: dict[str, Node]) -> Node | None:
    for media_type, entry in kinds.items():
        if kind_of(media_type) == "json" or "*" in media_type:
            try:
                return entry.child("schema")
            except Broken:
                return None
    return None


def _kind(schema: Node | None) -> Any:
    """Return the outer type only: what is inside is told by the docstring, and not checked."""
    if schema is None:
        return Any
    made = annotation(schema)
    is_list = kinds_of(schema) == ["array"]
    return list if is_list and type_name(made) not in _SHORT else made


def _told(schema: Node | None, good: list[Node]) -> tuple[str, ...]:
    lines = outline(schema, lines=_MOST_LINES) if schema is not None and schema.is_object else []
    if not lines or lines == ["Any"]:
        return _said(good)
    head, *rest = lines
    return (f"Returns {head}{':' if rest else '.'}", *rest)


def _said(good: list[Node]) -> tuple[str, ...]:
    text = next((it.told("description") for it in good if it.told("description")), "")
    return (f"Returns: {shorten(text, 200)}",) if text else ()
