"""The run where nobody watches: one output when it has ended, the same every time."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from notebook_kit.widgets import words
from notebook_kit.widgets.live import logger
from notebook_kit.widgets.memory import is_shown_in, remember
from notebook_kit.widgets.naming import snapshot_of
from notebook_kit.widgets.panel import bundle
from notebook_kit.widgets.place import Place

if TYPE_CHECKING:
    from notebook_kit.scheduling import Snapshot
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

    shows_notices = True

    def __init__(self, run: RunControl, shell: Any, *, html: bool = True) -> None:
        self._run = run
        self._shell = shell
        self._html = html
        self._done = False
        #: Where the end of a pilot was shown, and what the output is called there.
        self._at_pilot: tuple[object, str] = (None, "")

    def tick(self, *, blocking: bool = False) -> None:
        """Do nothing: nobody watches."""

    def finish_in_caller(self) -> None:
        """Show the counts; once, of a run that has ended or has come to the end of its pilot."""
        if self._done:
            return
        try:
            snapshot = snapshot_of(self._run)
            if snapshot.state.ended or words.at_pilot(snapshot):
                self._done = snapshot.state.ended
                self._show(snapshot)
        except Exception as error:  # noqa: BLE001 - a view is never felt by its run
            logger.warning("The summary of a run could not be shown.", exc_info=error)

    def _show(self, snapshot: Snapshot) -> None:
        place = Place(self._shell)
        data = bundle(snapshot, html=self._html, static=True)
        cell, name = self._at_pilot
        if name and cell == place.cell:
            # What was said there of its pilot is over.
            place.update(data, name)
        elif not is_shown_in(self._run, place.cell):
            self._at_pilot = (place.cell, f"notebook_kit-{uuid.uuid4().hex}")
            # A name of no use would only be one more thing to differ.
            place.display(data, None if self._done else self._at_pilot[1])
            remember(self._run, place.cell)
