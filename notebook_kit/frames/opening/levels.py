"""Dictionaries opened into columns, level by level."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = ["MOST_COLUMNS", "Column", "Trail", "opened"]

#: The keys that lead to a column, from the answer on.
Trail: TypeAlias = tuple[Any, ...]

#: Dictionaries with more keys than this among them are data keyed by something, not records: a
#: column for each key would be mostly empty, and there may be as many as rows.
MOST_COLUMNS: Final = 1_000
#: So many dictionaries are looked into before their keys are counted.
_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Column:
    """The values at one place of all answers; None where an answer has nothing there."""

    trail: Trail
    values: Sequence[Any]


def opened(
    values: Sequence[Any], depth: int, *, trail: Trail = (), closed: Trail | None = None
) -> list[Column]:
    """Return a column for each key of dictionaries, and of those inside them.

    What is no dictionary is in a column of its own before them, at the trail of the dictionaries;
    after them where that is the answer itself.

    Args:
        values: dictionaries, or anything else.
        depth: levels that are opened at most.
        trail: the keys that lead to the values.
        closed: the trail of values that stay as they are.
    """
    done: list[Column] = []
    # A list of what is to do, as a nest of dictionaries may be deeper than Python calls go.
    todo = [(Column(trail, values), depth)]
    while todo:
        column, levels = todo.pop()
        is_closed = column.trail == closed or levels == 0
        kinds = frozenset() if is_closed else frozenset(map(type, column.values))
        inside = _inside(column, kinds)
        room = MOST_COLUMNS - len(done) - len(todo)
        if inside is None or (column.trail != trail and len(inside) > room):
            done.append(column)
            continue
        rest = None if kinds <= {dict} else _rest(column, is_root=not column.trail)
        if rest is not None and column.trail:
            done.append(rest)
        elif rest is not None:
            todo.append((rest, 0))
        todo += [(part, levels - 1) for part in reversed(inside)]
    return done


def _inside(column: Column, kinds: Collection[type]) -> list[Column] | None:
    """Return the columns that dictionaries are opened into, or None if they stay closed.

    Args:
        column: what is to be opened.
        kinds: the classes of its values.
    """
    values = column.values
    if not any(issubclass(kind, dict) for kind in kinds):
        return None
    is_plain = kinds == {dict}
    if is_plain and (same := _of_equal_keys(column)) is not None:
        return same
    # Whatever else there is has nothing under any key.
    records = values if is_plain else [it if isinstance(it, dict) else {} for it in values]
    keys = _keys(records)
    if keys is None or (not keys and column.trail):
        return None
    return [Column((*column.trail, key), _under(records, key)) for key in keys]


def _of_equal_keys(column: Column) -> list[Column] | None:
    """Return the columns of dictionaries that all have the same keys, the common case, fast."""
    values = column.values
    keys = list(values[0])
    # Where keys differ, some of the first dictionaries mostly tell.
    for some in (values[:_AT_ONCE], values):
        if not 0 < len(keys) <= MOST_COLUMNS or set(map(len, some)) != {len(keys)}:
            return None
    try:
        return [Column((*column.trail, key), list(map(itemgetter(key), values))) for key in keys]
    except KeyError:
        return None


def _keys(records: Sequence[dict[Any, Any]]) -> list[Any] | None:
    """Return the keys of all records as they first come, or None where there are too many."""
    keys: dict[Any, None] = {}
    for start in range(0, len(records), _AT_ONCE):
        some = records[start : start + _AT_ONCE]
        # Without their order, which matters where one is new, they are united far faster.
        if not keys.keys() >= set().union(*some):
            keys.update(dict.fromkeys(chain.from_iterable(some)))
            if len(keys) > MOST_COLUMNS:
                return None
    return list(keys)


def _under(records: Sequence[dict[Any, Any]], key: Any) -> list[Any]:
    """Return what each record has under a key, None where it does not have it."""
    return [record.get(key) for record in records]


def _rest(column: Column, *, is_root: bool) -> Column | None:
    """Return the values that are no dictionaries, if there are any; None counts at the root."""
    rest = [None if isinstance(value, dict) else value for value in column.values]
    if is_root:
        is_needed = any(not isinstance(value, dict) for value in column.values)
    else:
        is_needed = any(value is not None for value in rest)
    return Column(column.trail, rest) if is_needed else None
