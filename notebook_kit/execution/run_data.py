"""What a run has brought: one outcome, frames of all of them, a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from notebook_kit.errors import ConfigurationError
from notebook_kit.errors.brevity import brief

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import pandas as pd
    import pyarrow as pa

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
        """One row per input, in input order; rows that have not ended are ``pending``."""
        return self._frames.frame(self._engine.plan, self._engine.ledger)

    def joined(
        self,
        expand: bool | int | Iterable[str] | Mapping[str, str] | None = None,  # noqa: FBT001 - the first thing to say
        *,
        lists: Literal["keep", "explode"] = "keep",
        explode: str | None = None,
        schema: Any = None,
        errors: Literal["row", "raise"] = "row",
    ) -> pd.DataFrame:
        """Return the input, a DataFrame, with the columns of the frame beside it, by position.

        A column of the frame whose name the input has gets the suffix ``_call``: ``status_call``.
        With any argument the answers are opened in the place of ``result``, all rows staying, those
        without an answer with missing values; an opened column whose name is taken gets the suffix
        ``_answer``.

        Args:
            expand: what of the answers is opened, as for `expand`; None leaves them closed.
            lists: as there; the input is repeated beside each member.
            explode: as there.
            schema: as there.
            errors: as there.

        Raises:
            ConfigurationError: when the input was no DataFrame, and as `expand` does.
            DecodeError: as `expand` does.
        """
        plan, ledger = self._engine.plan, self._engine.ledger
        is_asked = explode is not None or schema is not None or lists != "keep"
        with brief:
            if expand is None and not is_asked:
                return self._frames.joined(plan, ledger)
            how = True if expand is None else expand
            return self._frames.joined(
                plan, ledger, how, lists=lists, explode=explode, schema=schema, errors=errors
            )

    @property
    def results(self) -> pd.DataFrame:
        """The answers, opened into columns: `expand` without arguments."""
        with brief:
            return self._frames.results(self._engine.plan, self._engine.ledger)

    def expand(
        self,
        expand: bool | int | Iterable[str] | Mapping[str, str] = True,  # noqa: FBT001, FBT002 - the first thing to say
        *,
        lists: Literal["keep", "explode"] = "keep",
        explode: str | None = None,
        schema: Any = None,
        errors: Literal["row", "raise"] = "row",
    ) -> pd.DataFrame:
        """Return the answers, opened into columns; rows without an answer are left out.

        Args:
            expand: True for one level of dictionaries, or so many levels (``owner.name``), or the
                paths that become columns, such as ``["city", "runways[0].length_ft"]``; a mapping
                gives them names.
            lists: ``"explode"`` makes a row of each member of the one list that there is.
            explode: the path of the list, where there are several.
            schema: a dataclass, a TypedDict or a model of pydantic that the answers are read as;
                the columns have the dtypes of its fields, however many rows there are.
            errors: with ``"row"``, an answer that is not as the schema says is a row of missing
                values, and a column ``schema_error`` says what was wrong; ``"raise"`` raises.

        Raises:
            ConfigurationError: for a path that no answer has, and what does not go together.
            DecodeError: for an answer that is not as the schema says, if ``errors="raise"``.
        """
        plan, ledger = self._engine.plan, self._engine.ledger
        with brief:
            return self._frames.expand(
                plan, ledger, expand, lists=lists, explode=explode, schema=schema, errors=errors
            )

    @property
    def errors(self) -> pd.DataFrame:
        """Only the rows that did not end well."""
        return self._frames.errors(self._engine.plan, self._engine.ledger)

    @property
    def timings(self) -> pd.DataFrame:
        """Where the time of each row went, in seconds."""
        return self._frames.timings(self._engine.plan, self._engine.ledger)

    @property
    def attempts(self) -> pd.DataFrame:
        """One row per attempt that has ended, in the order of their starts.

        Which item and which of its tries, when, what it waited for, what came of it.
        """
        return self._frames.attempts_table(self._engine.plan, self._engine.ledger)

    def summary(self) -> Any:
        """Return counts, errors by kind and times in a few lines."""
        elapsed_s = self._engine.snapshot().elapsed_s
        return self._frames.summary(self._engine.plan, self._engine.ledger, elapsed_s)

    def frame_as(self, dtype_backend: Literal["pyarrow"]) -> pd.DataFrame:
        """Return the frame with the dtypes of a backend of pandas', which is ``"pyarrow"``.

        Columns of objects, as ``result``, and of categories stay as they are.

        Raises:
            ConfigurationError: for any other backend, or when pyarrow is not installed.
        """
        if dtype_backend != "pyarrow":
            message = f"dtype_backend={dtype_backend!r} must be 'pyarrow'; run.frame has numpy's."
            raise ConfigurationError(message)
        return self._frames.arrow_backed(self.frame)

    def to_arrow(self) -> pa.Table:
        """Return the frame as a table of Arrow's, as a ``.parquet`` of it would hold it.

        Answers are text, those that are no text as JSON: whatever they are, the schema is the same.

        Raises:
            ConfigurationError: when pyarrow is not installed.
        """
        return self._frames.to_arrow(self.frame)

    def to_polars(self) -> Any:
        """Return the frame as a DataFrame of polars, labels first unless they are 0, 1, 2, ...

        Answers are text, as in `to_arrow`.

        Raises:
            ConfigurationError: when polars or pyarrow is not installed.
        """
        return self._frames.to_polars(self.frame)

    def export(self, path: str | os.PathLike[str] | None = None) -> Path:
        """Write the frame, as it is now, into a file and return its path.

        Args:
            path: its ending says how: ``.parquet``, ``.feather`` or ``.arrow``, which
                `notebook_kit.read_frame` gives back as they were; ``.csv``, ``.jsonl`` or
                ``.xlsx``. A file of that name is replaced. The run's name and the time, as CSV in
                the working folder, if not said.

        Raises:
            ConfigurationError: for any other ending, a library that is missing, or more rows than
                Excel takes.
            StorageError: when the file cannot be written there.
        """
        return self._frames.export(self.frame, path, name=self._engine.plan.name)
