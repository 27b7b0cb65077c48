"""What maps a function over items: the façade above gives it, as this room may not import it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["function_mapper", "map_functions_with"]

_given: list[Callable[..., Any]] = []


def map_functions_with(mapper: Callable[..., Any]) -> None:
    """Have functions mapped by this one, which is called with the function and the items."""
    _given[:] = [mapper]


def function_mapper() -> Callable[..., Any]:
    """Return what maps a function over items."""
    return _given[0]
