"""One refresher for all live views: it draws them a few times a second while there are any.

It is a chain of timers on the kit's I/O loop: no thread and no task of its own. The chain ends with
the last view and is begun again with the next one.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import time
from typing import TYPE_CHECKING, Final

from notebook_kit.execution.io_thread import io_loop

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.widgets.control import RunControl
    from notebook_kit.widgets.live import LiveView

__all__ = ["INTERVAL_S", "Refresher", "refresher"]

#: Seconds between two drawings: fast enough to look alive, slow enough to cost nothing.
INTERVAL_S: Final = 0.125
#: Messages a second of all views together: a front end has to draw each.
_MESSAGES_PER_S: Final = 25.0
#: A view that takes long to draw is drawn so much more rarely that it takes at most a tenth of the
#: time: the loop has requests to carry.
_REST_PER_WORK: Final = 9.0


class Refresher:
    """Draws live views on a loop; everything but the drawing may be called from any thread."""

    def __init__(
        self,
        find_loop: Callable[[], asyncio.AbstractEventLoop] = io_loop,
        *,
        interval_s: float = INTERVAL_S,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._find_loop = find_loop
        self._interval_s = interval_s
        self._clock = clock
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pid = os.getpid()
        self._timer: asyncio.TimerHandle | None = None
        #: Each view and the time before which it is not drawn again.
        self._due: dict[LiveView, float] = {}

    def watch(self, view: LiveView) -> None:
        """Draw the view from now on until its run has ended, and then at once."""
        self._start_afresh_in_child()
        self._loop = self._find_loop()
        self._due[view] = 0.0
        self._call_soon(self._begin, view)
        view.run.add_done_callback(lambda _: self.poke(view))

    def poke(self, view: LiveView) -> None:
        """Draw the view as soon as possible, whatever its turn."""
        if self._pid == os.getpid():
            self._call_soon(self._draw, view)

    def find(self, run: RunControl) -> list[LiveView]:
        """Return the live views of a run."""
        return [view for view in tuple(self._due) if view.run is run]

    @property
    def interval_s(self) -> float:
        """Seconds from one turn to the next: more views take their turns more rarely."""
        messages = sum(view.messages for view in tuple(self._due))
        return max(self._interval_s, messages / _MESSAGES_PER_S)

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to draw and no timer waiting."""
        return not self._due and self._timer is None

    def _call_soon(self, function: Callable[[LiveView], None], view: LiveView) -> None:
        if self._loop is None:
            return
        # An empty context, so that the timers do not keep the one of some cell alive.
        empty = contextvars.Context()
        try:
            self._loop.call_soon_threadsafe(function, view, context=empty)
        except RuntimeError:
            # The loop is closed: the process ends, and there is nobody left to draw for.
            self._due.pop(view, None)

    def _start_afresh_in_child(self) -> None:
        """Forget the parent's views and loop in a forked child, which has no such thread."""
        if self._pid != os.getpid():
            self._pid = os.getpid()
            self._due.clear()
            self._timer = None

    # On the loop

    def _begin(self, view: LiveView) -> None:
        if view in self._due and self._timer is None:
            self._next_turn()

    def _next_turn(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self.interval_s, self._turn)

    def _turn(self) -> None:
        self._timer = None
        now = self._clock()
        for view, due in tuple(self._due.items()):
            if now >= due:
                self._draw(view)
        if self._due:
            self._next_turn()

    def _draw(self, view: LiveView) -> None:
        begun = self._clock()
        more = view.refresh()
        if not more:
            self._due.pop(view, None)
        elif view in self._due:
            ended = self._clock()
            self._due[view] = ended + _REST_PER_WORK * (ended - begun)
        if not self._due and self._timer is not None:
            self._timer.cancel()
            self._timer = None


#: The refresher of this process.
refresher: Final = Refresher()
