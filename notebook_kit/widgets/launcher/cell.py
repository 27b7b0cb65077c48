"""A launcher in one cell: the form, under it the face, and room for the panel of its run."""

from __future__ import annotations

import contextvars
import threading
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from notebook_kit.widgets.launcher.face import render_html, render_text
from notebook_kit.widgets.launcher.form import Form
from notebook_kit.widgets.launcher.output import FormOutput
from notebook_kit.widgets.live import logger
from notebook_kit.widgets.reload import marked
from notebook_kit.widgets.stage import EMPTY, PANEL_OUTPUTS, Stage

if TYPE_CHECKING:
    from notebook_kit.widgets.launcher.clicks import Clicks
    from notebook_kit.widgets.launcher.state import Standing
    from notebook_kit.widgets.launcher.table import Table
    from notebook_kit.widgets.place import Place
    from notebook_kit.widgets.reload import AfterReload

__all__ = ["Cell"]


class Cell:
    """The outputs of a launcher in one execution of a cell.

    Args:
        table: what lies on it.
        place: the cell.
        clicks: what clicks and edits go to.
    """

    def __init__(self, table: Table, place: Place, clicks: Clicks) -> None:
        self.name = place.cell
        self._table = table
        self._place = place
        self._clicks = clicks
        self._id = f"notebook_kit-{uuid.uuid4().hex}"
        self._sent: dict[str, object] = {}
        self._context = contextvars.copy_context()
        self._output: FormOutput | None = None
        self._form: Form | None = None
        self._after_reload: AfterReload | None = None
        self._stage: Stage | None = None
        self._lock = threading.RLock()

    @property
    def is_open(self) -> bool:
        """Whether the form is there."""
        return self._output is not None and not self._output.is_closed

    def appear(self) -> None:
        """Show all of it; must be called from within the cell."""
        standing = self._table.look(is_open=True)
        try:
            form = Form(standing, self._table.target, self._clicks, self._lock, mark=self._id)
        except ImportError as error:
            logger.info("The launcher has no form.", exc_info=error)
            self._table.notice = "There is no form here, because ipywidgets is not installed."
            standing = self._table.look(is_open=False)
        else:
            self._form, self._after_reload = form, form.after_reload
            self._output = FormOutput(
                form.box,
                f"{self._id}-form",
                self._place,
                is_needed=lambda: self._table.is_live or self._table.is_saving,
                leave=form.leave,
                closed=self._closed,
            )
            self._output.display()
        self._sent = self._bundle(standing)
        self._place.display(self._sent, self._id)
        for slot in self._slots:
            self._place.display(EMPTY, slot)

    @property
    def _slots(self) -> list[str]:
        return [f"{self._id}-{number}" for number in range(PANEL_OUTPUTS)]

    def show(self) -> None:
        """Bring form and face up to date, from any thread."""
        with self._lock:
            standing = self._table.look(is_open=self.is_open)
            if self._form is not None and self.is_open:
                self._form.show(standing)
            self._update(standing)

    def _bundle(self, standing: Standing) -> dict[str, object]:
        face = marked(render_html(standing), self._id)
        return {"text/plain": render_text(standing), "text/html": str(face)}

    def _update(self, standing: Standing) -> None:
        if self._after_reload is not None and self._after_reload.is_needed:
            self._after_reload.show(render_html(replace(standing, was_reloaded=True)))
        data = self._bundle(standing)
        if data != self._sent:
            self._sent = data
            self.run_here(self._place.update, data, self._id)

    def run_here(self, function: Any, *arguments: Any) -> Any:
        """Call a function in the context of the cell, where a kernel looks up whose outputs are."""
        # A copy, because a context can be entered by one thread at a time.
        return self._context.copy().run(function, *arguments)

    def stage(self) -> Stage:
        """Return the place of a new run's panel; the panel before it gives way."""
        self.leave_stage()
        self._stage = Stage(self._place.shell, self._slots)
        self._stage.cell = self.name
        return self._stage

    def leave_stage(self) -> None:
        """Have the panel give way, to another run or because it is shown elsewhere."""
        stage, self._stage = self._stage, None
        if stage is not None:
            self.run_here(stage.clear)

    def used(self) -> None:
        """Keep the form for another while: somebody is there."""
        if self._output is not None:
            self._output.used()

    def close(self) -> None:
        """Take the form away."""
        if self._output is not None:
            self.run_here(self._output.close)

    def _closed(self) -> None:
        self._form = None
        self.show()
