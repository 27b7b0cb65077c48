"""The run in a terminal: one line that is written again and again while somebody waits."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TextIO

from notebook_kit.widgets import words
from notebook_kit.widgets.live import logger
from notebook_kit.widgets.naming import snapshot_of
from notebook_kit.widgets.text import BETWEEN, render_text, warning_line

if TYPE_CHECKING:
    from notebook_kit.scheduling import Snapshot
    from notebook_kit.widgets.control import RunControl

__all__ = ["TerminalView"]

#: Narrower than this, a line is useless anyhow.
_NARROWEST: Final = 20
#: Facts that go first when the line is too long, by their last word.
_DISPENSABLE: Final = ("to do", " ok", "in flight", "reused")


class TerminalView:
    """Writes to standard error, from the thread that waits and from no other.

    Args:
        run: the run it shows.
        stream: where to write; standard error of this moment by default.
        rewrites: whether a line may be written over, as on a terminal; if not, only the summary at
            the end is written, and what is lost as soon as it is.
    """

    shows_notices = True

    def __init__(
        self,
        run: RunControl,
        *,
        stream: TextIO | None = None,
        rewrites: bool = True,
    ) -> None:
        self._run = run
        self._stream = sys.stderr if stream is None else stream
        self._rewrites = rewrites
        self._line = ""
        self._silent = False
        #: Warnings that stand above the line already.
        self._warned: set[str] = set()

    def tick(self, *, blocking: bool = False) -> None:  # noqa: ARG002 - a terminal has no clicks
        """Write the line again if it says something new."""
        if self._silent:
            return
        try:
            snapshot = snapshot_of(self._run)
            self._warn(snapshot)
            if not self._rewrites:
                return
            line = self._fit(render_text(snapshot).partition("\n")[0])
            if line != self._line:
                self._write("\r" + line.ljust(len(self._line)))
                self._line = line
        except Exception as error:  # noqa: BLE001 - a view is never felt by its run
            self._give_up(error)

    def finish_in_caller(self) -> None:
        """Write the summary in the place of the line; once, and at the end of a pilot as well."""
        if self._silent:
            return
        try:
            snapshot = snapshot_of(self._run)
            self._write(self._over() + render_text(self._without_told(snapshot)) + "\n")
            self._silent, self._line = snapshot.state.ended, ""
        except Exception as error:  # noqa: BLE001 - as above
            self._give_up(error)

    def _warn(self, snapshot: Snapshot) -> None:
        """Write what is lost above the line, as soon as it is: the end may be hours away."""
        for text in snapshot.warnings:
            if text not in self._warned:
                self._warned.add(text)
                (told,) = words.warned(replace(snapshot, warnings=(text,)))
                self._write(self._over() + warning_line(told) + "\n")
                self._line = ""

    def _without_told(self, snapshot: Snapshot) -> Snapshot:
        notices = tuple(text for text in snapshot.notices if text not in self._warned)
        warnings = tuple(text for text in snapshot.warnings if text not in self._warned)
        self._warned.update(warnings)
        return replace(snapshot, notices=notices, warnings=warnings)

    def _over(self) -> str:
        return "\r" + " " * len(self._line) + "\r" if self._line else ""

    def _fit(self, line: str) -> str:
        # The last column stays free: writing it makes some terminals begin a new line.
        room = max(_NARROWEST, shutil.get_terminal_size().columns - 1)
        for dispensable in _DISPENSABLE:
            if len(line) <= room:
                return line
            facts = line.split(BETWEEN)
            line = BETWEEN.join(fact for fact in facts if not fact.endswith(dispensable))
        return line if len(line) <= room else line[: room - 1] + "…"

    def _write(self, text: str) -> None:
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        self._stream.write(text.encode(encoding, "replace").decode(encoding))
        self._stream.flush()

    def _give_up(self, error: Exception) -> None:
        self._silent = True
        logger.warning("The progress line failed and was removed.", exc_info=error)
