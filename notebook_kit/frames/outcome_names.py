"""Under which names a frame has what became of its items, as far as its columns say it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["OUTCOME", "SUFFIX", "names_by_outcome"]

#: The columns that say what became of an item, in their order.
OUTCOME: Final = (
    *("result", "status", "status_code", "error_type", "error", "source", "attempts"),
    *("started", "waited_s", "network_s", "backoff_s", "elapsed_s"),
)
#: What an outcome column's name ends in where the input has a column of that name.
SUFFIX: Final = "_call"
_RENAMED: Final = re.compile(rf"({'|'.join(OUTCOME)}){SUFFIX}_*")
#: So many outcome columns side by side in their order are no columns of an input by chance.
_NO_CHANCE: Final = 3


def names_by_outcome(columns: Iterable[object]) -> dict[str, list[str]]:
    """Return the names that each outcome column may have among these: one, where it is certain.

    A run puts its columns side by side, in their order. So where an input has a name of them, as
    it is or with the suffix, the columns that stand with the others are those of the run. Several
    names are left where there are too few others.

    >>> columns = ["status_call", "result", "status", "status_code", "attempts"]
    >>> names_by_outcome(columns)["status"]
    ['status']
    >>> names_by_outcome(["status", "status_call"])
    {'status': ['status', 'status_call']}
    """
    given = list(columns)
    found: dict[str, list[str]] = {}
    for outcome, name in _outcomes(given):
        if outcome is not None and name not in found.setdefault(outcome, []):
            found[outcome].append(name)
    beside = _longest(given)
    if len(beside) >= _NO_CHANCE:
        found |= {outcome: [name] for outcome, name in beside.items()}
    return found


def _outcomes(columns: Sequence[object]) -> list[tuple[str | None, str]]:
    return [(_outcome(name), str(name)) for name in columns]


def _outcome(name: object) -> str | None:
    if not isinstance(name, str):
        return None
    renamed = _RENAMED.fullmatch(name)
    if renamed:
        return renamed[1]
    return name if name in OUTCOME else None


def _longest(columns: Sequence[object]) -> dict[str, str]:
    """Return the most outcome columns that stand side by side in their order, the last of such."""
    longest: dict[str, str] = {}
    current: dict[str, str] = {}
    last = -1
    for outcome, name in _outcomes(columns):
        place = -1 if outcome is None else OUTCOME.index(outcome)
        if place <= last or outcome is None:
            current = {}
        last = place
        if outcome is not None:
            current[outcome] = name
        if len(current) >= len(longest):
            longest = dict(current)
    return longest
