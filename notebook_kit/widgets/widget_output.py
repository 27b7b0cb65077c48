"""An output that holds widgets, and is emptied when nobody needs them any more.

A widget that is saved with its notebook reopens as an error message, because its kernel is gone. So
whatever has widgets stands as two outputs: a face in plain HTML that stays, and this one under it,
which goes when the work has ended, when it is closed, or when nobody has clicked for a while.
"""

from __future__ import annotations

import contextvars
import threading
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.execution.io_thread import io_loop
from notebook_kit.widgets.live import logger

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator

    from notebook_kit.widgets.place import Place

__all__ = ["IDLE_S", "WidgetOutput", "widget_bundle"]

_WIDGET_MIME: Final = "application/vnd.jupyter.widget-view+json"
#: Seconds without a click after which widgets that steer nothing under way are taken away.
IDLE_S: Final = 300.0


def widget_bundle(widget: Any) -> dict[str, object]:
    """Return a widget as the data of an output, without a twin: it has none once it is dead."""
    view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    return {_WIDGET_MIME: view, "text/plain": ""}


class WidgetOutput:
    """A widget with all that is in it, shown in an output of its own until it is closed.

    Args:
        widget: the outermost widget.
        output_id: display id of the output.
        place: the cell it stands in.
        idle_s: seconds after which it closes if `used` has not been called; None for never.
        closed: called once, after it was closed, in whatever thread.
        leave: has the widget go by itself where its output cannot be emptied any more, as in a page
            that was loaded again; tells whether it has.
    """

    def __init__(
        self,
        widget: Any,
        output_id: str,
        place: Place,
        *,
        idle_s: float | None = IDLE_S,
        closed: Callable[[], object] = lambda: None,
        leave: Callable[[], bool] = lambda: False,
    ) -> None:
        self.widget = widget
        self._output_id = output_id
        self._place = place
        self._idle_s = idle_s
        self._closed = closed
        self._leave = leave
        self._lock = threading.RLock()
        self._timer: asyncio.TimerHandle | None = None
        self.is_closed = False

    def display(self, place: Place | None = None) -> None:
        """Show the widget, in another cell too if one is given; from within that cell."""
        self._place = place or self._place
        self._place.display(widget_bundle(self.widget), self._output_id)
        self.used()

    def used(self) -> None:
        """Begin to wait anew: somebody is there; from any thread."""
        if self._idle_s is not None and not self.is_closed:
            self._call_soon(self._wait_anew)

    def close(self) -> None:
        """Empty the output and close every widget; from any thread, any number of times."""
        with self._lock:
            if self.is_closed:
                return
            self.is_closed = True
        # Nothing of the widgets is kept for the time that they would have stayed.
        if self._idle_s is not None:
            self._call_soon(self._stop_waiting)
        if self._leave():
            self._closed()
            return
        try:
            # Data without any type would be empty as well, but exporters complain of it.
            self._place.update({"text/html": "", "text/plain": ""}, self._output_id)
        finally:
            close_all(self.widget)
            self._closed()

    @staticmethod
    def _call_soon(function: Callable[[], None]) -> None:
        # An empty context, so that the timer does not keep the one of some cell alive.
        io_loop().call_soon_threadsafe(function, context=contextvars.Context())

    def _stop_waiting(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _wait_anew(self) -> None:
        self._stop_waiting()
        if not self.is_closed and self._idle_s is not None:
            self._timer = io_loop().call_later(self._idle_s, self._left_alone)

    def _left_alone(self) -> None:
        try:
            self.close()
        except Exception as error:  # noqa: BLE001 - told to the log
            logger.warning("Widgets could not be taken away.", exc_info=error)


def close_all(widget: Any) -> None:
    """Close a widget and what belongs to it; ipywidgets keeps them all alive otherwise."""
    owned = {id(part): part for part in _parts(widget)}
    for part in owned.values():
        part.close()


def _parts(widget: Any) -> Iterator[Any]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _parts(child)
    for part in (getattr(widget, "layout", None), getattr(widget, "style", None)):
        if part is not None:
            yield part
