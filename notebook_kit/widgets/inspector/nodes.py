"""A value as a tree of nodes: so many at most, however large, deep or odd the value is."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from notebook_kit.numbers import count, plural, size
from notebook_kit.policies.carried import attribute_of
from notebook_kit.redact import HIDDEN, Secret, is_secret_field, is_secret_name, shown
from notebook_kit.widgets.inspector.legible import legible

__all__ = ["Node", "nodes_of"]

#: Nodes of one tree, in full and in brief.
_MOST_NODES: Final = (400, 60)
#: Members that are shown of a node, by its depth; the last number holds for all that are deeper.
_MOST_MEMBERS: Final = ((60, 30, 15, 10), (20, 10, 5))
_DEEPEST: Final = 16
_KEY_LIMIT: Final = 120
_TEXT_LIMIT: Final = 600
_REPR_LIMIT: Final = 240
_HEX_BYTES: Final = 16
#: Members up to which a node below the root is open from the start.
_FEW: Final = 8
#: A name so common among data that it hides nothing in an answer.
_HARMLESS: Final = "key"
#: Tokens in the plural are counted, or those of a text.
_COUNTED: Final = "tokens"


@dataclass(slots=True)
class Node:
    """One place in a value.

    Attributes:
        key: what it is called in the node above it; None where members have no names.
        text: a value in words, or what sort of members there are.
        kind: ``"text"``, ``"number"``, ``"other"``, ``"hidden"``, or ``"branch"``.
        members: the nodes below.
        more: how many members are left out; -1 where nobody knows.
        is_open: whether the members are shown from the start.
    """

    key: str | None
    text: str
    kind: str = "other"
    members: list[Node] = dataclasses.field(default_factory=list)
    more: int = 0
    is_open: bool = False

    @property
    def rest(self) -> str:
        """What is left out, in words; empty if nothing is."""
        if not self.more:
            return ""
        return "… more" if self.more < 0 else f"… {count(self.more)} more"


def nodes_of(value: Any, *, is_answer: bool = False, briefly: bool = False) -> Node:
    """Return the root of a tree of 400 nodes at most.

    Texts under names of credentials are hidden, known secrets too. Nothing that the value does
    when it is looked at is raised.

    Args:
        value: anything.
        is_answer: whether it came from an API, where ``key`` is the name of anything.
        briefly: leave out more, as nothing can be folded.

    >>> root = nodes_of({"a": [1, 2], "token": "abc"})
    >>> root.text, [(node.key, node.text) for node in root.members]
    ('{2 keys}', [('a', '[2 items]'), ('token', '****')])
    """
    return _Walk(is_answer=is_answer, briefly=briefly).node(None, value, 0)


class _Walk:
    def __init__(self, *, is_answer: bool, briefly: bool) -> None:
        self._left = _MOST_NODES[briefly]
        self._most_members = _MOST_MEMBERS[briefly]
        self._is_answer = is_answer
        #: Identities of what the present place lies in.
        self._within: set[int] = set()
        #: The name of a credential that the present place lies under.
        self._under: str | None = None

    def node(self, name: Any, value: Any, depth: int) -> Node:
        self._left -= 1
        key = None if name is None else _key(name)
        try:
            return self._looked_at(key, name, value, depth)
        except Exception:  # noqa: BLE001 - an object of anybody's may raise anything
            return Node(key, shown(value, _REPR_LIMIT))

    def _looked_at(self, key: str | None, name: Any, value: Any, depth: int) -> Node:
        if isinstance(value, Secret) or self._is_hidden(name, value):
            return Node(key, HIDDEN, "hidden")
        found = _members(value)
        if found is None:
            return Node(key, *_leaf(value))
        what, number, pairs = found
        node = Node(key, what, "branch", is_open=depth == 0 or (depth == 1 and number <= _FEW))
        if id(value) in self._within or depth >= _DEEPEST:
            node.text += ", within itself" if id(value) in self._within else ", too deep"
            node.more = max(number, -1)
            return node
        around = self._under
        self._within.add(id(value))
        if self._holds_secrets(name):
            self._under = name
        try:
            self._fill(node, number, pairs, depth)
        finally:
            self._under = around
            self._within.discard(id(value))
        return node

    def _fill(self, node: Node, number: int, pairs: Iterable[tuple[Any, Any]], depth: int) -> None:
        most = self._most_members[min(depth, len(self._most_members) - 1)]
        try:
            for name, member in islice(pairs, most):
                if self._left <= 0:
                    break
                node.members.append(self.node(name, member, depth + 1))
        except Exception as broken:  # noqa: BLE001 - as above
            node.members.append(Node(None, f"(cannot be read: {type(broken).__name__})"))
        node.more = max(0, number - len(node.members))

    def _is_hidden(self, name: Any, value: Any) -> bool:
        if not isinstance(value, (str, bytes)) or not value:
            return False
        if self._under is not None:
            return True
        if not isinstance(name, str) or not is_secret_field(name, value):
            return False
        return not self._is_harmless(name)

    def _holds_secrets(self, name: Any) -> bool:
        """Tell whether texts below a name are credentials, be they in lists or nested."""
        if not isinstance(name, str) or name.lower().endswith(_COUNTED):
            return False
        return is_secret_name(name) and not self._is_harmless(name)

    def _is_harmless(self, name: str) -> bool:
        return self._is_answer and name.lower() == _HARMLESS


def _members(value: Any) -> tuple[str, int, Iterator[tuple[Any, Any]]] | None:
    """Return what sort of members a value has, how many, and each with its name; or None."""
    if isinstance(value, (str, bytes, bytearray, memoryview, int, float)) or value is None:
        return None
    if isinstance(value, Mapping):
        return f"{{{plural(len(value), 'key')}}}", len(value), iter(value.items())
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        what = "[]" if isinstance(value, list) else "()"
        return f"{what[0]}{plural(len(value), 'item')}{what[1]}", len(value), _numbered(value)
    if isinstance(value, AbstractSet):
        return f"{{{plural(len(value), 'item')}}}", len(value), ((None, it) for it in value)
    names = _fields(value)
    if names is None:
        return None
    kind = legible(type(value).__name__, _KEY_LIMIT)
    what = f"{kind} ({plural(len(names), 'field')})"
    return what, len(names), ((name, attribute_of(value, name)) for name in names)


def _numbered(values: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    return ((at, it) for at, it in enumerate(values))


def _fields(value: Any) -> list[str] | None:
    """Return the names of the fields of a record: a dataclass, a named tuple, a model; or None."""
    if isinstance(value, type):
        return None
    if dataclasses.is_dataclass(value):
        return [field.name for field in dataclasses.fields(value)]
    # Of named tuples, of msgspec and of pydantic.
    for name in ("_fields", "__struct_fields__", "__pydantic_fields__"):
        found = attribute_of(type(value), name)
        if isinstance(found, (tuple, dict)) and all(isinstance(it, str) for it in found):
            return list(found)
    return None


def _key(name: Any) -> str:
    text = name if isinstance(name, str) else shown(name, _KEY_LIMIT)
    return legible(text, _KEY_LIMIT).replace("\n", " ")


def _leaf(value: Any) -> tuple[str, str]:
    if isinstance(value, str):
        # Whoever derives from text may write it as it likes.
        return f'"{legible(str.__str__(value), _TEXT_LIMIT)}"', "text"
    if isinstance(value, (bytes, bytearray)):
        piece = bytes(value[:_HEX_BYTES]).hex(" ")
        return f"{size(len(value))}: {piece}{' …' if len(value) > _HEX_BYTES else ''}", "other"
    kind = "number" if value is None or isinstance(value, (bool, int, float)) else "other"
    return shown(value, _REPR_LIMIT), kind
