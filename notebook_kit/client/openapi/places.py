"""Where the operations of a document are found on a client: resources, and names of methods."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from notebook_kit.client.openapi.naming import identifier, unique_names, without, words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from notebook_kit.client.openapi.operation import Operation

__all__ = ["Place", "placed"]

_VERSION: Final = re.compile(r"v?\d+(\.\d+)*(beta|alpha)?\d*", re.IGNORECASE)
_FIRST: Final = ("api", "rest")
_VERBS: Final = {
    "get": ("get", "fetch"),
    "post": ("create", "post"),
    "put": ("update", "put"),
    "patch": ("update", "patch"),
    "delete": ("delete", "remove"),
    "head": ("head",),
    "options": ("options",),
    "trace": ("trace",),
}
_DEEPEST: Final = 6


@dataclass(slots=True)
class Place:
    """A resource, or the client itself.

    Attributes:
        operations: by the names of their methods.
        places: the resources in it, by their names.
        tag: the tag that it was made of; empty if it was made of paths.
    """

    operations: dict[str, Operation] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    tag: str = ""

    def walk(self, before: tuple[str, ...] = ()) -> Iterable[tuple[tuple[str, ...], Operation]]:
        """Give the names that lead to each operation."""
        for name, operation in self.operations.items():
            yield (*before, name), operation
        for name, place in self.places.items():
            yield from place.walk((*before, name))


def placed(operations: Sequence[Operation], reserved: Collection[str]) -> Place:
    """Return the client's place, with a resource for each tag, or part of a path, in it.

    Args:
        operations: those of the document.
        reserved: names that no attribute of the client can have.
    """
    skipped = _common(operations)
    lists = {_shape(it)[:-1] for it in operations if it.ends_in_placeholder}
    by_home: dict[tuple[str, ...], list[Operation]] = defaultdict(list)
    tags: dict[tuple[str, ...], str] = {}
    alone = _alone(operations, skipped)
    for operation in operations:
        home = _home(operation, skipped)
        if operation.tag:
            tags.setdefault(home, operation.tag)
        elif operation in alone:
            home = home[:-1]
        by_home[home].append(operation)
    client = Place()
    for home, held in by_home.items():
        _place_of(client, home, reserved).tag = tags.get(home, "")
        for operation in held:
            place = _place_of(client, home, reserved)
            place.operations[str(id(operation))] = operation
    _name(client, (), reserved, frozenset(lists), skipped)
    return client


def _common(operations: Sequence[Operation]) -> int:
    """Return how many parts all paths begin with that say nothing, such as ``/api/v1``."""
    paths = [it.segments for it in operations]
    count = 0
    while paths and all(len(it) > count + 1 for it in paths):
        part = paths[0][count]
        if any(it[count] != part for it in paths) or part.startswith("{"):
            break
        if part.lower() not in _FIRST and not _VERSION.fullmatch(part):
            break
        count += 1
    return count


def _static(operation: Operation, skipped: int) -> list[str]:
    parts = operation.segments[skipped:]
    kept = [it for it in parts if "{" not in it]
    # A version says nothing either where only some paths have one.
    return [it for it in kept if not _VERSION.fullmatch(it)] or kept


def _home(operation: Operation, skipped: int) -> tuple[str, ...]:
    """Return the names of the resources, from the client on, that an operation belongs to."""
    parts = operation.tag.split("/") if operation.tag else _static(operation, skipped)
    named = [identifier(words(it), otherwise="others") for it in parts]
    return tuple(named[:_DEEPEST])


def _shape(operation: Operation) -> tuple[str, ...]:
    return tuple("{}" if "{" in it else it for it in operation.segments)


def _alone(operations: Sequence[Operation], skipped: int) -> set[Operation]:
    """Return the operations without a tag that are the only one at and below their path's end."""
    homes: dict[tuple[str, ...], int] = defaultdict(int)
    untagged = [it for it in operations if not it.tag]
    for operation in untagged:
        home = _home(operation, skipped)
        for size in range(1, len(home) + 1):
            homes[home[:size]] += 1
    return {
        it
        for it in untagged
        if not it.ends_in_placeholder and homes.get(_home(it, skipped), 0) == 1
    }


