"""`nk.col`: a value of the row, wherever a body, a parameter or a header of a map needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from notebook_kit.client.template import field_of
from notebook_kit.redact import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Column", "col", "column_names", "per_row"]


@dataclass(frozen=True, slots=True)
class Column:
    """Stands for the value of a column; made by `col`."""

    name: str


def col(name: str) -> Column:
    """Stand for the value of a column in ``json=``, ``params=``, ``headers=`` or ``content=``.

    >>> per_row({"prompt": col("text"), "n": 1})({"text": "hello"})
    {'prompt': 'hello', 'n': 1}
    """
    return Column(name)


def column_names(template: Any) -> set[str]:
    """Return the names of all columns that a template holds."""
    if isinstance(template, Column):
        return {template.name}
    if isinstance(template, dict):
        return {name for value in template.values() for name in column_names(value)}
    if isinstance(template, (list, tuple)):
        return {name for value in template for name in column_names(value)}
    return set()


def per_row(template: Any) -> Callable[[Any], Any]:
    """Return a function from an item to what the template means for it.

    A function is called with the item; columns, however deep, become its values; all else stays.
    """
    if callable(template) and not isinstance(template, (Column, Secret)):
        function: Callable[[Any], Any] = template
        return function
    if not column_names(template):
        return lambda _item: template
    return lambda item: _filled(template, item)


def _filled(template: Any, item: Any) -> Any:
    if isinstance(template, Column):
        return field_of(item, template.name)
    if isinstance(template, dict):
        return {key: _filled(value, item) for key, value in template.items()}
    if isinstance(template, (list, tuple)):
        return type(template)(_filled(value, item) for value in template)
    return template
