"""Where a launcher stands: in one cell at a time, and its run goes with it to the next one."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from notebook_kit.execution.loops import running_loop
from notebook_kit.widgets.launcher.cell import Cell
from notebook_kit.widgets.launcher.clicks import Clicks
from notebook_kit.widgets.live import logger
from notebook_kit.widgets.memory import is_shown_in, remember
from notebook_kit.widgets.panel import Panel
from notebook_kit.widgets.refresher import refresher

if TYPE_CHECKING:
    from notebook_kit.widgets.launcher.table import Table
    from notebook_kit.widgets.place import Place
    from notebook_kit.widgets.stage import Stage

__all__ = ["Front"]


class Front:
    """Shows a table where it was asked for last, and the panel of its run with it.

    Attributes:
        table: what lies on it.
        cell: the cell, or None before it was shown in one.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.cell: Cell | None = None
        self._clicks = Clicks(table, self)
        self._panel: Panel | None = None
        self._lock = threading.RLock()

    @property
    def is_open(self) -> bool:
        """Whether the form is there."""
        return self.cell is not None and self.cell.is_open

    def open_in(self, place: Place) -> None:
        """Show all of it in the cell that is being executed; where it stood before, it goes."""
        with self._lock:
            older = self.cell
            if older is not None:
                older.close()
            self._clicks.home = running_loop()
            cell = Cell(self.table, place, self._clicks)
            cell.appear()
            self.cell = cell
            batch = self.table.batch
            if batch is not None:
                self._move_panel(batch.runs[-1], older, cell)
            elif older is not None:
                older.leave_stage()
        # The run may have ended meanwhile.
        self.show()

    def show(self) -> None:
        """Bring form and face up to date, from any thread."""
        if self.cell is not None:
            self.cell.show()

    def show_panel(self, run: Any) -> None:
        """Show the panel of a run that was just started; the one before it gives way."""
        if self.cell is None:
            return
        self._panel = None
        try:
            self._make_panel(run, self.cell.stage())
        except Exception as error:  # noqa: BLE001 - a view is never felt by its run
            logger.warning("The panel of a run could not be shown.", exc_info=error)

    def run_here(self, function: Any, *arguments: Any) -> Any:
        """Call a function in the context of the cell."""
        return (
            function(*arguments) if self.cell is None else self.cell.run_here(function, *arguments)
        )

    def used(self) -> None:
        """Keep the form for another while: somebody is there."""
        if self.cell is not None:
            self.cell.used()

    def close(self) -> None:
        """Take the form away."""
        if self.cell is not None:
            self.cell.close()

    def _make_panel(self, run: Any, stage: Stage) -> None:
        remember(run, stage.cell)
        self._panel = Panel(run, stage, refresher)
        self._panel.appear()

    def _move_panel(self, run: Any, older: Cell | None, cell: Cell) -> None:
        """Show the run of the cell before in this one; a live panel goes on, buttons and all."""
        panel = self._panel
        # Shown by the user in a cell of its own, it stays there, and there are two.
        is_here = older is not None and is_shown_in(run, older.name)
        if older is not None:
            older.leave_stage()
        try:
            stage = cell.stage()
            if panel is not None and panel.run is run and is_here and panel.appear_again(stage):
                remember(run, stage.cell)
            else:
                self._make_panel(run, stage)
        except Exception as error:  # noqa: BLE001 - a view is never felt by its run
            logger.warning("The panel of a run could not be shown.", exc_info=error)
