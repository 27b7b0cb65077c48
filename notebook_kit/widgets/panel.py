"""The live panel in a notebook: the face, and under it the row of controls.

Face and row are two outputs. The face is plain HTML that is replaced in place, so that the last one
stays in the saved notebook; the row is emptied when the run ends.
"""

from __future__ import annotations

import contextvars
import uuid
from collections import deque
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from notebook_kit.markup import Markup
from notebook_kit.widgets.clicks import Hearing
from notebook_kit.widgets.controls import ControlRow
from notebook_kit.widgets.face import render_face
from notebook_kit.widgets.inspector.under_panel import UnderPanel
from notebook_kit.widgets.live import LiveView, logger
from notebook_kit.widgets.naming import called, snapshot_of
from notebook_kit.widgets.refresher import INTERVAL_S
from notebook_kit.widgets.reload import face_notice, inspector_notice, linger, marked
from notebook_kit.widgets.stage import EMPTY
from notebook_kit.widgets.text import render_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.scheduling import Snapshot
    from notebook_kit.widgets.control import RunControl
    from notebook_kit.widgets.place import Place
    from notebook_kit.widgets.refresher import Refresher

__all__ = ["Panel", "bundle"]

_OWN_NOTICES: Final = 3
#: Seconds after which a run gets its buttons. Nobody can click on those of a shorter one, and a
#: page complains of widgets that are taken away while it is drawing them.
ROW_AFTER_S: Final = 0.25
#: Widgets that are brought up to date in one turn, however late it comes.
_MOST_AT_ONCE: Final = 8
#: Said while a click would wait for the end of the cell.
_DEAF: Final = (
    "This kernel takes clicks only when the running cell has ended. Meanwhile the notebook's stop "
    "button ends the run and keeps what is done."
)


def bundle(
    snapshot: Snapshot, *, html: bool = True, static: bool = False, as_of: datetime | None = None
) -> dict[str, object]:
    """Return the face as the data of an output, with its twin in plain text."""
    data: dict[str, object] = {"text/plain": render_text(snapshot, static=static)}
    if html:
        data["text/html"] = str(render_face(snapshot, static=static, as_of=as_of))
    return data


def _time_of_day() -> datetime:
    return datetime.now().astimezone()


