"""The launcher: a form in a cell, from which a batch is set up and started."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from notebook_kit.lifetime import caller_origin
from notebook_kit.widgets.frontend import Frontend, current_cell, find_frontend, kernel_shell
from notebook_kit.widgets.launcher.drafts import drafts
from notebook_kit.widgets.launcher.face import bundle, render_text
from notebook_kit.widgets.launcher.namespace import user_namespace
from notebook_kit.widgets.launcher.preset import entries_of
from notebook_kit.widgets.place import Place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_kit.widgets.launcher.front import Front
    from notebook_kit.widgets.launcher.target import Target

__all__ = ["Launcher", "open_launcher"]


class Launcher:
    """A form in a notebook from which a batch is set up and started.

    Made by `Client.launcher` and `notebook_kit.launcher`, and shown at once; evaluated in another
    cell, it is shown there. Its settings stay when its form is closed.
    """

    def __init__(self, front: Front) -> None:
        self._front = front
        #: Which execution of a cell it was shown in last; twice in one is once too often.
        self._shown_in: str | None = None
        self._was_told = False

    def show(self) -> None:
        """Show the form in the cell that is being executed; in a terminal, the code as text."""
        where = find_frontend()
        shell = kernel_shell()
        table = self._front.table
        if shell is None or where not in (Frontend.LIVE, Frontend.HEADLESS):
            standing = table.look(is_open=False)
            sys.stdout.write(render_text(standing, static=True) + "\n")
            self._was_told = True
            return
        place = Place(shell)
        self._shown_in = place.cell
        if where is Frontend.HEADLESS:
            place.display(bundle(table.look(is_open=False), static=True))
            return
        self._front.open_in(place)

    def close(self) -> None:
        """Take the form away; the code, and what became of it, stay."""
        self._front.close()

    @property
    def code(self) -> str | None:
        """The code that does what the form does; None as long as it could not be run."""
        return self._front.table.look(is_open=False).code

    def __repr__(self) -> str:
        state = "open" if self._front.is_open else "closed"
        return f"<Launcher of {self._front.table.target.title}: {state}>"

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


def open_launcher(target: Target, path: str | None, preset: Mapping[str, Any]) -> Launcher:
    """Make a launcher and show it; a cell that is run again has the one that it made before.

    Raises:
        ConfigurationError: for an option that there is not, or that cannot be used.
    """
    namespace, hidden = user_namespace()
    first = entries_of(target, path, preset, namespace)
    front = drafts.front(target, first, namespace, hidden, kernel_shell())
    front.table.made_at = caller_origin()
    made = Launcher(front)
    made.show()
    return made
