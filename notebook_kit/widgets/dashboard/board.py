"""The live dashboard: the face of what is open, and under it the row of buttons.

Face and row are two outputs. The face is plain HTML that is replaced in place, so that the last one
stays in the saved notebook; the row is emptied when nobody has clicked for a while, or when another
dashboard takes its place.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections import deque
from typing import TYPE_CHECKING, Any, Final, cast

from notebook_kit.lifetime import survey
from notebook_kit.lifetime.monitor import clicked_in
from notebook_kit.markup import Markup
from notebook_kit.numbers import stretch
from notebook_kit.widgets.dashboard.buttons import ButtonRow
from notebook_kit.widgets.dashboard.page import render_page
from notebook_kit.widgets.dashboard.state import Glance, Numbering, Standing
from notebook_kit.widgets.dashboard.text import render_text
from notebook_kit.widgets.dashboard.words import when
from notebook_kit.widgets.live import LiveView, logger
from notebook_kit.widgets.reload import marked
from notebook_kit.widgets.widget_output import IDLE_S, WidgetOutput

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.lifetime import OpenResource
    from notebook_kit.widgets.place import Place
    from notebook_kit.widgets.refresher import Refresher

__all__ = ["Board"]

_NOTICES: Final = 3
_NO_BUTTONS: Final = "There are no buttons here, because ipywidgets is not installed."


class _Watched:
    """What a dashboard watches, in the place of the run that other views watch."""

    def __init__(self, look: Callable[[], Glance]) -> None:
        self.snapshot = look

    def add_done_callback(self, callback: Callable[[Any], object]) -> None:
        """Do nothing: what is open has no end, and who ends the dashboard has it drawn."""


class Board(LiveView):
    """One dashboard.

    Args:
        place: the cell it stands in.
        refresher: draws it.
        idle_s: seconds without a click after which it ends.
        clock: gives seconds that only go forward.
    """

    def __init__(
        self,
        place: Place,
        refresher: Refresher,
        *,
        idle_s: float = IDLE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(cast("Any", _Watched(self._look)))
        self._place = place
        self._refresher = refresher
        self._idle_s = idle_s
        self._clock = clock
        self._until = clock() + idle_s
        self._standing = Standing()
        self._notices: deque[str] = deque(maxlen=_NOTICES)
        self._numbering = Numbering()
        self._face_id = f"notebook_kit-{uuid.uuid4().hex}"
        self._row: ButtonRow | None = None
        self._output: WidgetOutput | None = None
        self._sent: dict[str, object] = {}
        self._ending = threading.Lock()

    # Life

    def appear(self) -> None:
        """Show it for the first time; must be called from within the cell."""
        self._make_row()
        glance = self._look()
        try:
            self._sent = self._bundle(glance)
            self._place.display(self._marked(self._sent), self._face_id)
            if self._row is not None and self._output is not None:
                self._row.show(glance)
                self._output.display()
        except BaseException:
            self._close_output()
            raise
        self._refresher.watch(self)

    def end(self, why: str) -> None:
        """Take the buttons away and leave the face as it is; from any thread, any number of times.

        Args:
            why: a sentence for who reads the face afterwards.
        """
        with self._ending:
            if not self._standing.ended:
                self._standing = Standing(ended=True, why=why)
        self._refresher.poke(self)

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self._standing.ended

    # Drawing

    def draw(self, snapshot: Any) -> None:
        """Send the face if it looks different now, and bring the buttons up to date."""
        glance: Glance = snapshot
        data = self._bundle(glance)
        if data != self._sent:
            self._place.update(self._marked(data), self._face_id)
            self._sent = data
        if self._row is None:
            return
        if self._row.after_reload.is_needed:
            self._row.after_reload.show(Markup(data["text/html"]))
        if not glance.state.ended:
            self._row.show(glance)

    def close(self) -> None:
        """Empty the row's output and close the widgets."""
        self._close_output()

    def _look(self) -> Glance:
        if not self._standing.ended and self._clock() >= self._until:
            quiet = f"nobody clicked for {stretch(self._idle_s)}"
            self._standing = Standing(ended=True, why=f"It stopped because {quiet}.")
        found = survey()
        opened = tuple(it for it in found if not it.kept)
        kept = tuple(it for it in found if it.kept)
        return Glance(opened, kept, tuple(self._notices), self._standing)

    def _bundle(self, glance: Glance) -> dict[str, object]:
        self._numbering.keep(glance.everything)
        page = render_page(
            glance.resources,
            glance.kept,
            label=self._label,
            notices=glance.notices,
            foot=self._foot(glance),
        )
        text = render_text(glance.resources, glance.kept, notices=glance.notices)
        return {"text/plain": text, "text/html": str(page)}

    def _marked(self, data: dict[str, object]) -> dict[str, object]:
        return {**data, "text/html": str(marked(Markup(data["text/html"]), self._face_id))}

    def _label(self, resource: OpenResource) -> str:
        return str(self._numbering.of(resource))

    def _foot(self, glance: Glance) -> str:
        if not glance.state.ended:
            return f"Live; it stops {stretch(self._idle_s)} after the last click."
        return f"As it was at {when(time.time())}. {glance.state.why} Run the cell again to go on."

    # Clicks

    def _perform(self, resource: OpenResource, act: str) -> str:
        # Within the cell, because what is begun anew may show itself.
        return self._context.copy().run(_act, resource, act)

    def _tell(self, notice: str) -> None:
        self._notices.append(notice)

    def _clicked(self) -> None:
        self._until = self._clock() + self._idle_s
        self.invalidate()
        self._refresher.poke(self)

    # Widgets

    def _make_row(self) -> None:
        try:
            row = ButtonRow(
                self._perform, self._label, self._tell, self._clicked, mark=self._face_id
            )
        except ImportError as error:
            logger.info("The dashboard has no buttons.", exc_info=error)
            self._tell(_NO_BUTTONS)
            return
        # The dashboard itself knows when it was left alone.
        row_id = f"{self._face_id}-buttons"
        self._row = row
        self._output = WidgetOutput(
            row.whole,
            row_id,
            self._place,
            idle_s=None,
            leave=lambda: row.after_reload.leave(row.whole),
        )

    def _close_output(self) -> None:
        output, self._output, self._row = self._output, None, None
        if output is not None:
            output.close()


def _act(resource: OpenResource, act: str) -> str:
    # What is begun anew is told of as made where that was which it takes up.
    with clicked_in(resource.made_at):
        return resource.act(act)
