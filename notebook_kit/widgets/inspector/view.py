"""The inspector in a notebook: the face, and under it the row of buttons.

Both are outputs of their own. The face is plain HTML that is replaced in place and stays; the row
is emptied when it is closed or left alone.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final, cast

from notebook_kit.markup import Markup
from notebook_kit.redact import text_of
from notebook_kit.widgets.foreign import plain
from notebook_kit.widgets.inspector.buttons import ButtonRow
from notebook_kit.widgets.inspector.face import inspector_face
from notebook_kit.widgets.inspector.text import inspection_text
from notebook_kit.widgets.live import LiveView, logger
from notebook_kit.widgets.memory import holding
from notebook_kit.widgets.naming import USUAL, called
from notebook_kit.widgets.reload import marked
from notebook_kit.widgets.widget_output import WidgetOutput, close_all, widget_bundle

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.execution.inspection import Inspection
    from notebook_kit.execution.item_picture import ItemPicture
    from notebook_kit.scheduling import Snapshot
    from notebook_kit.widgets.control import RunControl
    from notebook_kit.widgets.place import Place
    from notebook_kit.widgets.refresher import Refresher

__all__ = ["InspectorView", "inspector_bundle"]

_NOTE_LIMIT: Final = 200


def inspector_bundle(
    picture: ItemPicture, *, note: str = "", static: bool = False, called: str = USUAL
) -> dict[str, object]:
    """Return the face as the data of an output, with its twin in plain text."""
    return {
        "text/plain": inspection_text(picture, note=note, static=static, called=called),
        "text/html": str(inspector_face(picture, note=note, static=static, called=called)),
    }


class InspectorView(LiveView):
    """The inspector of one run, which goes from item to item.

    While the item that it shows is under way it follows it.

    Args:
        inspection: the item that it begins with.
        place: the cell it stands in.
        refresher: draws it while the run is live.
        face_id: display id of an output that is there already, to be replaced by the face; the
            output of the row has the same with ``-buttons`` after it. None to add both.
    """

    def __init__(
        self,
        inspection: Inspection,
        place: Place,
        refresher: Refresher,
        *,
        face_id: str | None = None,
    ) -> None:
        super().__init__(cast("RunControl", inspection.run))
        self._at = inspection
        self._place = place
        self._refresher = refresher
        self._is_placed = face_id is not None
        self._face_id = face_id or f"notebook_kit-{uuid.uuid4().hex}"
        self._row: ButtonRow | None = None
        self._output: WidgetOutput | None = None
        self._sent: dict[str, object] = {}
        self._note = ""
        self._is_live = False
        #: Where the item stood that was shown last.
        self._seen: tuple[object, ...] = ()
        self._is_over = False

    def appear(self) -> None:
        """Show the inspector for the first time."""
        put = self._place.update if self._is_placed else self._place.display
        self._send(self._at.picture(), put)
        self._row = self._make_row()
        if self._row is not None:
            self._row.show(self._at)
            box, after_reload = self._row.box, self._row.after_reload
            self._output = WidgetOutput(
                box, self._row_id, self._place, leave=lambda: after_reload.leave(box)
            )
            try:
                self._put_row(self._output)
            except BaseException:
                close_all(self._row.box)
                raise
            holding(self)
        if not self.run.snapshot().state.ended:
            self._refresher.watch(self)

    def go(self, position: int) -> None:
        """Show another item; from any thread, and never raises."""
        if self._is_over:
            return
        try:
            self._go(position)
        except Exception as error:  # noqa: BLE001 - told to the log
            logger.warning("An item of a run could not be shown.", exc_info=error)

    def _go(self, position: int) -> None:
        at, note = self._at, ""
        try:
            at = at.run.inspect(position)
        except Exception as error:  # noqa: BLE001 - told to the user
            note = plain(text_of(error), _NOTE_LIMIT)
        # Making its request may call a function of the user's, for which nobody else must wait.
        picture = at.picture()
        with self._lock:
            self._at, self._note = at, note
            self._send(picture, self._place.update)
            self._show_row()
        if self._output is not None:
            self._output.used()

    def end(self) -> None:
        """Take the buttons away and follow nothing more; the face stays. From any thread."""
        self._is_over = True
        output, self._output = self._output, None
        if output is None:
            return
        try:
            output.close()
        except Exception as error:  # noqa: BLE001 - told to the log
            logger.warning("The buttons of an inspector could not be taken away.", exc_info=error)

    def holds(self, run: RunControl) -> bool:
        """Tell whether it keeps the run for its buttons."""
        return not self._is_over and run is self.run

    def let_go(self) -> None:
        """Keep the run no longer: the same as `end`."""
        self.end()

    def draw(self, snapshot: Snapshot) -> None:
        """Show the item as it is now, if anything may have become of it, and where it leads to."""
        del snapshot
        if self._is_over:
            return
        if self._is_live or self._has_moved():
            self._send(self._at.picture(), self._place.update)
        self._show_row()

    def _state(self) -> tuple[object, ...]:
        at = self._at
        return at.position, at.ended, at.outcome.attempts

    def _has_moved(self) -> bool:
        """Tell whether an item that had ended was taken up again, and perhaps has ended again."""
        return self._state() != self._seen

    def refresh(self) -> bool:
        """Draw if there is something new; tell whether there is more to come."""
        return not self._is_over and super().refresh()

    @staticmethod
    def row_id(face_id: str) -> str:
        """Return the display id of the output of the row that belongs to a face."""
        return f"{face_id}-buttons"

    @property
    def _row_id(self) -> str:
        return self.row_id(self._face_id)

    def _show_row(self) -> None:
        if self._row is not None and self._output is not None and not self._output.is_closed:
            self._row.show(self._at)

    def _send(self, picture: ItemPicture, put: Callable[[dict[str, object], str], None]) -> None:
        data = inspector_bundle(picture, note=self._note, called=called(self.run))
        face = Markup(data["text/html"])
        data["text/html"] = str(marked(face, self._face_id))
        self._is_live, self._seen = picture.is_live, self._state()
        if data != self._sent:
            put(data, self._face_id)
            self._sent = data
        if self._row is not None and self._row.after_reload.is_needed:
            self._row.after_reload.show(face)

    def _make_row(self) -> ButtonRow | None:
        try:
            return ButtonRow(self.go, self.end, lambda: self._at, mark=self._face_id)
        except ImportError as error:
            logger.info("The inspector has no buttons.", exc_info=error)
            return None

    def _put_row(self, output: WidgetOutput) -> None:
        if not self._is_placed:
            output.display()
            return
        self._place.update(widget_bundle(output.widget), self._row_id)
        output.used()
