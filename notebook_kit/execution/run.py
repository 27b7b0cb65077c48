"""A batch under way: started at once, awaited, shown, steered, asked for its frame."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from notebook_kit.checks import whole_number
from notebook_kit.errors import ConfigurationError
from notebook_kit.execution.completed import Completed
from notebook_kit.execution.engine import Engine
from notebook_kit.execution.waiter import Waiter
from notebook_kit.execution.waiting import INTERRUPTS
from notebook_kit.policies import parse_rates, seconds
from notebook_kit.scheduling import Outcome, Plan, RunState, Snapshot, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Hashable

    import pandas as pd

    from notebook_kit.execution.options import RunOptions
    from notebook_kit.execution.protocols import Frames, Journal, Presenter, Work
    from notebook_kit.policies import Duration, RateLike

__all__ = ["Run"]

logger = logging.getLogger("notebook_kit.execution")

#: What people ask a run for when they forgot to await it.
_OF_FRAMES = frozenset(
    {"columns", "describe", "groupby", "head", "iloc", "index", "join", "loc", "shape", "tail"}
)


class Run:
    """A batch under way, made by `notebook_kit.map` or `Client.map`.

    Await it, or call `result`, for its DataFrame; every row of the input is in it, in order. All of
    its methods can be called from any thread.

    Attributes:
        options: the checked options.
    """

    # Named, so that a typo in `run.max_concurrency = 5` is an error.
    __slots__ = (
        "__weakref__",
        "_again",
        "_engine",
        "_frames",
        "_presenter",
        "_waiter",
        "options",
        "waited_for",
    )

    def __init__(
        self,
        plan: Plan,
        work: Work,
        options: RunOptions,
        *,
        frames: Frames,
        presenter: Presenter,
        again: Callable[[list[int], RunOptions], Run],
        journal: Journal | None = None,
        identify: Callable[[Any], Hashable] = id,
    ) -> None:
        self.options = options
        self._engine = Engine(plan, work, options, journal, identify=identify)
        self._frames = frames
        self._presenter = presenter
        self._again = again
        self._waiter = Waiter(self, self._engine)
        #: Whether anybody has asked for its end.
        self.waited_for = False

    def start(self) -> None:
        """Start, and show it; called once, by who made the run."""
        try:
            self._engine.start()
            self._waiter.view = self._presenter.show(self)
        except INTERRUPTS as interrupt:
            # The caller never gets the run, so nobody else can end it.
            self._waiter.interrupted(interrupt)
            raise

    # Waiting

    def __await__(self) -> Generator[Any, None, pd.DataFrame]:
        return self._awaited().__await__()

    async def _awaited(self) -> pd.DataFrame:
        self._refuse_if_lost()
        await self._waiter.wait_async()
        return self.frame

    def result(self, timeout: Duration | None = None) -> pd.DataFrame:
        """Wait until the run has ended, without `await`, and return its DataFrame.

        Args:
            timeout: how long to wait at most, a duration; the run goes on after that.

        Raises:
            TimeoutError: when it takes longer.
            WouldDeadlock: when called from a loop that the run needs, or that has stopped.
            BatchFailed: when its errors stopped the run, or the input broke.
            BudgetExceeded: when it was stopped at ``max_cost``.
        """
        self._refuse_if_lost()
        limit = None if timeout is None else seconds(timeout, name="timeout", zero=True)
        self._waiter.wait_sync(limit)
        return self.frame

    def as_completed(self) -> Completed:
        """Return the outcomes one by one as items end, for ``async for`` or ``for``.

        Items that have ended already come first, those that never started last. Leaving the loop
        lets the run go on; an interrupt while it waits cancels the run, as with `await`.

        Raises:
            BatchError: at the end, where `await` would raise it.
        """
        self._refuse_if_lost()
        watcher = Completed(self._engine, self._waiter)
        self._engine.watch(watcher)
        return watcher

    def _refuse_if_lost(self) -> None:
        self.waited_for = True
        self._waiter.refuse_if_lost()

    # Steering

    def pause(self) -> None:
        """Start nothing more until `resume`; what is in flight goes on."""
        self._engine.paused = True

    def resume(self) -> None:
        """Go on after `pause`."""
        self._engine.paused = False

    def cancel(self, *, drain: bool = False) -> None:
        """End the run: nothing more is started, and what has not ended is cancelled.

        Finished rows stay; awaiting the run then gives the whole frame.

        Args:
            drain: let calls in flight come to their end, instead of cutting them now.
        """
        self._engine.cancel(drain=drain)

    @property
    def max_concurrency(self) -> int:
        """How many attempts may be under way at once; set it while the run is live."""
        return self._engine.max_concurrency

    @max_concurrency.setter
    def max_concurrency(self, value: int) -> None:
        self._engine.max_concurrency = whole_number(value, name="max_concurrency")

    @property
    def rate(self) -> str | None:
        """The run's own limits in words, or None; set what the ``rate`` option takes.

        The limits of its client hold beside them.
        """
        return " and ".join(map(str, self._engine.rates)) or None

    @rate.setter
    def rate(self, value: RateLike) -> None:
        # What is read here can be set again.
        parts = value.split(" and ") if isinstance(value, str) else value
        self._engine.rates = parse_rates(parts)

    def retry_failed(self) -> Run:
        """Start a new run over the rows that did not end well and return it.

        Raises:
            ConfigurationError: while this run is live, or when there is no such row.
        """
        if not self.done:
            message = "The run is still live: wait for it or cancel it before retry_failed()."
            raise ConfigurationError(message)
        statuses = self._engine.ledger.status
        positions = [at for at, code in enumerate(statuses) if code != Status.OK]
        if not positions:
            message = "No row failed, so there is nothing to retry."
            raise ConfigurationError(message)
        options = replace(
            self.options, max_concurrency=self._engine.wanted_concurrency, rates=self._engine.rates
        )
        return self._again(positions, options)

    def add_done_callback(self, callback: Callable[[Run], object]) -> None:
        """Have the function called with the run when it has ended, in whatever thread."""

        def call(_: object) -> None:
            try:
                callback(self)
            except BaseException as error:
                logger.warning("A done callback of a run raised.", exc_info=error)

        self._engine.completed.add_done_callback(call)

    def notice(self, text: str) -> None:
        """Show the user a line of text beside the run."""
        self._engine.notice(text)

    # What is so

    @property
    def done(self) -> bool:
        """Whether the run has ended."""
        return self._engine.completed.done()

    @property
    def state(self) -> RunState:
        """Where the run stands."""
        return self._engine.state

    @property
    def abandoned(self) -> int:
        """Calls that were given up while they ran on: in a thread, or deaf to cancellation."""
        return self._engine.abandoned

    def snapshot(self) -> Snapshot:
        """Return the numbers of this moment."""
        return self._engine.snapshot()

    def outcome(self, position: int) -> Outcome:
        """Return what became of the item at a position of the input, from 0.

        Raises:
            IndexError: when no item has come at that position.
        """
        if not 0 <= position < len(self):
            message = f"There is no item at position {position!r}: {len(self):,} have come so far."
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
        elapsed_s = self.snapshot().elapsed_s
        return self._frames.summary(self._engine.plan, self._engine.ledger, elapsed_s)

    def __len__(self) -> int:
        return len(self._engine.ledger)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        snapshot = self.snapshot()
        total = "?" if snapshot.total is None else f"{snapshot.total:,}"
        name = f" {snapshot.name}" if snapshot.name else ""
        finished = snapshot.done - snapshot.cancelled
        return (
            f"<Run{name}: {snapshot.state}, {finished:,} of {total} done, "
            f"{snapshot.failed + snapshot.timeout:,} failed>"
        )

    def __getitem__(self, key: object) -> Any:
        advice = f"write `frame = await run` or run.frame[{key!r}]"
        if isinstance(key, int):
            # What a `for` asks for first; only then is a number the natural key.
            advice = f"{advice}; to go through outcomes as they end, run.as_completed()"
        message = f"A run is not its frame: {advice}."
        raise TypeError(message)

    def __getattr__(self, name: str) -> Any:
        advice = f"; await it, or use run.frame.{name}" if name in _OF_FRAMES else ""
        message = f"A run has no attribute {name!r}{advice}."
        raise AttributeError(message)

    def _ipython_display_(self) -> None:
        self._presenter.redisplay(self)
