"""What a run needs of the rooms that do the work, make the DataFrames and show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    import asyncio
    import os
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    import pyarrow as pa

    from notebook_kit.execution.inspection import Inspection
    from notebook_kit.execution.run import Run
    from notebook_kit.policies import Failure, Limits, Server
    from notebook_kit.scheduling import Answer, KnownEnds, Ledger, Plan, Rescued
    from notebook_kit.scheduling.attempts import Attempt

__all__ = [
    "Frames",
    "Journal",
    "Presenter",
    "Progress",
    "Resourceful",
    "View",
    "Work",
    "resources_of",
]


class Work(Protocol):
    """What is done with one item, and where."""

    @property
    def safe(self) -> bool:
        """Whether repeating an attempt does no harm."""
        ...

    @property
    def limits(self) -> Limits:
        """Limits that hold beside the run's own, shared with other runs."""
        ...

    @property
    def servers(self) -> Callable[[Any], Server] | None:
        """Find the server that an item goes to, shared by all who call it; None: nobody knows."""
        ...

    @property
    def several_servers(self) -> bool:
        """Whether the items may go to different ones."""
        ...

    @property
    def tells_sent(self) -> bool:
        """Whether it says when an attempt really leaves, which is later than it was started."""
        ...

    def when_sent(self, tell: Callable[..., None]) -> None:
        """Have a function called when an attempt leaves, in its task or given it; called once."""
        ...

    @property
    def on_io_loop(self) -> bool:
        """Whether it runs on the kit's own loop rather than the caller's."""
        ...

    @property
    def most_at_once(self) -> int | None:
        """The highest concurrency that makes sense, or None."""
        ...

    @property
    def home(self) -> asyncio.AbstractEventLoop | None:
        """The loop of who asked for the work, or None."""
        ...

    @property
    def needs_home(self) -> bool:
        """Whether that loop has to run for the work to go on."""
        ...

    @property
    def abandoned(self) -> int:
        """Calls that were given up while they ran on in a thread."""
        ...

    def perform(self, item: Any) -> Awaitable[Any]:
        """Do one attempt; a plain value, or an `Answer` where there is more to say."""
        ...

    @property
    def by_position(self) -> bool:
        """Whether `perform_at` is to be called, and not `perform`."""
        ...

    def perform_at(self, numbered: tuple[int, Any]) -> Awaitable[Any]:
        """Do one attempt of an item, given its position in the first input too."""
        ...

    def part(self, item: Any) -> Any:
        """Return what of an item the call is made of: equal parts make equal calls."""
        ...

    def describe(self) -> Mapping[str, Any]:
        """Return what the answers depend on, by name, without credentials; for checkpoints."""
        ...

    def close(self) -> None:
        """Let go of what the work holds; the run has ended."""
        ...


class Resourceful(Protocol):
    """Work that may know answers without an attempt, or give something else when one fails."""

    @property
    def remembers(self) -> bool:
        """Whether answers may be known."""
        ...

    def known(self, item: Any) -> Answer | None:
        """Return the answer to an item if it is known already; called on the run's loop."""
        ...

    @property
    def rescues(self) -> bool:
        """Whether something else may be given for an item that failed."""
        ...

    def may_rescue(self, failure: Failure) -> bool:
        """Tell whether something else can be tried after this failure."""
        ...

    def rescue(self, item: Any, failure: Failure, limit_s: float) -> Awaitable[Rescued]:
        """Give something else for an item, within so many seconds if that means a request."""
        ...


def resources_of(work: Work) -> Resourceful | None:
    """Return the work as one that may know answers or give something else; None if it is not."""
    # Work may be wrapped in what hands on any attribute, which a check of a protocol overlooks.
    return cast("Resourceful", work) if hasattr(work, "may_rescue") else None


class Progress(Protocol):
    """Hears how far a journal is; called in whatever thread writes."""

    def __call__(self, count: int, *, behind: bool, fails: bool = False) -> None:
        """So many ends are on disk or given up; others are late, or the last try was in vain."""
        ...


