"""The accessor ``calls``: what the frame of a run can be asked, wherever it has been since."""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

from notebook_kit.errors.brevity import brief
from notebook_kit.frames.calls.attempts import check_attempts
from notebook_kit.frames.calls.elapsed import elapsed_of
from notebook_kit.frames.calls.exactly import exactly
from notebook_kit.frames.calls.kinds import kinds_of_failure
from notebook_kit.frames.calls.merging import merged
from notebook_kit.frames.calls.restored import (
    columns_of,
    missing_text,
    require,
    restored,
)
from notebook_kit.frames.calls.retrying import UNANSWERED, retry_words, send_again
from notebook_kit.frames.summary import summarise
from notebook_kit.frames.usage import usage_of
from notebook_kit.frames.views import results_view

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import pandas as pd

    from notebook_kit.frames.summary import Summary
    from notebook_kit.frames.usage import Prices, Usage

__all__ = ["Calls"]

#: What tells the frame of a run from other tables.
_MARKS: Final = ("status", "attempts")
_OF_KINDS: Final = ("status", "status_code", "error_type", "error")
_OF_TIMES: Final = ("started", "status", "attempts", "network_s")
_P = ParamSpec("_P")
_T = TypeVar("_T")


def _told(method: Callable[_P, _T]) -> Callable[_P, _T]:
    """Return a method whose errors show the user's line and the message alone."""

    @functools.wraps(method)
    def short(*args: _P.args, **options: _P.kwargs) -> _T:
        with brief:
            return method(*args, **options)

    return short


