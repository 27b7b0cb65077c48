"""A run that has ended, shown again: the face, and under it buttons for what comes afterwards.

Face and row are two outputs, as of a live panel. The row goes when nobody has clicked for a while.
"""

from __future__ import annotations

import contextvars
import threading
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.errors import ConfigurationError
from notebook_kit.execution.loops import running_loop
from notebook_kit.lifetime.monitor import clicked_in
from notebook_kit.markup import Markup
from notebook_kit.numbers import plural
from notebook_kit.widgets.ended_row import EndedRow, left_undone
from notebook_kit.widgets.face import render_face
from notebook_kit.widgets.inspector.under_panel import UnderPanel
from notebook_kit.widgets.live import logger
from notebook_kit.widgets.made_by_click import panel_origin
from notebook_kit.widgets.memory import holding, remember
from notebook_kit.widgets.naming import called, snapshot_of
from notebook_kit.widgets.panel import Panel, bundle
from notebook_kit.widgets.reload import face_notice, inspector_notice, marked
from notebook_kit.widgets.stage import EMPTY, PANEL_OUTPUTS, Stage, shown_on
from notebook_kit.widgets.steering import Steering
from notebook_kit.widgets.widget_output import WidgetOutput, close_all

if TYPE_CHECKING:
    from notebook_kit.scheduling import Snapshot
    from notebook_kit.widgets.control import RunControl
    from notebook_kit.widgets.place import Place
    from notebook_kit.widgets.refresher import Refresher

__all__ = ["EndedPanel"]

_NO_LOOP: Final = (
    "The loop of the cell has ended: call {}.retry_failed() in another cell, which has one."
)


class EndedPanel:
    """The panel of a run that has ended, in one cell.

    Args:
        run: the run.
        place: the cell.
        refresher: draws what follows: the run over the failed rows, the inspector.
    """

    def __init__(self, run: RunControl, place: Place, refresher: Refresher) -> None:
        self._run = run
        #: The run in which the rows were tried last.
        self._latest: Any = run
        self._place = place
        self._refresher = refresher
        self._home = running_loop()
        self._made_at = panel_origin(place.shell)
        self._context = contextvars.copy_context()
        self._lock = threading.RLock()
        self._starting = threading.Lock()
        self._face_id = f"notebook_kit-{uuid.uuid4().hex}"
        self._steering = Steering(run, self._tell, self._changed)
        self._inspector = UnderPanel(run, refresher) if UnderPanel.is_possible(run) else None
        self._notice = ""
        self._sent: dict[str, object] = {}
        self._row: EndedRow | None = None
        self._output: WidgetOutput | None = None
        self._slots: list[str] = []
        self._stage: Stage | None = None
        self._is_over = False

    def appear(self) -> None:
        """Show it; must be called from within the cell."""
        snapshot = self._run.snapshot()
        self._row = self._make_row(snapshot) if snapshot.done else None
        try:
            self._sent = self._bundle()
            self._place.display(self._sent, self._face_id)
            if self._row is not None:
                self._add_row(self._row, snapshot)
        except BaseException:
            if self._row is not None:
                close_all(self._row.box)
            raise

    def _add_row(self, row: EndedRow, snapshot: Snapshot) -> None:
        row.show(snapshot)
        after_reload, box = row.after_reload, row.box
        self._output = WidgetOutput(
            box, f"{self._face_id}-buttons", self._place, leave=lambda: after_reload.leave(box)
        )
        self._output.display()
        if self._inspector is not None:
            self._inspector.stand_by(self._place)
        if row.retry is not None:
            self._slots = [f"{self._face_id}-{number}" for number in range(PANEL_OUTPUTS)]
            for slot in self._slots:
                self._place.display(EMPTY, slot)
        holding(self)

    def holds(self, run: RunControl) -> bool:
        """Tell whether it keeps the run for its buttons."""
        return not self._is_over and (run is self._run or run is self._latest)

    def let_go(self) -> None:
        """Take the buttons away, those of the inspector too; the faces stay."""
        self._is_over = True
        if self._inspector is not None:
            self._inspector.let_go()
        if self._output is not None:
            self._context.copy().run(self._output.close)

    def _make_row(self, snapshot: Snapshot) -> EndedRow | None:
        guarded = self._steering.guarded
        inspector = self._inspector
        try:
            return EndedRow(
                retry=guarded("Retry failed", self._retry) if left_undone(snapshot) else None,
                inspect=None if inspector is None else guarded("Inspect", self._inspect),
                save=guarded("Save", self._save),
                mark=self._face_id,
            )
        except ImportError as error:
            logger.info("The panel has no buttons.", exc_info=error)
            return None

    # Clicks

    def _inspect(self) -> None:
        if self._was_reloaded:
            self._tell(inspector_notice(called(self._run)))
        elif self._inspector is not None:
            self._inspector.open()

    def _retry(self) -> None:
        """Start a run over the rows that did not end well, on the loop where functions belong."""
        if self._home in (None, running_loop()):
            self._start()
            return
        assert self._home is not None  # noqa: S101 - told apart above
        if self._home.is_closed():
            raise ConfigurationError(_NO_LOOP.format(called(self._latest)))
        self._home.call_soon_threadsafe(self._steering.guarded("Retry failed", self._start))

    def _start(self) -> None:
        # Some kernels serve clicks in several threads.
        with self._starting:
            undone = left_undone(self._latest.snapshot())
            if not undone:
                return
            self._context.copy().run(self._start_in_cell)
        rows = plural(undone, "row")
        where = f"{called(self._latest)} in a cell shows it" if self._was_reloaded else "below"
        self._tell(f"{rows} tried again in a new run, {where}.")

    def _start_in_cell(self) -> None:
        stage = Stage(self._place.shell, self._slots, before=self._stage)
        stage.cell = self._place.cell
        with shown_on(stage), clicked_in(self._made_at):
            self._latest = again = self._latest.retry_failed()
        self._stage = stage
        if not stage.is_used:
            # A run that would show itself nowhere, or to a function, is to be seen all the same.
            remember(again, stage.cell)
            Panel(again, stage, self._refresher).appear()
        again.add_done_callback(lambda _: self._changed())

    def _save(self) -> None:
        self._tell("Saving the rows \N{HORIZONTAL ELLIPSIS}")
        self._steering.save()

    def _tell(self, notice: str) -> None:
        self._notice = notice

    def _changed(self) -> None:
        """Bring all up to date, from any thread."""
        try:
            with self._lock:
                self._update()
        except Exception as error:  # noqa: BLE001 - told to the log
            logger.warning("The panel of a run could not be changed.", exc_info=error)

    def _update(self) -> None:
        row, output = self._row, self._output
        if row is not None and output is not None and not output.is_closed:
            row.show(self._latest.snapshot())
            output.used()
        data = self._bundle()
        if data == self._sent:
            return
        self._sent = data
        # A copy, because a context can be entered by one thread at a time.
        self._context.copy().run(self._place.update, data, self._face_id)
        if row is not None and row.after_reload.is_needed:
            told = self._with_notice()
            notices = (*told.notices, face_notice(told.called))
            row.after_reload.show(render_face(replace(told, notices=notices)))

    @property
    def _was_reloaded(self) -> bool:
        return self._row is not None and self._row.after_reload.is_needed

    def _bundle(self) -> dict[str, object]:
        data = bundle(self._with_notice())
        data["text/html"] = str(marked(Markup(data["text/html"]), self._face_id))
        return data

    def _with_notice(self) -> Snapshot:
        snapshot = snapshot_of(self._run)
        if not self._notice:
            return snapshot
        return replace(snapshot, notices=(*snapshot.notices, self._notice))
