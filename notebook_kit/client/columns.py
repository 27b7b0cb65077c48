"""`nk.col`: a value of the row, wherever a body, a parameter or a header of a map needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from notebook_kit.client.template import field_of, written
from notebook_kit.redact import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Column", "col", "column_names", "per_row", "varies"]


@dataclass(frozen=True, slots=True)
class Column:
    """Stands for the value of a column; made by `col`."""

    name: str | int


def col(name: str | int) -> Column:
    """Stand for the value of a column in ``json=``, ``params=``, ``headers=`` or ``content=``.

    >>> per_row({"prompt": col("text"), "n": 1})({"text": "hello"})
    {'prompt': 'hello', 'n': 1}
    """
    return Column(name)


def column_names(template: Any) -> set[str | int]:
    """Return the names of all columns that a template holds."""
    if isinstance(template, Column):
        return {template.name}
    if isinstance(template, dict):
        return {name for value in template.values() for name in column_names(value)}
    if isinstance(template, (list, tuple)):
        return {name for value in template for name in column_names(value)}
    return set()


def varies(template: Any) -> bool:
    """Tell whether a template means something else for each item."""
    if callable(template) and not isinstance(template, (Column, Secret)):
        return True
    return bool(column_names(template))


def per_row(template: Any, *, as_text: bool = False) -> Callable[[Any], Any]:
    """Return a function from an item to what the template means for it.

    A function is called with the item; columns, however deep, become their values; all else stays.

    Args:
        template: a value, a function of the item, or a structure that holds `col`.
        as_text: whether values of columns are written as a path writes them, for parameters and
            headers; None and NaN are then errors.
    """
    if not varies(template):
        return lambda _item: template
    if callable(template):
        function: Callable[[Any], Any] = template
        return function
    return lambda item: _filled(template, item, as_text=as_text)


def _filled(template: Any, item: Any, *, as_text: bool) -> Any:
    if isinstance(template, Column):
        value = field_of(item, template.name)
        # A column of dicts or lists is no single value that could be written.
        if as_text and not isinstance(value, (Secret, bytes, Mapping, list, tuple)):
            return written(value, str(template.name))
        return value
    if isinstance(template, dict):
        return {key: _filled(value, item, as_text=as_text) for key, value in template.items()}
    if isinstance(template, (list, tuple)):
        return type(template)(_filled(value, item, as_text=as_text) for value in template)
    return template
