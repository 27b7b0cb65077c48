"""The data of a call as code: the variable, or an expression that gives it other columns."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.widgets.launcher.words import free_name, keywords_of, literal, subscript

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_kit.widgets.launcher.choice import Data, Source

__all__ = ["constant", "constant_of", "is_plain", "value_in_row", "with_columns"]

_PLAIN: Final = (str, int, float, bool, type(None))


def constant_of(text: str) -> Any:
    """Return what a fixed text stands for: a value as Python writes it, or else the text.

    >>> constant_of("7"), constant_of("'7'"), constant_of("seven")
    (7, '7', 'seven')
    """
    try:
        value = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text
    return value if literal(value) is not None else text


def constant(text: str) -> str:
    """Return a fixed text as code.

    >>> constant("7"), constant("seven")
    ('7', '"seven"')
    """
    return literal(constant_of(text)) or '""'


def is_plain(text: str) -> bool:
    """Tell whether a fixed text stands for one value that a column can be filled with.

    >>> is_plain("7"), is_plain("[1, 2]")
    (True, False)
    """
    return isinstance(constant_of(text), _PLAIN)


def value_in_row(source: Source, row: str, data: Data) -> str:
    """Return the code of a value for one item.

    Args:
        source: where it comes from.
        row: what the item is called.
        data: what it is an item of.
    """
    if source.kind == "item":
        return row
    if source.kind == "text":
        return constant(source.text)
    return f"{row}[{_key(source, data)}]"


def with_columns(
    data: Data,
    added: Sequence[tuple[str, Source]],
    *,
    dropped: Sequence[Source] = (),
    whole: bool = False,
) -> str:
    """Return the data with columns of other names.

    Args:
        data: the variable.
        added: the new names, and where their values come from.
        dropped: columns that are to go.
        whole: whether rows that are dictionaries keep all else that they have; those of a
            DataFrame always do.
    """
    if not added and not dropped:
        return data.name
    if data.kind == "frame":
        return _of_frame(data, added, dropped)
    row = free_name("row" if data.has_columns else "item", {data.name})
    if data.kind == "labelled":
        key = free_name("key", {data.name, row})
        pairs = _pairs(data, added, row, whole=whole)
        return f"{{{key}: {pairs} for {key}, {row} in {data.name}.items()}}"
    pairs = _pairs(data, added, row, whole=whole)
    if data.kind == "series":
        return f"{data.name}.map(lambda {row}: {pairs})"
    return f"[{pairs} for {row} in {data.name}]"


def _of_frame(data: Data, added: Sequence[tuple[str, Source]], dropped: Sequence[Source]) -> str:
    text = data.name
    if dropped:
        text += f".drop(columns=[{', '.join(_key(source, data) for source in dropped)}])"
    if added:
        pairs = [(name, _column(source, data)) for name, source in added]
        text += f".assign({', '.join(keywords_of(pairs))})"
    return text


def _column(source: Source, data: Data) -> str:
    if source.kind == "text":
        value = constant(source.text)
        return value if is_plain(source.text) else f"[{value}] * len({data.name})"
    key = subscript(source.column)
    # A name that cannot be written, as a date: the column is found by its place.
    return f"{data.name}.iloc[:, {source.place}]" if key is None else f"{data.name}[{key}]"


def _pairs(data: Data, added: Sequence[tuple[str, Source]], row: str, *, whole: bool) -> str:
    parts = [f"**{row}"] if whole and data.has_columns else []
    for name, source in added:
        value = value_in_row(source, row, data)
        if source.kind == "column":
            # Dictionaries in a list need not all have the same keys.
            value = f"{row}.get({_key(source, data)})"
        parts.append(f"{literal(name)}: {value}")
    return "{" + ", ".join(parts) + "}"


def _key(source: Source, data: Data) -> str:
    known = subscript(source.column)
    return f"{data.name}.columns[{source.place}]" if known is None else known
