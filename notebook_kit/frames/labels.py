"""Rows by their labels."""

from __future__ import annotations

import operator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import shown

if TYPE_CHECKING:
    from notebook_kit.scheduling import Plan

__all__ = ["position_of"]

_MOST_NAMED = 3


def position_of(plan: Plan, label: Any) -> int:
    """Return the position of the row that is called so in the frame.

    Raises:
        KeyError: when no row is.
        ConfigurationError: when several are.

    >>> from notebook_kit.scheduling import Plan
    >>> position_of(Plan(["x", "y"], index=["a", "b"]), "b")
    1
    """
    if plan.index is None:
        with suppress(TypeError):
            return operator.index(label)
        message = f"No row is called {shown(label)}: rows are called by their positions here."
        raise KeyError(message)
    found = [at for at, other in enumerate(plan.index) if _is_same(other, label)]
    if not found:
        message = f"No row is called {shown(label)}; run.frame.index has all the labels."
        raise KeyError(message)
    if len(found) > 1:
        places = ", ".join(map(str, found[:_MOST_NAMED])) + (" ..." if found[_MOST_NAMED:] else "")
        message = (
            f"{len(found):,} rows are called {shown(label)}: give the position of one of them, "
            f"which are {places}"
        )
        raise ConfigurationError(message)
    return found[0]


def _is_same(other: Any, label: Any) -> bool:
    try:
        return bool(other == label)
    except Exception:  # noqa: BLE001 - labels may refuse to be compared, as arrays do
        return False
