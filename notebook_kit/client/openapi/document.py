"""A document in memory: its values, where they stand, and what its references lead to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from notebook_kit.markup import shorten
from notebook_kit.redact import scrub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Broken", "Document", "Node", "escaped"]

#: References that lead to references; more of them in a row go in a circle.
_MOST_HOPS: Final = 50
#: Control characters, but for the ends of lines and tabs.
_ORDERS: Final = {code: None for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}


class Broken(Exception):
    """A place of a document that cannot be used.

    Args:
        at: where it is, as a JSON pointer.
        reason: what is wrong there.
    """

    def __init__(self, at: str, reason: str) -> None:
        super().__init__(f"{shorten(at, 200)}: {reason}")


def escaped(step: str) -> str:
    """Return a name as a JSON pointer has it (RFC 6901).

    >>> escaped("/pets/{id}")
    '~1pets~1{id}'
    """
    return step.replace("~", "~0").replace("/", "~1")


class Document:
    """One document, or a file that it refers to.

    Args:
        root: what it holds.
        name: what stands before its pointers in errors; empty for the first document.
        other: returns the document that a reference names, or raises `Broken`; given the part of
            the reference before its ``#``, and where the reference stands.
    """

    __slots__ = ("name", "other", "root")

    def __init__(
        self, root: Any, *, name: str = "", other: Callable[[str, str], Document] | None = None
    ) -> None:
        self.root = root
        self.name = name
        self.other = other or _refuse

    @property
    def top(self) -> Node:
        """The document as a whole."""
        return Node(self.root, self, "#")

    def found(self, pointer: str, *, at: str) -> Node:
        """Return what a JSON pointer leads to, without following references there.

        Raises:
            Broken: when there is nothing.
        """
        value: Any = self.root
        if pointer and not pointer.startswith("/"):
            raise Broken(at, f"the reference '#{shorten(pointer, 100)}' is no JSON pointer")
        for step in pointer.split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            if isinstance(value, Mapping) and name in value:
                value = value[name]
            elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
                value = value[int(name)]
            else:
                raise Broken(at, f"the reference '#{shorten(pointer, 100)}' leads to nothing")
        return Node(value, self, f"#{pointer}")


def _refuse(name: str, at: str) -> Document:
    reason = (
        f"it refers to {scrub(shorten(name, 100))!r}, another document, and only files beside a "
        "document that is a file itself are read: bundle it into one document"
    )
    raise Broken(at, reason)


class Node:
    """A value of a document, and where it stands.

    Attributes:
        value: the value.
        document: whose it is.
        pointer: where it stands in it.
    """

    __slots__ = ("document", "pointer", "value")

    def __init__(self, value: Any, document: Document, pointer: str) -> None:
        self.value = value
        self.document = document
        self.pointer = pointer

    @property
    def at(self) -> str:
        """Where it stands, with the name of its document."""
        return f"{self.document.name}{self.pointer}"

    def child(self, name: str) -> Node:
        """Return what stands under a name, references followed; nothing is a node of None.

        Raises:
            Broken: for a reference that leads to nothing.
        """
        value = self.value.get(name) if isinstance(self.value, Mapping) else None
        return Node(value, self.document, f"{self.pointer}/{escaped(name)}").followed()

    def quiet(self, name: str) -> Node:
        """Do the same for what may be missing: what leads nowhere is a node of None."""
        try:
            return self.child(name)
        except Broken:
            return Node(None, self.document, f"{self.pointer}/{escaped(name)}")

    def followed(self) -> Node:
        """Return what it refers to, or itself.

        Raises:
            Broken: for a reference that leads to nothing, or in a circle.
        """
        node = self
        for _ in range(_MOST_HOPS):
            reference = node.value.get("$ref") if isinstance(node.value, Mapping) else None
            if not isinstance(reference, str):
                return node
            node = node._target(reference)
        raise Broken(self.at, "its references go in a circle")

    def _target(self, reference: str) -> Node:
        name, _, pointer = reference.partition("#")
        document = self.document.other(unquote(name), self.at) if name else self.document
        return document.found(unquote(pointer), at=self.at)

    def text(self, name: str) -> str:
        """Return a text under a name; empty if there is none."""
        value = self.value.get(name) if isinstance(self.value, Mapping) else None
        if not isinstance(value, str):
            return ""
        # JSON can hold half a character, which nothing else can.
        return value if value.isascii() else value.encode("utf-8", "replace").decode()

    def told(self, name: str) -> str:
        """Return a text that is for people, without what a terminal would take for orders."""
        text = self.text(name)
        return text if text.isprintable() else text.translate(_ORDERS)

    def flag(self, name: str) -> bool | None:
        """Return a truth value under a name; None if there is none."""
        value = self.value.get(name) if isinstance(self.value, Mapping) else None
        return value if isinstance(value, bool) else None

    def children(self) -> Iterator[tuple[str, Node]]:
        """Give the names and values of an object, references not followed yet."""
        if isinstance(self.value, Mapping):
            for name, value in self.value.items():
                pointer = f"{self.pointer}/{escaped(str(name))}"
                yield str(name), Node(value, self.document, pointer)

    def items(self) -> Iterator[Node]:
        """Give the values of a list, references not followed yet."""
        if isinstance(self.value, list):
            for place, value in enumerate(self.value):
                yield Node(value, self.document, f"{self.pointer}/{place}")

    @property
    def is_object(self) -> bool:
        """Whether it is an object."""
        return isinstance(self.value, Mapping)
