"""What all live views share: they look at the snapshot, and draw it if it is another one."""

from __future__ import annotations

import contextvars
import os
import threading
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from notebook_kit.logs import kit_logger
from notebook_kit.widgets.naming import snapshot_of

if TYPE_CHECKING:
    from notebook_kit.scheduling import Snapshot
    from notebook_kit.widgets.control import RunControl

__all__ = ["LiveView", "logger"]

logger = kit_logger("notebook_kit.widgets")


class LiveView(ABC):
    """A view that is drawn again and again until its run has ended, and then once more.

    It may be drawn from several threads: by the refresher, and by the cell that waits. Its last
    state is drawn once, by whoever comes first. If drawing raises, the view is closed for good and
    nothing of it reaches the run. Whatever the thread, it is drawn in the context of the cell that
    it was made in, because that is where a kernel looks up which cell an output belongs to.

    Attributes:
        run: the run it shows.
        failure: the error that closed the view, or None.
        shows_notices: whether the user sees what the run has to say.
        messages: how many it sends at most each time it is drawn, while nothing special happens.
    """

    shows_notices: bool = True
    messages: ClassVar[int] = 2

    def __init__(self, run: RunControl) -> None:
        self.run = run
        self.failure: BaseException | None = None
        self._drawn: Snapshot | None = None
        self._closed = False
        self._lock = threading.RLock()
        self._context = contextvars.copy_context()
        self._pid = os.getpid()

    @abstractmethod
    def draw(self, snapshot: Snapshot) -> None:
        """Show this snapshot; the last one has ``snapshot.state.ended``."""

    def close(self) -> None:  # noqa: B027 - most views hold nothing
        """Let go of what the view holds; called once, after the last drawing."""

    def tick(self, *, blocking: bool = False) -> None:  # noqa: B027 - the refresher draws
        """Take note that somebody waits; it is drawn whether anybody does or not."""

    def finish_in_caller(self) -> None:
        """Draw the last state now, so that the waiting cell is left with it."""
        self.refresh()

    def invalidate(self) -> None:
        """Have the next refresh draw even if the snapshot is the same."""
        self._drawn = None

    def refresh(self) -> bool:
        """Draw if there is something new; tell whether there is more to come."""
        # A forked child shares the outputs of its parent and must leave them alone.
        if self._pid != os.getpid():
            return False
        with self._lock:
            if self._closed:
                return False
            try:
                snapshot = snapshot_of(self.run)
                if snapshot != self._drawn:
                    self._drawn = snapshot
                    # A copy, because a context can be entered by one thread at a time.
                    self._context.copy().run(self.draw, snapshot)
            except BaseException as error:  # noqa: BLE001 - a view is never felt by its run
                self._give_up(error)
            else:
                self._closed = snapshot.state.ended
            if self._closed:
                self._let_go()
            return not self._closed

    def _give_up(self, error: BaseException) -> None:
        self.failure = error
        self._closed = True
        logger.warning("A view of a run failed and was removed.", exc_info=error)

    def _let_go(self) -> None:
        try:
            self._context.copy().run(self.close)
        except Exception as error:
            logger.warning("A view of a run could not be closed.", exc_info=error)
        # Whatever the cell had in its context can be collected now.
        self._context = contextvars.Context()
