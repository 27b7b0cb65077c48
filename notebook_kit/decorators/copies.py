"""Copies of plain data, so that who changes what he was given changes nothing for others."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["own_copy"]

_NESTED: Final = frozenset({dict, list, set, tuple})


def own_copy(value: Any) -> Any:
    """Return a copy of dictionaries, lists, sets and tuples, and anything else as it is.

    What is in them is copied in the same way, so that objects are shared. What is too deep to be
    gone through is given as it is.

    >>> kept = {"rows": [1, 2]}
    >>> given = own_copy(kept)
    >>> given["rows"].append(3)
    >>> kept
    {'rows': [1, 2]}
    """
    if type(value) not in _NESTED:
        return value
    try:
        return _copied(value, {})
    except RecursionError:
        return value


def _copied(value: Any, known: dict[int, Any]) -> Any:
    if (found := known.get(id(value))) is not None:
        return found
    kind = type(value)
    parts = value.values() if kind is dict else value
    made: Any
    if kind is set or _NESTED.isdisjoint(map(type, parts)):
        made = known[id(value)] = value if kind is tuple else value.copy()
    elif kind is dict:
        made = known[id(value)] = {}
        made.update((name, _part(part, known)) for name, part in value.items())
    elif kind is list:
        made = known[id(value)] = []
        made.extend(_part(part, known) for part in value)
    else:
        made = known[id(value)] = tuple(_part(part, known) for part in value)
    return made


def _part(value: Any, known: dict[int, Any]) -> Any:
    return _copied(value, known) if type(value) in _NESTED else value
