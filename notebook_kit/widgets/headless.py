"""The run where nobody watches: one output when it has ended, the same every time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_kit.widgets.live import logger
from notebook_kit.widgets.memory import is_shown_in, remember
from notebook_kit.widgets.panel import bundle
from notebook_kit.widgets.place import Place

if TYPE_CHECKING:
    from notebook_kit.widgets.control import RunControl

__all__ = ["HeadlessView"]


class HeadlessView:
    """Shows counts and nothing that differs from one execution to the next.

    It is shown in the cell that waits for the run, because a program that executes notebooks sees
    what a cell puts out while it is executed and, if it compares outputs, refuses those that change
    afterwards.

    Args:
        run: the run it shows.
        shell: the shell of the kernel.
        html: False shows text only.
    """

    def __init__(self, run: RunControl, shell: Any, *, html: bool = True) -> None:
        self._run = run
        self._shell = shell
        self._html = html
        self._done = False

    def tick(self) -> None:
        """Do nothing: nobody watches."""

    def finish_in_caller(self) -> None:
        """Show the counts; once, and only of a run that has ended."""
        if self._done:
            return
        try:
            snapshot = self._run.snapshot()
            if not snapshot.state.ended:
                return
            self._done = True
            place = Place(self._shell)
            if not is_shown_in(self._run, place.cell):
                place.display(bundle(snapshot, html=self._html, static=True))
                remember(self._run, place.cell)
        except Exception as error:  # noqa: BLE001 - a view is never felt by its run
            logger.warning("The summary of a run could not be shown.", exc_info=error)
