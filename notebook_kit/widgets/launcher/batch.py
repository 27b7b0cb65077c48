"""The runs of a launcher: the one that its code starts, and those that try failed rows again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from notebook_kit.numbers import plural
from notebook_kit.scheduling import RunState
from notebook_kit.widgets.launcher.code import import_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.scheduling import Snapshot
    from notebook_kit.widgets.launcher.choice import Names
    from notebook_kit.widgets.launcher.code import Code

__all__ = ["Batch", "Startable"]

_ENDINGS: Final = {RunState.STOPPED: "stopped", RunState.CANCELLED: "cancelled"}


class Startable(Protocol):
    """A run, as a launcher uses it."""

    @property
    def frame(self) -> Any:
        """One row for each item."""
        ...

    def snapshot(self) -> Snapshot:
        """Return the numbers of this moment."""
        ...

    def retry_failed(self) -> Any:
        """Return a new run over the rows that did not end well."""
        ...

    def add_done_callback(self, fn: Callable[[Any], object], /) -> object:
        """Have a function called when the run has ended."""
        ...


class Batch:
    """What was started by one click on Run.

    Args:
        code: what was run.
        run: the run that it gave.
        names: what this package is called in the code.
        subject: the client or function that it calls, also in each further run over its rows.
    """

    def __init__(self, code: Code, run: Startable, names: Names, *, subject: object = None) -> None:
        self.code = code
        self.subject = subject
        self.runs = [run]
        self.kit = names.kit
        #: What follows needs the package also where the call itself does not.
        self._imports = () if names.imported or code.imports else (import_line(names.kit),)
        self._saved: list[str] = []
        self.is_live = True
        self.is_complete = True

    def retried(self, run: Startable) -> None:
        """Take in a run over the failed rows."""
        self.runs.append(run)
        self._saved.clear()
        self.is_live = True

    def saved(self, line: str) -> None:
        """Take in that the frame was written."""
        if line not in self._saved:
            self._saved.append(line)

    @property
    def text(self) -> str:
        """The code that does all that was done.

        It names the run as anybody can in any cell, because the variable of the frame is the only
        one that the launcher fills.
        """
        target = self.code.target
        again = f"{target} = {target}.calls.merge(await {self.kit}.last_run().retry_failed())"
        lines = (*([again] * (len(self.runs) - 1)), *self._saved)
        return "\n".join((*(self._imports if lines else ()), self.code.text, *lines))

    def frame(self) -> Any:
        """Return the frame of the first run, with what the later ones made of its failed rows."""
        first, *others = self.runs
        frame = first.frame
        for run in others:
            frame = frame.calls.merge(run)
        self.is_complete = not self._not_ok
        return frame

    @property
    def _not_ok(self) -> int:
        """How many rows have not ended well; each further run has all of them."""
        now = self.runs[-1].snapshot()
        return now.done - now.ok

    def in_words(self, frame: Any) -> str:
        """Return what came of it: the variable, its rows, and how many did not end well."""
        failed = self._not_ok
        words = [f"{self.code.target}: {plural(len(frame), 'row')}"]
        if failed:
            words.append(f"{failed:,} not ok")
        ending = _ENDINGS.get(self.runs[-1].snapshot().state)
        if ending is not None:
            words.append(ending)
        return ", ".join(words)