class Journal(Protocol):
    """Keeps what was settled, so that a later run need not do it again.

    Attributes:
        record: takes the position of an item that has ended and returns at once; on the run's loop.
    """

    record: Callable[[int], None]

    @property
    def durable(self) -> bool:
        """Whether each end has to be on disk before others begin."""
        ...

    def begin(self, ledger: Ledger, progress: Progress | None = None) -> None:
        """Take in where outcomes are written down; called once, before anything else."""
        ...

    def known(self) -> Iterator[KnownEnds]:
        """Go through what is kept for the items of a known input, many at a time."""
        ...

    def lookup(self, position: int) -> Answer | Failure | None:
        """Return the answer or the failure that is kept for an item that has come, or None."""
        ...

    def all_looked_up(self) -> None:
        """No more items come."""
        ...

    def record_seen(self, position: int) -> None:
        """Keep an end of which code of the user's is told next, which may change the answer."""
        ...

    def end(self, state: str, total: int) -> bool:
        """Write what is not written yet without being waited for; tell whether that goes on."""
        ...

    def close(self, state: str | None = None, total: int = 0) -> None:
        """Write what is not written yet; called once, when the run has ended."""
        ...


class Frames(Protocol):
    """Turns a ledger into DataFrames."""

    def frame(self, plan: Plan, ledger: Ledger) -> pd.DataFrame:
        """One row per item."""
        ...

    def joined(
        self, plan: Plan, ledger: Ledger, expand: Any = None, **options: Any
    ) -> pd.DataFrame:
        """The input with that beside it, the answers opened if it is said how."""
        ...

    def results(self, plan: Plan, ledger: Ledger) -> pd.DataFrame:
        """The answers, opened into columns."""
        ...

    def expand(self, plan: Plan, ledger: Ledger, expand: Any, **options: Any) -> pd.DataFrame:
        """The answers, opened into the columns that are asked for."""
        ...

    def errors(self, plan: Plan, ledger: Ledger) -> pd.DataFrame:
        """The rows that did not end well."""
        ...

    def timings(self, plan: Plan, ledger: Ledger) -> pd.DataFrame:
        """Where the time of each row went."""
        ...

    def summary(self, plan: Plan, ledger: Ledger, elapsed_s: float) -> Any:
        """Counts, errors by kind and times."""
        ...

    def export(
        self, frame: pd.DataFrame, path: str | os.PathLike[str] | None, *, name: str
    ) -> Path:
        """Write a frame into a file and return its path."""
        ...

    def attempts(self, attempts: Sequence[Attempt], epoch: float) -> pd.DataFrame:
        """One row per attempt of one item; ``epoch`` is added to their times."""
        ...

    def attempts_table(self, plan: Plan, ledger: Ledger) -> pd.DataFrame:
        """One row per attempt of all items."""
        ...

    def to_arrow(self, frame: pd.DataFrame) -> pa.Table:
        """Return a frame as a table of Arrow's."""
        ...

    def to_polars(self, frame: pd.DataFrame) -> Any:
        """Return a frame as a DataFrame of polars."""
        ...

    def arrow_backed(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a frame with Arrow's dtypes."""
        ...

    def position_of(self, plan: Plan, label: Any) -> int:
        """Return the position of the row that is called so."""
        ...


class View(Protocol):
    """Something that shows one run."""

    #: Whether the user sees there what the run has to say.
    shows_notices: bool

    def tick(self, *, blocking: bool = False) -> None:
        """Called about ten times a second in the context of a caller who waits.

        ``blocking`` says that nothing else happens in the caller's thread meanwhile.
        """
        ...

    def finish_in_caller(self) -> None:
        """Called once a waiting caller has the result, in the caller's context."""
        ...


class Presenter(Protocol):
    """Shows runs."""

    def show(self, run: Run) -> View | None:
        """Show a run that has just started, in the context that started it."""
        ...

    def redisplay(self, run: Run) -> None:
        """Show a run once more, here."""
        ...

    def inspect(self, inspection: Inspection) -> None:
        """Show one item of a run, here."""
        ...

    def inspection_text(self, inspection: Inspection) -> str:
        """Return one item of a run as text."""
        ...
