"""What clicks and edits do. A click starts a run; what comes of it is put into a variable."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from notebook_kit.errors import ConfigurationError
from notebook_kit.execution.loops import running_loop
from notebook_kit.lifetime.monitor import ClickedOrigin, clicked_in
from notebook_kit.numbers import size
from notebook_kit.widgets.aside import aside
from notebook_kit.widgets.foreign import plain
from notebook_kit.widgets.launcher.batch import Batch
from notebook_kit.widgets.launcher.rehearsal import in_words, run_code
from notebook_kit.widgets.launcher.saving import save, save_line
from notebook_kit.widgets.live import logger

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from notebook_kit.widgets.launcher.entries import Entries
    from notebook_kit.widgets.launcher.table import Table

__all__ = ["Clicks"]

_FILE_LIMIT = 120


class _View(Protocol):
    def show(self) -> None: ...
    def show_panel(self, run: Any) -> None: ...
    def run_here(self, function: Any, *arguments: Any) -> Any: ...
    def used(self) -> None: ...
    def close(self) -> None: ...


class Clicks:
    """Carries out what a person does in the form.

    Args:
        table: what lies on it.
        view: what shows it.

    Attributes:
        home: the loop of the cell, on which a user's async function runs; None for none.
    """

    def __init__(self, table: Table, view: _View) -> None:
        self._table = table
        self._view = view
        self.home: asyncio.AbstractEventLoop | None = None
        self._asked_to_replace = ""

    def used(self) -> None:
        """Keep the form."""
        self._view.used()

    def edit(self, change: Callable[[Entries], Entries]) -> None:
        """Change what stands in the fields."""
        self._table.entries = change(self._table.entries)
        self._table.notice = ""
        self._view.show()

    def refresh(self) -> None:
        """Look for data again."""
        self._table.refresh()
        self._table.notice = ""
        self._view.show()

    def reset(self) -> None:
        """Put back what stood in the fields at first."""
        self.edit(lambda _: self._table.first)

    def close(self) -> None:
        """Take the form away."""
        self._view.close()

    def tell(self, error: BaseException) -> None:
        """Say that a click did not work."""
        self._table.notice = f"That did not work: {in_words(error)}"
        self._view.show()

    # Runs

    def run(self) -> None:
        """Start the batch that is set up, as it is now."""
        table = self._table
        table.refresh()
        standing = table.look(is_open=True)
        if table.is_live or standing.problems or table.code is None or table.setup is None:
            self._view.show()
            return
        code, names = table.code, table.setup.names
        table.settle()

        def start() -> None:
            if table.is_live:  # Both of two clicks waited for the end of a cell.
                return
            run = run_code(code, table.target, names, table.namespace)
            table.batch = Batch(code, run, names, subject=table.target.subject)
            self._follow(run)

        self._at_home(start)

    def retry(self) -> None:
        """Try the rows again that did not end well."""
        batch = self._table.batch
        if batch is None or batch.is_live:
            return

        def start() -> None:
            if batch.is_live:
                return
            run = batch.runs[-1].retry_failed()
            batch.retried(run)
            self._follow(run)

        self._at_home(start)

    def _at_home(self, start: Callable[[], None]) -> None:
        """Start a run on the loop of the cell, where a user's function and its clients belong."""
        self._table.notice = ""
        home = self.home
        if not self._table.target.is_function or home is None or home is running_loop():
            self._view.run_here(self._started, start)
            self._view.show()
            return
        if home.is_closed():
            message = "The loop of the cell has ended: show the launcher again, in another cell."
            raise ConfigurationError(message)

        def start_there() -> None:
            try:
                self._view.run_here(self._started, start)
            except Exception as error:  # noqa: BLE001 - told to the user
                self.tell(error)
            else:
                self._view.show()

        home.call_soon_threadsafe(start_there)

    def _started(self, start: Callable[[], None]) -> None:
        """Start a run that is told of as made where the launcher was."""
        at = self._table.made_at
        with clicked_in(ClickedOrigin(at.filename, at.lineno, at.cell, what="launcher")):
            start()

    def _follow(self, run: Any) -> None:
        """Show a run under the launcher, and wait for its end."""
        table = self._table
        table.result = ""
        self._view.show_panel(run)
        run.add_done_callback(self._ended)

    def _ended(self, run: Any) -> None:
        """Put the frame into its variable, on the loop of the cell if it has one."""
        home = self.home
        if home is not None and home.is_running():
            try:
                home.call_soon_threadsafe(self._publish, run)
            except RuntimeError:
                logger.info("The loop of the launcher has ended before its run.")
            else:
                return
        self._publish(run)

    def _publish(self, run: Any) -> None:
        table = self._table
        batch = table.batch
        if batch is None or batch.runs[-1] is not run:
            return
        try:
            frame = batch.frame()
            table.namespace[batch.code.target] = frame
            table.result = batch.in_words(frame)
        except Exception as error:  # noqa: BLE001 - told to the user
            self.tell(error)
        finally:
            batch.is_live = False
        table.refresh()
        self._view.show()

    # Saving

    def save(self) -> None:
        """Write the frame into the file, aside; what is there already only when asked twice."""
        table = self._table
        batch = table.batch
        if batch is None or batch.is_live or table.is_saving:
            return
        file, target = table.entries.file.strip(), batch.code.target
        shown = plain(file, _FILE_LIMIT)
        if Path(file).expanduser().exists() and self._asked_to_replace != file:
            self._asked_to_replace = file
            table.notice = f"{shown} is there already: click Save once more to replace it."
            self._view.show()
            return
        if target not in table.namespace:
            message = f"There is no variable {target} any more: run the batch again."
            raise ConfigurationError(message)
        self._asked_to_replace = file
        frame = table.namespace[target]
        table.is_saving = True
        table.notice = f"Saving {target} to {shown} \N{HORIZONTAL ELLIPSIS}"
        self._view.show()
        aside(lambda: self._write(batch, file, frame))

    def _write(self, batch: Batch, file: str, frame: Any) -> None:
        """Write the file and say so; in a thread of its own, because a million rows take long."""
        table, target = self._table, batch.code.target
        try:
            path = save(table.target.kit, frame, file, name=target)
            written = size(path.stat().st_size)
            batch.saved(save_line(batch.kit, target, file))
            notice = f"Wrote {target} to {plain(file, _FILE_LIMIT)}, {written}."
        except Exception as error:  # noqa: BLE001 - told to the user
            notice = f"Save did not work: {in_words(error)}"
        table.is_saving, table.notice = False, notice
        try:
            self._view.used()
            self._view.show()
        except Exception as error:  # noqa: BLE001 - a thread must not end in a traceback
            logger.warning("A launcher could not say what became of a file.", exc_info=error)