class Calls:
    """What became of the calls in a frame, as ``frame.calls``.

    The frame may come from a file or have been cut: what a method needs is brought into the dtypes
    that a run gives, in a copy. Nothing changes the frame.

    Args:
        frame: of a run.

    Raises:
        AttributeError: when the frame has not the columns of one.

    >>> import pandas as pd
    >>> frame = pd.DataFrame({"status": ["ok", "failed"], "attempts": [1, 3]})
    >>> Calls(frame)
    <calls of 2 rows: 1 ok, 1 failed>
    >>> Calls(frame).failed().index.tolist()
    [1]
    """

    __slots__ = ("_frame",)

    def __init__(self, frame: pd.DataFrame) -> None:
        message = missing_text(frame, _MARKS, of="frame.calls")
        if message is not None:
            raise AttributeError(message)
        self._frame = frame

    def __repr__(self) -> str:
        counts = self._status().value_counts()
        parts = ", ".join(f"{number:,} {status}" for status, number in counts.items() if number)
        rows = f"{len(self._frame):,} row{'' if len(self._frame) == 1 else 's'}"
        return f"<calls of {rows}: {parts}>" if parts else f"<calls of {rows}>"

    # What became of them

    @_told
    def summary(self) -> Summary:
        """Return counts, errors by kind and times in a few lines.

        The seconds that the run took are those kept with the frame, or else those from the first
        start to the last end in it.

        Raises:
            ConfigurationError: naming columns that are not there.
        """
        frame = self._with(*_OF_KINDS, "source", "attempts", "network_s", of="summary")
        return summarise(frame, elapsed_of(frame))

    @_told
    def errors(self) -> pd.DataFrame:
        """Return one row per kind of failure, the most frequent first.

        Columns: ``error_type``, ``status_code``, ``count``, ``share`` of all rows from 0 to 1,
        ``example``, the text of the first one, and ``what_to_do``, where there is advice.

        Raises:
            ConfigurationError: naming columns that are not there.
        """
        frame = self._with(*_OF_KINDS, of="errors")
        return kinds_of_failure(frame, again=retry_words(self._frame))

    @_told
    def failed(self) -> pd.DataFrame:
        """Return the rows that failed or timed out, with all their columns."""
        status = self._status()
        return self._frame.loc[status.isin(["failed", "timeout"]).to_numpy()]

    @_told
    def usage(
        self,
        prices: Prices | None = None,
        *,
        read: Callable[[Any], Any] | None = None,
        model: str | None = None,
        reused: bool = False,
        estimate: bool = False,
    ) -> Usage:
        """Return the tokens that the answers say were used, and what they cost.

        Known are answers of OpenAI (both APIs), Anthropic, Gemini, Ollama and what is shaped like
        them: dictionaries, JSON text, objects with attributes, responses.

        Args:
            prices: of a million tokens, as ``{"model": (input, output)}`` or one such pair for
                all; a third number is the price of input read from a cache, a fourth that of input
                written to one. Or a function of `Tokens` that returns money.
            read: finds in an answer what says the tokens, where it is elsewhere; a number is their
                total.
            model: the name of the model where answers do not say it.
            reused: also counts answers that cost nothing in this run: from a cache, a checkpoint or
                an equal row.
            estimate: also estimates what attempts without a usable answer have used: as much input
                as their row, or as the middle one of all rows, and no output.

        Raises:
            ConfigurationError: for prices that are none, naming columns that are not there.
        """
        frame = self._with("result", "status", "source", "attempts", of="usage")
        return usage_of(frame, prices, read=read, model=model, reused=reused, estimate=estimate)

    @_told
    def expand(self, *args: Any, **options: Any) -> pd.DataFrame:
        """Return the answers opened into columns; see `notebook_kit.frames.opening.expand`.

        Answers that are JSON text, as files have them, are read first.
        """
        return results_view(self._with("result", "status", of="expand"), *args, **options)

    @_told
    def export(self, path: str | os.PathLike[str] | None = None, *, name: str = "run") -> Path:
        """Write the frame into a file and return its path; see `notebook_kit.frames.export_frame`.

        Args:
            path: where to; None for a CSV in the working folder, called by name, date and time.
            name: what the work is called.

        Raises:
            ConfigurationError: for an ending of the name that is not known, a library that is
                missing, or more rows than Excel takes.
            StorageError: when the file cannot be written there.
        """
        written: Path = _room("exports").export_frame(self._frame, path, name=name)
        return written

    # Sent again

    @_told
    def retry(
        self,
        sender: Any = None,
        *,
        path: str | None = None,
        method: str | None = None,
        items: Any = None,
        statuses: Iterable[str] = UNANSWERED,
        **options: Any,
    ) -> Any:
        """Send the rows without an answer again; return what `map` of the sender returns.

        That is a `Run`, or a frame where the sender is a client in a ``with`` block. Its rows have
        the labels that they have here: ``frame.calls.merge(await run)`` puts the answers in. Where
        there is no such row, the run has none, and nothing is sent.

        Args:
            sender: a client, or the function that the rows were mapped with.
            path: of a client's call, where the frame does not know it any more.
            method: the same; GET if nobody knows.
            items: what the frame was made of, row by row, where it has no column ``item`` and its
                own columns are not the ones that the call is made of. A table, a column or a
                mapping is asked by its labels, where they say which row is meant; or else the frame
                must stand as its run gave it.
            statuses: which rows, by how they ended; ``"pending"`` are those of a frame that was
                saved while its run went on.
            **options: of the map, as ``json=`` and ``rate=``; none is kept with a frame.

        Raises:
            ConfigurationError: when the call is not known, or what its rows were made of.
        """
        frame = exactly(self._frame, of="frame.calls.retry" if items is None else None)
        return send_again(
            frame,
            sender,
            path=path,
            method=method,
            items=items,
            statuses=statuses,
            options=options,
        )

    @_told
    def merge(self, newer: Any) -> pd.DataFrame:
        """Return the frame with what a later run brought for some of its rows.

        A row of the newer frame takes the place of the one with its label; where labels occur
        twice, those of the rows without an answer, which must stand as when they were sent. Rows
        that are called 0, 1, 2, ... and were made of other items than the ones of these labels are
        refused. All that a run says of a row is replaced, other columns stay. An answer is never
        replaced by a failure, and what was not tried again stays as it was. ``attempts`` are those
        of both.

        Args:
            newer: a frame, or a run whose frame is taken as it is now.

        Raises:
            ConfigurationError: when the rows cannot be told, or columns are not there.
        """
        return merged(exactly(self._frame), newer)

    # Charts

    @_told
    def timeline(self, attempts: pd.DataFrame | None = None, **options: Any) -> Any:
        """Return a chart of the attempts and waits over time; see `notebook_kit.frames.charts`."""
        return self._chart("timeline", attempts, options)

    @_told
    def latency(self, attempts: pd.DataFrame | None = None, **options: Any) -> Any:
        """Return a chart of how long calls took; see `notebook_kit.frames.charts`."""
        return self._chart("latency", attempts, options)

    @_told
    def throughput(self, attempts: pd.DataFrame | None = None, **options: Any) -> Any:
        """Return a chart of the calls a second over time; see `notebook_kit.frames.charts`."""
        return self._chart("throughput", attempts, options)

    @_told
    def failures(self, attempts: pd.DataFrame | None = None, **options: Any) -> Any:
        """Return a chart of the failures over time; see `notebook_kit.frames.charts`."""
        return self._chart("failures", attempts, options)

    @_told
    def concurrency(self, attempts: pd.DataFrame | None = None, **options: Any) -> Any:
        """Return a chart of concurrency against pace; see `notebook_kit.frames.charts`."""
        return self._chart("concurrency", attempts, options)

    def _chart(self, name: str, attempts: pd.DataFrame | None, options: dict[str, Any]) -> Any:
        frame = self._with(*_OF_TIMES, of=name)
        check_attempts(self._frame, attempts)
        return getattr(_room("charts"), name)(frame, attempts, **options)

    def _status(self) -> pd.Series[Any]:
        return self._frame[columns_of(self._frame)["status"]].astype(object)

    def _with(self, *columns: str, of: str) -> pd.DataFrame:
        require(self._frame, columns, of=f"frame.calls.{of}")
        return restored(self._frame)


def _room(name: str) -> Any:
    """Return a part of this room that is loaded when it is first used."""
    return importlib.import_module(f"notebook_kit.frames.{name}")
