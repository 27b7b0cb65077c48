"""Which fields of a schema become columns, and the members of which list become rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from notebook_kit.errors import ConfigurationError
from notebook_kit.frames.opening.kinds import kind_of
from notebook_kit.frames.opening.naming import dotted, free_name, names_of
from notebook_kit.frames.opening.nearest import did_you_mean
from notebook_kit.frames.opening.schema import Leaf, leaves_of
from notebook_kit.redact import shown

if TYPE_CHECKING:
    from notebook_kit.frames.opening.kinds import Kind

__all__ = ["Layout", "Part", "layout_of"]


@dataclass(frozen=True, slots=True)
class Part:
    """One column: its name, where its values are, what becomes of them.

    Attributes:
        is_of_member: whether the values are in the members of the list, and the trail starts there.
    """

    name: Any
    trail: tuple[Any, ...]
    kind: Kind
    is_of_member: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """All columns, the list whose members are rows, and what the column of positions is called."""

    parts: list[Part]
    exploded: Leaf | None
    place: str


def layout_of(record: Any, depth: int | None, explode: Literal[True] | str | None) -> Layout:
    """Return the layout that a class has.

    Args:
        record: the class.
        depth: levels of classes that are opened; None for all.
        explode: the list, True for the only one, None for none.

    Raises:
        ConfigurationError: when there is no such list, or not only one.
    """
    leaves = leaves_of(record, depth)
    exploded = None if explode is None else _exploded(leaves, explode)
    found: list[tuple[Leaf, int]] = []
    for leaf in leaves:
        if leaf is exploded:
            inside = leaves_of(leaf.member, depth, trail=leaf.trail)
            found += [(it, len(leaf.trail)) for it in inside]
        else:
            found.append((leaf, 0))
    names = names_of([leaf.trail or ("result",) for leaf, _ in found])
    parts = [
        Part(name, leaf.trail[shared:], kind_of(leaf.hint), shared > 0)
        for name, (leaf, shared) in zip(names, found, strict=True)
    ]
    place = "position" if exploded is None else f"{dotted(exploded.trail)}_position"
    return Layout(parts, exploded, free_name(place, names))


def _exploded(leaves: list[Leaf], explode: Literal[True] | str) -> Leaf:
    lists = {dotted(leaf.trail): leaf for leaf in leaves if leaf.member is not None}
    if explode is not True:
        if explode in lists:
            return lists[explode]
        hint = did_you_mean(explode, list(lists))
        message = f"explode={shown(explode)} is no list in the schema.{hint}"
        raise ConfigurationError(message)
    if len(lists) == 1:
        return next(iter(lists.values()))
    if lists:
        message = (
            "lists='explode' makes rows of the members of one list, and the schema has several: "
            f"{', '.join(map(shown, lists))}. Name one of them, as in "
            f"explode={shown(list(lists)[-1])}."
        )
    else:
        message = (
            "lists='explode' makes rows of the members of a list, and the schema has none; where "
            "the answers are lists, write schema=list[...] of it."
        )
    raise ConfigurationError(message)
