"""The operations of a document: which there are, before anything is made of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from notebook_kit.client.openapi.document import Broken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_kit.client.openapi.document import Node

__all__ = ["Operation", "operations_of"]

#: In the order in which they are listed at a path.
_METHODS: Final = ("get", "post", "put", "patch", "delete", "head", "options", "trace")
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One operation.

    Attributes:
        method: in small letters.
        path: as the document has it.
        node: what the document says of it.
        item: what the document says of its path.
    """

    method: str
    path: str
    node: Node
    item: Node

    @property
    def segments(self) -> list[str]:
        """The parts of its path."""
        return [part for part in self.path.partition("?")[0].split("/") if part]

    @property
    def placeholders(self) -> list[str]:
        """The names in braces in its path, each once."""
        return list(dict.fromkeys(_PLACEHOLDER.findall(self.path)))

    @property
    def ends_in_placeholder(self) -> bool:
        """Whether the last part of its path is a value."""
        return bool(self.segments) and self.segments[-1].startswith("{")

    @property
    def tag(self) -> str:
        """The first of its tags; empty without one."""
        return next((it.value for it in self.node.child("tags").items() if _is_text(it.value)), "")

    def parameters(self) -> list[Node]:
        """The parameters of the path and its own, which take the place of those of their name.

        Raises:
            Broken: when one of them is none.
        """
        found: dict[tuple[str, str], Node] = {}
        for holder in (self.item, self.node):
            for entry in _list(holder, "parameters"):
                parameter = entry.followed()
                name, place = parameter.text("name"), parameter.text("in")
                if not name or not place:
                    raise Broken(parameter.at, "a parameter has no 'name' or no 'in'")
                found[name, place] = parameter
        return list(found.values())

    def check(self) -> None:
        """Look at what it cannot do without.

        Raises:
            Broken: when there is something that it cannot work with.
        """
        if not self.path.startswith("/"):
            raise Broken(self.node.at, "its path does not begin with a slash")
        if self.path != self.path.encode("utf-8", "replace").decode():
            raise Broken(self.node.at, "its path holds half a character")
        if "#" in self.path:
            raise Broken(self.node.at, "its path has a fragment, which no request can carry")
        if _PLACEHOLDER.sub("", self.path).count("{") + _PLACEHOLDER.sub("", self.path).count("}"):
            raise Broken(self.node.at, "its path has a brace without its partner")
        if not all(name.strip() for name in self.placeholders):
            raise Broken(self.node.at, "its path has a placeholder without a name")
        self.parameters()
        self.node.child("requestBody")


def operations_of(document: Node) -> Iterator[Operation | Broken]:
    """Give every operation of a document, and what is wrong with those that cannot be used."""
    for path, entry in document.child("paths").children():
        if path.startswith("x-"):
            continue
        item = _item(entry)
        if isinstance(item, Broken):
            yield item
            continue
        for method in _METHODS:
            node = item.child(method)
            if node.value is not None:
                yield _checked(Operation(method, path, node, item))


def _item(entry: Node) -> Node | Broken:
    try:
        item = entry.followed()
    except Broken as broken:
        return broken
    return item if item.is_object else Broken(entry.at, "a path is described by an object")


def _checked(operation: Operation) -> Operation | Broken:
    if not operation.node.is_object:
        return Broken(operation.node.at, "an operation is described by an object")
    try:
        operation.check()
    except Broken as broken:
        return broken
    return operation


def _list(holder: Node, name: str) -> Iterator[Node]:
    held = holder.child(name)
    if held.value is not None and not isinstance(held.value, list):
        raise Broken(held.at, "a list belongs here")
    return held.items()


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)
