"""Names of opened columns, of which no two are the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = ["dotted", "free_name", "names_of"]


def names_of(trails: Sequence[tuple[Any, ...]]) -> list[Any]:
    """Return what columns are called that stand at the end of these keys.

    A key of the first level is the name itself. Deeper ones are joined by dots, with an underscore
    for each other column that has taken the name.

    >>> names_of([("a", "b"), ("a.b",), (1,)])
    ['a.b_', 'a.b', 1]
    """
    taken = {trail[0] for trail in trails if len(trail) == 1}
    names = []
    for trail in trails:
        if len(trail) == 1:
            names.append(trail[0])
            continue
        name = free_name(dotted(trail), taken)
        taken.add(name)
        names.append(name)
    return names


def dotted(trail: Sequence[Any]) -> str:
    """Return the keys as one text."""
    return ".".join(map(str, trail))


def free_name(name: str, taken: Collection[Any]) -> str:
    """Return the name with as many underscores as it takes to be a new one.

    >>> free_name("result", {"result", "result_"})
    'result__'
    """
    while name in taken:
        name += "_"
    return name