def _place_of(client: Place, home: tuple[str, ...], reserved: Collection[str]) -> Place:
    place = client
    for depth, name in enumerate(home):
        taken = reserved if depth == 0 else _OF_A_RESOURCE
        place = place.places.setdefault(f"{name}_" if name in taken else name, Place())
    return place


#: What a resource has itself.
_OF_A_RESOURCE: Final = frozenset({"needs"})


def _name(
    place: Place,
    names: tuple[str, ...],
    reserved: Collection[str],
    lists: frozenset[tuple[str, ...]],
    skipped: int,
) -> None:
    """Give the operations of a place, and of those in it, the names of their methods."""
    held = list(place.operations.values())
    candidates = {it: _candidates(it, names, lists, skipped) for it in held}
    own = reserved if not names else _OF_A_RESOURCE
    named = unique_names(candidates, reserved={*own, *place.places})
    place.operations = {named[it]: it for it in held}
    for name, inner in place.places.items():
        _name(inner, (*names, name), reserved, lists, skipped)


def _candidates(
    operation: Operation,
    resource: tuple[str, ...],
    lists: frozenset[tuple[str, ...]],
    skipped: int,
) -> list[str]:
    """Return the names that a method may have, the best first; the last is long."""
    of = [word for name in resource for word in words(name)]
    verbs = _verbs(operation, lists)
    rest = [word for part in _static(operation, skipped) for word in words(part)]
    for name in resource:
        rest = list(without(rest, words(name)))
    said = _said(operation)
    found: list[tuple[str, ...]] = []
    if said:
        short = _short(operation, said, resource)
        shorter = _without_key(short, operation, of)
        found += [shorter, short, said, (*said, operation.method)]
    elif rest:
        found += [tuple(rest)] if not operation.ends_in_placeholder else []
        found += [(verb, *rest) for verb in verbs]
    else:
        found += [(verb,) for verb in verbs]
    every = [word for part in operation.segments for word in words(part)]
    found.append((operation.method, *every))
    return [identifier(it, otherwise=operation.method) for it in found if it]


def _verbs(operation: Operation, lists: frozenset[tuple[str, ...]]) -> tuple[str, ...]:
    if operation.method == "get" and _shape(operation) in lists:
        return ("list", "fetch")
    return _VERBS[operation.method]


def _said(operation: Operation) -> tuple[str, ...]:
    """Return the words of its ``operationId``, without a path and method put behind them."""
    said = operation.node.text("operationId")
    behind = f"_{re.sub(r'[^0-9A-Za-z]', '_', operation.path.lstrip('/'))}_{operation.method}"
    # Some frameworks make it of the name of a function, the path and the method.
    flat = re.sub(r"_+", "_", said)
    tail = re.sub(r"_+", "_", behind)
    if flat.lower().endswith(tail.lower()) and len(flat) > len(tail):
        said = flat[: -len(tail)]
    return words(said)


def _short(
    operation: Operation, said: tuple[str, ...], resource: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the words without the resource's name."""
    names = [words(it) for it in (resource[-1:] if operation.tag else resource)]
    *spaces, last = re.split(r"[/.:#]+", operation.node.text("operationId"))
    if spaces and words(last):
        # The name of a group, as in "repos/list-for-org", is taken off whole or not at all.
        group = words(" ".join(spaces))
        is_ours = any(name and without(group[-len(name) :], name) == () for name in names)
        return words(last) if is_ours else said
    for name in names:
        said = without(said, name)
    return said


def _without_key(
    said: tuple[str, ...], operation: Operation, resource: Sequence[str]
) -> tuple[str, ...]:
    """Return the words without a "by id" that the path says too, as ``getById`` of ``/{id}``."""
    if "by" not in said[1:] or not operation.ends_in_placeholder:
        return said
    if len(operation.placeholders) != 1:
        return said
    place = len(said) - 1 - said[::-1].index("by")
    key = "".join(said[place + 1 :])
    wanted = "".join(words(operation.placeholders[0]))
    of = "".join(resource)
    if key and (wanted == key or (wanted.endswith(key) and of.startswith(wanted[: -len(key)]))):
        return said[:place]
    return said
