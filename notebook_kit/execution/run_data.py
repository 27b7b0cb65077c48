"""What a run has brought: one outcome, frames of all of them, a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os
    from pathlib import Path

    import pandas as pd

    from notebook_kit.execution.engine import Engine
    from notebook_kit.execution.protocols import Frames
    from notebook_kit.scheduling import Outcome

__all__ = ["RunData"]


class RunData:
    """The part of a run that tells what became of its items; from any thread, live or ended."""

    __slots__ = ()

    _engine: Engine
    _frames: Frames

    def outcome(self, position: int) -> Outcome:
        """Return what became of the item at a position of the input, from 0.

        Raises:
            IndexError: when no item has come at that position.
        """
        come = len(self._engine.ledger)
        if not 0 <= position < come:
            message = f"There is no item at position {position!r}: {come:,} have come so far."
            raise IndexError(message)
        return self._engine.outcome(position)

    @property
    def frame(self) -> pd.DataFrame:
        """One row per input, in input order; rows that have not ended are ``cancelled``."""
        return self._frames.frame(self._engine.plan, self._engine.ledger)

    @property
    def results(self) -> pd.DataFrame:
        """The answers, opened into columns."""
        return self._frames.results(self._engine.plan, self._engine.ledger)

    @property
    def errors(self) -> pd.DataFrame:
        """Only the rows that did not end well."""
        return self._frames.errors(self._engine.plan, self._engine.ledger)

    @property
    def timings(self) -> pd.DataFrame:
        """Where the time of each row went, in seconds."""
        return self._frames.timings(self._engine.plan, self._engine.ledger)

    def summary(self) -> Any:
        """Return counts, errors by kind and times in a few lines."""
        elapsed_s = self._engine.snapshot().elapsed_s
        return self._frames.summary(self._engine.plan, self._engine.ledger, elapsed_s)

    def export(self, path: str | os.PathLike[str] | None = None) -> Path:
        """Write the frame, as it is now, into a file and return its path.

        Args:
            path: its ending says how: ``.csv``, ``.jsonl`` or ``.parquet``; a file of that name is
                replaced. The run's name and the time, as CSV in the working folder, if not said.

        Raises:
            ConfigurationError: for any other ending.
            StorageError: when the file cannot be written there.
        """
        return self._frames.export(self.frame, path, name=self._engine.plan.name)
