"""Which cell each run was shown in last: twice in one cell is once too often."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from notebook_kit.widgets.control import RunControl

__all__ = ["is_shown_in", "remember"]

_cells: Final[WeakKeyDictionary[RunControl, str]] = WeakKeyDictionary()


def remember(run: RunControl, cell: str | None) -> None:
    """Keep in mind that the run stands in this execution of a cell."""
    # A run that cannot be referred to weakly is shown as often as it is asked for.
    with suppress(TypeError):
        if cell is not None:
            _cells[run] = cell


def is_shown_in(run: RunControl, cell: str | None) -> bool:
    """Tell whether the run stands in this very execution of a cell."""
    with suppress(TypeError):
        return cell is not None and _cells.get(run) == cell
    return False
