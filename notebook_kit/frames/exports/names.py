"""Names of columns and labels, as files have them: texts, no two the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["as_label", "column_names", "labelled", "level_names"]


def column_names(frame: pd.DataFrame) -> list[str]:
    """Return a text for each column, with underscores where two would be the same."""
    return _different(frame.columns)


def level_names(frame: pd.DataFrame) -> list[str]:
    """Return a text for each level of the labels, different from those of the columns."""
    index = frame.index
    given = _different(
        ("index" if index.nlevels == 1 else f"level_{level}") if name is None else name
        for level, name in enumerate(index.names)
    )
    return _different(given, taken=column_names(frame))


def labelled(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with its labels as its first columns, and names that are different texts."""
    named = frame.set_axis(pd.Index(column_names(frame), dtype=object), axis=1)
    return named.reset_index(names=level_names(frame))


def as_label(value: Any) -> Any:
    """Return a label that came from a file: JSON has no tuples, and a list can be no label.

    >>> as_label(["a", [1, 2]])
    ('a', (1, 2))
    """
    return tuple(map(as_label, value)) if isinstance(value, list) else value


def _different(names: Iterable[object], taken: Iterable[str] = ()) -> list[str]:
    known = set(taken)
    found: list[str] = []
    for given in names:
        name = str(given)
        while name in known:
            name += "_"
        known.add(name)
        found.append(name)
    return found
