"""The launcher: a form in a cell, from which a batch is set up and started."""

from __future__ import annotations

import contextvars
import sys
import threading
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.execution.loops import running_loop
from notebook_kit.widgets.frontend import Frontend, current_cell, find_frontend, kernel_shell
from notebook_kit.widgets.launcher.clicks import Clicks
from notebook_kit.widgets.launcher.face import bundle, render_html, render_text
from notebook_kit.widgets.launcher.form import Form
from notebook_kit.widgets.launcher.namespace import user_namespace
from notebook_kit.widgets.launcher.output import FormOutput
from notebook_kit.widgets.launcher.preset import entries_of
from notebook_kit.widgets.launcher.stage import EMPTY, Stage
from notebook_kit.widgets.launcher.table import Table
from notebook_kit.widgets.live import logger
from notebook_kit.widgets.place import Place
from notebook_kit.widgets.reload import marked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_kit.widgets.launcher.state import Standing
    from notebook_kit.widgets.launcher.target import Target
    from notebook_kit.widgets.reload import AfterReload

__all__ = ["Launcher", "open_launcher"]

#: Outputs that the panel of a run needs: face and controls, and as many of its inspector.
_PANEL_OUTPUTS: Final = 4


class Launcher:
    """A form in a notebook from which a batch is set up and started.

    Made by `Client.launcher` and `notebook_kit.launcher`, and shown at once; evaluated in another
    cell, it is shown there. Its settings stay when its form is closed.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._lock = threading.RLock()
        self._cell: _Cell | None = None
        #: Which execution of a cell it was shown in last; twice in one is once too often.
        self._shown_in: str | None = None
        self._was_told = False

    def show(self) -> None:
        """Show the form in the cell that is being executed; in a terminal, the code as text."""
        where = find_frontend()
        shell = kernel_shell()
        if shell is None or where not in (Frontend.LIVE, Frontend.HEADLESS):
            standing = self._table.look(is_open=False)
            sys.stdout.write(render_text(standing, static=True) + "\n")
            self._was_told = True
            return
        place = Place(shell)
        self._shown_in = place.cell
        with self._lock:
            if where is Frontend.HEADLESS:
                place.display(bundle(self._table.look(is_open=False), static=True))
                return
            self.close()
            self._cell = _Cell(self._table, place, shell)
            self._cell.appear()

    def close(self) -> None:
        """Take the form away; the code, and what became of it, stay."""
        with self._lock:
            if self._cell is not None:
                self._cell.close()

    @property
    def code(self) -> str | None:
        """The code that does what the form does; None as long as something is missing."""
        return self._table.look(is_open=False).code

    def __repr__(self) -> str:
        state = "open" if self._cell is not None and self._cell.is_open else "closed"
        return f"<Launcher of {self._table.target.title}: {state}>"

    def _ipython_display_(self) -> None:
        shell = kernel_shell()
        cell = None if shell is None else current_cell(shell)
        if cell is not None and cell == self._shown_in:
            return
        if shell is None and self._was_told:
            # The line that made it, and wrote it already.
            self._was_told = False
            return
        self.show()


class _Cell:
    """A launcher in one cell: the form, under it the face, and room for the panel of its run."""

    def __init__(self, table: Table, place: Place, shell: Any) -> None:
        self.cell = place.cell
        self._table = table
        self._place = place
        self._shell = shell
        self._id = f"notebook_kit-{uuid.uuid4().hex}"
        self._sent: dict[str, object] = {}
        self._context = contextvars.copy_context()
        self._output: FormOutput | None = None
        self._form: Form | None = None
        self._after_reload: AfterReload | None = None
        self._stage: Stage | None = None
        self._lock = threading.RLock()
        self._clicks = Clicks(table, self, home=running_loop())

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
                is_needed=lambda: self._table.is_live,
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
        return [f"{self._id}-{number}" for number in range(_PANEL_OUTPUTS)]

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
        if self._stage is not None:
            self.run_here(self._stage.clear)
        self._stage = Stage(self._shell, self._slots)
        self._stage.cell = self.cell
        return self._stage

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


def open_launcher(target: Target, path: str | None, preset: Mapping[str, Any]) -> Launcher:
    """Make a launcher and show it.

    Raises:
        ConfigurationError: for an option that there is not, or that cannot be used.
    """
    namespace, hidden = user_namespace()
    entries = entries_of(target, path, preset, namespace)
    made = Launcher(Table(target, replace(entries), namespace, hidden))
    made.show()
    return made
