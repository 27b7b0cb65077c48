"""Which row of one frame belongs to which row of another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from notebook_kit.checks import number
from notebook_kit.errors import ConfigurationError
from notebook_kit.frames.calls.restored import decoded
from notebook_kit.frames.calls.standing import is_as_it_came
from notebook_kit.frames.columns import flat_index, object_array, places_of
from notebook_kit.frames.compare.changes import equal_values
from notebook_kit.frames.identity import identify
from notebook_kit.redact import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Alignment", "aligned"]

_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Alignment:
    """Pairs of rows, by position; -1 where one side has none. Those of ``a`` come first, in order.

    Attributes:
        in_a: positions in the first frame.
        in_b: positions in the second frame.
        labels: what the pairs are called.
        way: by what they were found, in words.
    """

    in_a: NDArray[np.intp]
    in_b: NDArray[np.intp]
    labels: pd.Index[Any]
    way: str


def aligned(a: pd.DataFrame, b: pd.DataFrame, on: str | Sequence[str] | None = None) -> Alignment:
    """Return which rows belong together.

    By the values of the columns ``on``; or else by label, where labels occur once on both sides; or
    else by position, where both have as many rows and neither stands in another order than its run
    gave it.

    Raises:
        ConfigurationError: when that cannot be told, with what to write instead.

    >>> import pandas as pd
    >>> a, b = pd.DataFrame(index=["x", "y"]), pd.DataFrame(index=["y", "z"])
    >>> found = aligned(a, b)
    >>> found.in_a.tolist(), found.in_b.tolist(), found.labels.tolist()
    ([0, 1, -1], [-1, 0, 1], ['x', 'y', 'z'])
    """
    if on is not None:
        return _by_columns(a, b, _names(on))
    if a.index.nlevels == b.index.nlevels and a.index.is_unique and b.index.is_unique:
        found = _matched(a.index, b.index, a.index, b.index, "label")
        if found is not None:
            return found
        if len(a) != len(b):
            message = (
                "The two frames have no label in common, and not as many rows: write "
                "nk.compare(a, b, on='item'), or on= the column that says which rows belong "
                "together."
            )
            raise ConfigurationError(message)
    if len(a) == len(b):
        _check_order(a, b)
        places = np.arange(len(a))
        return Alignment(places, places, a.index, "position")
    message = (
        "The labels do not say which rows belong together: some occur more than once, or those of "
        f"one frame have more levels. And there are {len(a):,} in one frame and {len(b):,} in the "
        "other: write nk.compare(a, b, on='item'), or on= the column that says it."
    )
    raise ConfigurationError(message)


def _check_order(a: pd.DataFrame, b: pd.DataFrame) -> None:
    """Refuse to go by position where rows were sorted, unless they were made of the same items."""
    sides = [side for frame, side in ((a, "first"), (b, "second")) if is_as_it_came(frame) is False]
    if not sides:
        return
    if "item" in a.columns and "item" in b.columns:
        old, new = (object_array(frame["item"].tolist()) for frame in (a, b))
        if equal_values(old, new, 0.0).all():
            return
    message = (
        "The labels do not say which rows belong together, and by position they do not: the rows "
        f"of the {sides[0]} frame stand in another order than its run gave them. Write "
        "nk.compare(a, b, on='item'), or on= the column that says it, or give both as they came."
    )
    raise ConfigurationError(message)


def _names(on: Any) -> list[Any]:
    is_one = isinstance(on, (str, bytes)) or not isinstance(on, Iterable)
    return [on] if is_one else list(on)


def _by_columns(a: pd.DataFrame, b: pd.DataFrame, names: list[str]) -> Alignment:
    for frame, side in ((a, "first"), (b, "second")):
        known_names = frame.columns.tolist()
        absent = [name for name in names if name not in known_names]
        if absent or not names:
            known = ", ".join(map(str, known_names))
            message = (
                f"on={shown(absent[0] if absent else names)} is no column of the {side} frame; "
                f"there are {known}."
            )
            raise ConfigurationError(message)
    keys = [_keys(frame, names) for frame in (a, b)]
    for frame, key, side in ((a, keys[0], "first"), (b, keys[1], "second")):
        _check_unique(frame, key, names, side)
    labels = [_labels(frame, names) for frame in (a, b)]
    way = " and ".join(map(str, names))
    found = _matched(keys[0], keys[1], labels[0], labels[1], way)
    if found is not None:
        return found
    message = f"No {way} of the first frame is in the second one, so there is nothing to compare."
    raise ConfigurationError(message)


def _matched(
    key_a: pd.Index[Any], key_b: pd.Index[Any], a: pd.Index[Any], b: pd.Index[Any], way: str
) -> Alignment | None:
    """Return the pairs of equal keys and the rest; None where no two are equal."""
    if key_a is key_b or key_a.equals(key_b):
        places = np.arange(len(key_a))
        return Alignment(places, places, a, way)
    partner = places_of(key_a, key_b)
    if len(a) and len(b) and not (partner >= 0).any():
        return None
    alone = np.ones(len(b), dtype=bool)
    alone[partner[partner >= 0]] = False
    rest = np.flatnonzero(alone)
    in_a = np.concatenate([np.arange(len(a)), np.full(len(rest), -1)])
    labels = a.append(b[rest]) if len(rest) else a
    return Alignment(in_a, np.concatenate([partner, rest]), labels, way)


def _keys(frame: pd.DataFrame, names: list[str]) -> pd.Index[Any]:
    columns = [_hashable(frame[name]) for name in names]
    if len(columns) == 1:
        return flat_index(columns[0])
    return flat_index([*zip(*columns, strict=True)])


def _hashable(column: pd.Series[Any]) -> list[Any]:
    """Return what tells the values apart; numbers are alike however a file has kept them."""
    return [_key(value) for value in column.tolist()]


def _key(value: Any) -> Any:
    if type(value) is str:
        value = decoded(value)
        if type(value) is str:
            return value
    plain = number(value)
    if plain is not None:
        return int(value) if float(value).is_integer() else plain
    return ("other", identify(value))


def _labels(frame: pd.DataFrame, names: list[str]) -> pd.Index[Any]:
    columns = [object_array(frame[name].tolist()) for name in names]
    rows = columns[0].tolist() if len(columns) == 1 else [*zip(*columns, strict=True)]
    index = flat_index(rows)
    index.name = names[0] if len(names) == 1 else None
    return index


def _check_unique(frame: pd.DataFrame, keys: pd.Index[Any], names: list[str], side: str) -> None:
    if keys.is_unique:
        return
    places = np.flatnonzero(keys.duplicated())
    values = [shown(frame[names[0]].iloc[at], 40) for at in places[:_NAMED].tolist()]
    message = (
        f"{' and '.join(map(str, names))} does not tell the rows of the {side} frame apart: "
        f"{', '.join(values)} {'occurs' if len(places) == 1 else 'occur'} more than once. Leave "
        "out on= where both runs had the same input, or name further columns: on=['item', 'page']."
    )
    raise ConfigurationError(message)
