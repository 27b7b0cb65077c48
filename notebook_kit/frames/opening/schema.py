"""Schemas: the columns that the fields of a class ask for."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from notebook_kit.errors import ConfigurationError
from notebook_kit.frames.opening.hints import fields_of, hint_of, is_record, member_of
from notebook_kit.redact import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_kit.frames.opening.levels import Trail

__all__ = ["OF", "Leaf", "leaves_of", "members_schema", "record_of", "values_at"]

#: What errors call it.
OF = "schema="


@dataclass(frozen=True, slots=True)
class Leaf:
    """A field that becomes one column: the names that lead to it, and its type."""

    trail: Trail
    hint: Any

    @property
    def member(self) -> Any:
        """The type of its members if it is a list, else None."""
        return member_of(self.hint)


def record_of(schema: Any) -> Any:
    """Return the schema if it is a class with fields.

    Raises:
        ConfigurationError: if it is none.
    """
    kind = hint_of(schema).only
    if not is_record(kind):
        # The class that an object is of is what is meant.
        is_object = is_record(type(schema))
        given = f"an object of {type(schema).__name__}" if is_object else shown(schema)
        message = (
            f"schema={given} must be a class with fields: a dataclass, a TypedDict or a model of "
            "pydantic; for answers that are lists, list[...] of one beside lists='explode'."
        )
        raise ConfigurationError(message)
    return kind


def members_schema(schema: Any) -> Any:
    """Return what a schema of lists says of their members, or None if it is none of lists."""
    return member_of(schema)


def leaves_of(hint: Any, depth: int | None = None, *, trail: Trail = ()) -> list[Leaf]:
    """Return the columns for a type, those of classes inside it too.

    Args:
        hint: the type.
        depth: levels of classes that are opened; None for all.
        trail: the names that lead to it.
    """
    done: list[Leaf] = []
    todo: list[tuple[Trail, Any, tuple[Any, ...]]] = [(trail, hint, ())]
    while todo:
        at, found, outer = todo.pop()
        kind = hint_of(found).only
        is_deep = depth is not None and len(outer) >= depth
        # A class inside itself would have no end.
        if is_deep or kind in outer or not is_record(kind):
            done.append(Leaf(at, found))
            continue
        inside = fields_of(kind, of=OF).items()
        todo += [((*at, name), it, (*outer, kind)) for name, it in reversed(inside)]
    return done


def values_at(objects: Sequence[Any], trail: Trail) -> Sequence[Any]:
    """Return what is in a field of each object, None where one on the way to it is nothing."""
    unset = _unset()
    for name in trail:
        objects = _in_field(objects, name)
        if unset is not None and type(unset) in frozenset(map(type, objects)):
            objects = [None if it is unset else it for it in objects]
    return objects


def _in_field(objects: Sequence[Any], name: Any) -> Sequence[Any]:
    kinds = frozenset(map(type, objects))
    if len(kinds) == 1 and not any(issubclass(kind, dict) for kind in kinds):
        # All are of one class, the common case, and have the field, fast.
        with suppress(AttributeError):
            return list(map(attrgetter(name), objects))
    return [it.get(name) if isinstance(it, dict) else getattr(it, name, None) for it in objects]


def _unset() -> Any:
    import msgspec  # noqa: PLC0415 - loaded for those who declare types

    return msgspec.UNSET
