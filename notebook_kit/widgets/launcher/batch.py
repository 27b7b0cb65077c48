"""The runs of a launcher: the one that its code starts, and those that try failed rows again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from notebook_kit.numbers import plural
from notebook_kit.scheduling import RunState
from notebook_kit.widgets.launcher.words import free_name

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from notebook_kit.scheduling import Snapshot
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
        taken: names that the code must not use for the run.
    """

    def __init__(self, code: Code, run: Startable, taken: Container[str]) -> None:
        self.code = code
        self.runs = [run]
        self._variable = free_name("run", taken)
        self._retries = 0
        self._saved: list[str] = []
        self.is_live = True
        self.is_complete = True

    def retried(self, run: Startable) -> None:
        """Take in a run over the failed rows."""
        self.runs.append(run)
        self._retries += 1
        self._saved.clear()
        self.is_live = True

    def saved(self, line: str) -> None:
        """Take in that the frame was written."""
        if line not in self._saved:
            self._saved.append(line)

    @property
    def text(self) -> str:
        """The code that does all that was done."""
        if not self._retries:
            return "\n".join((self.code.text, *self._saved))
        run, target = self._variable, self.code.target
        again = (
            f"{run} = {run}.retry_failed()",
            f'{target}.iloc[({target}["status"] != "ok").to_numpy()] = await {run}',
        )
        return self.code.followed_by(run, (*(again * self._retries), *self._saved))

    def frame(self) -> Any:
        """Return the frame of the first run, with what the later ones made of its failed rows."""
        first, *others = self.runs
        frame = first.frame
        for run in others:
            frame.iloc[(frame["status"] != "ok").to_numpy()] = run.frame
        self.is_complete = bool((frame["status"] == "ok").all())
        return frame

    def in_words(self, frame: Any) -> str:
        """Return what came of it: the variable, its rows, and how many did not end well."""
        failed = int((frame["status"] != "ok").sum())
        words = [f"{self.code.target}: {plural(len(frame), 'row')}"]
        if failed:
            words.append(f"{failed:,} not ok")
        ending = _ENDINGS.get(self.runs[-1].snapshot().state)
        if ending is not None:
            words.append(ending)
        return ", ".join(words)
