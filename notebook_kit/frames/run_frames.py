"""What a run asks of this room: its ledger as frames, views, files and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

# By its front door, which imports pandas when the first DataFrame is made.
from notebook_kit import frames
from notebook_kit.frames.attrs import KEY

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    import pyarrow as pa

    from notebook_kit.scheduling import Ledger, Plan
    from notebook_kit.scheduling.attempts import Attempt

__all__ = ["RunFrames"]


class RunFrames:
    """Turns the ledger of one run into DataFrames.

    Args:
        about: what the run is, as `about_run` gives it.
        join: ``"left"`` if the frame is to have the columns of the input before its own.
    """

    def __init__(self, about: Mapping[str, Any], join: str | None) -> None:
        self._about = about
        self._join = join

    def frame(self, plan: Plan, ledger: Ledger) -> pd.DataFrame:
        """Return one row per item."""
        frame = self._outcomes(plan, ledger)
        return frame if self._join is None else frames.joined(plan, frame)

    def joined(
        self, plan: Plan, ledger: Ledger, expand: Any = None, **options: Any
    ) -> pd.DataFrame:
        """Return the input with that beside it, the answers opened if it is said how."""
        return frames.joined(plan, self._outcomes(plan, ledger), expand, **options)

    def _outcomes(self, plan: Plan, ledger: Ledger) -> pd.DataFrame:
        return frames.stamp(frames.build_frame(plan, ledger), self._about)

    def results(self, plan: Plan, ledger: Ledger) -> pd.DataFrame:
        """Return the answers, opened into columns."""
        return frames.results_view(self._outcomes(plan, ledger))

    def expand(self, plan: Plan, ledger: Ledger, expand: Any, **options: Any) -> pd.DataFrame:
        """Return the answers, opened into the columns that are asked for."""
        return frames.results_view(self._outcomes(plan, ledger), expand, **options)

    def errors(self, plan: Plan, ledger: Ledger) -> pd.DataFrame:
        """Return the rows that did not end well."""
        return frames.errors_view(self._outcomes(plan, ledger))

    def timings(self, plan: Plan, ledger: Ledger) -> pd.DataFrame:
        """Return where the time of each row went."""
        return frames.timings_view(self._outcomes(plan, ledger))

    def summary(self, plan: Plan, ledger: Ledger, elapsed_s: float) -> Any:
        """Return counts, errors by kind and times."""
        return frames.summarise(self._outcomes(plan, ledger), elapsed_s)

    def export(
        self, frame: pd.DataFrame, path: str | os.PathLike[str] | None, *, name: str
    ) -> Path:
        """Write a frame into a file and return its path."""
        return frames.export_frame(frame, path, name=name)

    def attempts(self, attempts: Sequence[Attempt], epoch: float) -> pd.DataFrame:
        """Return one row per attempt of one item."""
        return frames.attempts_frame(attempts, epoch)

    def attempts_table(self, plan: Plan, ledger: Ledger) -> pd.DataFrame:
        """Return one row per attempt of all items."""
        table = frames.all_attempts(plan, ledger)
        # Beside a frame of another run they would be taken for those of its rows.
        table.attrs[KEY] = {"run": self._about.get("run")}
        return table

    def position_of(self, plan: Plan, label: Any) -> int:
        """Return the position of the row that is called so."""
        return frames.position_of(plan, label)

    def to_arrow(self, frame: pd.DataFrame) -> pa.Table:
        """Return a frame as a table of Arrow's."""
        return frames.to_arrow(frame)

    def to_polars(self, frame: pd.DataFrame) -> Any:
        """Return a frame as a DataFrame of polars."""
        return frames.to_polars(frame)

    def arrow_backed(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a frame with Arrow's dtypes."""
        return frames.arrow_backed(frame)