class Panel(LiveView):
    """The panel of one run.

    Args:
        run: the run it shows.
        place: the cell it stands in.
        refresher: draws it.
        html: False shows text only, without controls.
        clock: tells the time of day.
    """

    def __init__(
        self,
        run: RunControl,
        place: Place,
        refresher: Refresher,
        *,
        html: bool = True,
        clock: Callable[[], datetime] = _time_of_day,
    ) -> None:
        super().__init__(run)
        self._place = place
        self._refresher = refresher
        self._hearing = Hearing(place.shell)
        self._html = html
        self._clock = clock
        self._drawn_at = clock()
        self._face_id = f"notebook_kit-{uuid.uuid4().hex}"
        self._row_id = f"{self._face_id}-controls"
        self._row: ControlRow | None = None
        self._row_due: datetime | None = None
        self._inspector = UnderPanel(run, refresher) if UnderPanel.is_possible(run) else None
        self._sent: dict[str, object] = {}
        self._turn = 0
        self._notices: deque[str] = deque(maxlen=_OWN_NOTICES)

    def appear(self) -> None:
        """Show the panel for the first time; must be called from within the cell."""
        snapshot = snapshot_of(self.run)
        if snapshot.state.ended:
            self._display(snapshot)
            return
        if self._html:
            self._row = self._make_row()
            if ROW_AFTER_S:
                self._row_due = self._clock() + timedelta(seconds=ROW_AFTER_S)
        try:
            self._display(snapshot)
        except BaseException:
            self._close_row()
            raise
        self._refresher.watch(self)

    def appear_again(self, place: Place) -> bool:
        """Show the panel in another cell as well; tell whether it was still there to be shown."""
        with self._lock:
            snapshot = snapshot_of(self.run)
            if self._closed or snapshot.state.ended or self._was_reloaded:
                return False
            self._place = place
            self._context = contextvars.copy_context()
            self._display(snapshot)
            if self._row is not None and self._row_due is not None:
                # Who asks for the run wants to click, and the first cell gets its buttons too.
                self._show_row(self._row, snapshot)
        return True

    def tick(self, *, blocking: bool = False) -> None:
        """Take note of who waits, because some kernels keep clicks back meanwhile."""
        self._hearing.waits(blocking=blocking)

    @property
    def _was_reloaded(self) -> bool:
        """Whether a page hides the face of this panel, wherever it stands."""
        return self._row is not None and self._row.after_reload.is_needed

    def draw(self, snapshot: Snapshot) -> None:
        """Send the face if it looks different now, and what has changed in the row."""
        data = self._bundle(snapshot)
        if data != self._sent:
            self._place.update(data, self._face_id)
            self._sent = data
        if self._row is None or snapshot.state.ended:
            return
        if self._row_due is None:
            self._draw_row(self._row, snapshot)
        elif self._clock() >= self._row_due:
            self._show_row(self._row, snapshot)
        else:
            self.invalidate()

    def _show_row(self, row: ControlRow, snapshot: Snapshot) -> None:
        self._row_due = None
        while row.show(snapshot, deaf=self._hearing.is_deaf):
            pass
        self._place.update(row.bundle(), self._row_id)

    def _draw_row(self, row: ControlRow, snapshot: Snapshot) -> None:
        # By turns, because a turn has two messages at most, and the first went to the face.
        self._turn += 1
        if row.after_reload.is_needed and self._turn % 2:
            row.after_reload.show(self._face_after_reload(snapshot))
            return
        # A busy loop draws seldom: what was missed meanwhile is made good.
        now = self._clock()
        missed = int((now - self._drawn_at).total_seconds() / INTERVAL_S)
        self._drawn_at = now
        for _ in range(min(max(missed, 1), _MOST_AT_ONCE)):
            if not row.show(snapshot, deaf=self._hearing.is_deaf):
                return

    def close(self) -> None:
        """Empty the row's output and close the widgets."""
        if self._row is None:
            return
        if self._row_due is not None:
            # No page has seen it.
            self._close_row()
            return
        row, after_reload = self._row, self._row.after_reload
        try:
            if not after_reload.is_needed:
                # Data without any type would be empty as well, but exporters complain of it.
                self._place.update(EMPTY, self._row_id)
            # That does not reach a page that was loaded again, or is just being loaded.
            after_reload.show(self._face_after_reload(snapshot_of(self.run)))
        except BaseException:
            self._close_row()
            raise
        self._row = None
        # Without the run: what waits must not keep its answers.
        linger(row.box, after_reload)

    def tell(self, notice: str) -> None:
        """Show a notice of the panel's own, from any thread."""
        self._notices.append(notice)

    def _display(self, snapshot: Snapshot) -> None:
        self._sent = self._bundle(snapshot)
        self._place.display(self._sent, self._face_id)
        if self._row is not None:
            while self._row.show(snapshot):
                pass
            data = self._row.bundle() if self._row_due is None else EMPTY
            self._place.display(data, self._row_id)
            if self._inspector is not None:
                self._inspector.stand_by(self._place)

    def _bundle(self, snapshot: Snapshot) -> dict[str, object]:
        told, as_of = self._with_notices(snapshot), self._as_of(snapshot)
        data = bundle(told, html=self._html, as_of=as_of)
        if (face := data.get("text/html")) is not None:
            data["text/html"] = str(marked(Markup(face), self._face_id))
        return data

    def _with_notices(self, snapshot: Snapshot) -> Snapshot:
        own = [*self._notices]
        if self._row is not None and not snapshot.state.ended and self._hearing.is_deaf:
            own.append(_DEAF)
        return replace(snapshot, notices=(*snapshot.notices, *own)) if own else snapshot

    def _face_after_reload(self, snapshot: Snapshot) -> Markup:
        told = replace(snapshot, notices=(*snapshot.notices, face_notice(snapshot.called)))
        return render_face(self._with_notices(told), as_of=self._as_of(snapshot))

    def _as_of(self, snapshot: Snapshot) -> datetime | None:
        return None if snapshot.state.ended else self._clock()

    def _open_inspector(self) -> None:
        if self._was_reloaded:
            self.tell(inspector_notice(called(self.run)))
        elif self._inspector is not None:
            self._inspector.open()

    def _close_row(self) -> None:
        row, self._row = self._row, None
        if row is not None:
            row.close()

    def _make_row(self) -> ControlRow | None:
        try:
            inspect = None if self._inspector is None else self._open_inspector
            return ControlRow(
                self.run, self.tell, self._after_click, inspect=inspect, mark=self._face_id
            )
        except ImportError as error:
            logger.info("The panel has no buttons.", exc_info=error)
            self.tell("There are no buttons here, because ipywidgets is not installed.")
            return None

    def _after_click(self) -> None:
        self.invalidate()
        self._refresher.poke(self)
