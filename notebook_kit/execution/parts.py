"""The part of an item that a call is made of, which is all that makes two calls differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["part_of"]


def part_of(item: Any, names: Collection[object] | None) -> Any:
    """Return what an item holds under these names; the item itself where that cannot be told.

    A column that was added to a table beside them makes no other call of its rows.

    Args:
        item: any item; only a mapping, as a row is, has parts.
        names: all that a call reads of it, or None if nobody knows.

    >>> part_of({"iata": "ZRH", "note": "visited"}, ["iata"])
    {'iata': 'ZRH'}
    >>> part_of("ZRH", ["iata"]), part_of({"city": "Zurich"}, ["iata"])
    ('ZRH', {'city': 'Zurich'})
    """
    if not names or not isinstance(item, Mapping) or not all(name in item for name in names):
        return item
    return {name: item[name] for name in names}
