"""What the widgets keep in mind of runs: where each was shown last, and who holds it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol
from weakref import WeakKeyDictionary, WeakSet

from notebook_kit.widgets.live import logger

if TYPE_CHECKING:
    from notebook_kit.widgets.control import RunControl

__all__ = ["Holder", "holding", "is_shown_in", "let_go", "remember"]


class Holder(Protocol):
    """What keeps an ended run for the buttons that it has."""

    def holds(self, run: RunControl) -> bool:
        """Tell whether it keeps the run."""
        ...

    def let_go(self) -> None:
        """Take the buttons away and keep no run any longer; the face stays."""
        ...


_cells: Final[WeakKeyDictionary[RunControl, str]] = WeakKeyDictionary()
_holders: Final[WeakSet[Holder]] = WeakSet()


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


def holding(holder: Holder) -> None:
    """Keep in mind, weakly, that it may hold a run."""
    _holders.add(holder)


def let_go(run: RunControl) -> None:
    """Have everything that shows an ended run let go of it, as if nobody had clicked for long.

    What shows a live run goes on, and lets go when that has ended. Never raises.
    """
    run.add_done_callback(_let_go)


def _let_go(run: RunControl) -> None:
    # A copy, because what is shown meanwhile adds itself.
    for holder in list(_holders):
        try:
            if holder.holds(run):
                holder.let_go()
        except Exception as error:  # noqa: BLE001 - told to the log
            logger.warning("The buttons of a run could not be taken away.", exc_info=error)
