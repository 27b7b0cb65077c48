"""A batch under way: started at once, awaited, shown, steered, asked for its frame."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from notebook_kit.errors.brevity import brief
from notebook_kit.execution.completed import Completed
from notebook_kit.execution.engine import Engine
from notebook_kit.execution.looking import Looking
from notebook_kit.execution.steered import Steered
from notebook_kit.execution.waiter import Waiter
from notebook_kit.execution.waiting import INTERRUPTS
from notebook_kit.lifetime import caller_origin
from notebook_kit.markup import visible
from notebook_kit.policies import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Hashable

    import pandas as pd

    from notebook_kit.execution.options import RunOptions
    from notebook_kit.execution.protocols import Frames, Journal, Presenter, Work
    from notebook_kit.policies import Duration
    from notebook_kit.scheduling import Plan, RunState, Snapshot

__all__ = ["Run"]

logger = logging.getLogger("notebook_kit.execution")

#: What people ask a run for when they forgot to await it.
_OF_FRAMES = frozenset(
    {"columns", "describe", "groupby", "head", "iloc", "index", "join", "loc", "shape", "tail"}
)


class Run(Looking, Steered):
    """A batch under way, made by `notebook_kit.map` or `Client.map`.

    Await it, or call `result`, for its DataFrame; every row of the input is in it, in order. Where
    it has a pilot, that is so when the pilot is done: the frame is as `frame` gives it then, and
    the run stands until `go` or `cancel`. All of its methods can be called from any thread.

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
        with brief:
            self._refuse_if_lost()
            await self._waiter.wait_async()
            return self.frame

    def result(self, timeout: Duration | None = None) -> pd.DataFrame:
        """Wait until the run has ended, or its pilot, without `await`, and return its DataFrame.

        Args:
            timeout: how long to wait at most, a duration; the run goes on after that.

        Raises:
            TimeoutError: when it takes longer.
            WouldDeadlock: when called from a loop that the run needs, or that has stopped.
            BatchFailed: when its errors stopped the run, or the input broke.
            BudgetExceeded: when it was stopped at ``max_cost``.
        """
        with brief:
            self._refuse_if_lost()
            limit = None if timeout is None else seconds(timeout, name="timeout", zero=True)
            self._waiter.wait_sync(limit)
            return self.frame

    def as_completed(self) -> Completed:
        """Return the outcomes one by one as items end, for ``async for`` or ``for``.

        Items that have ended already come first, those that never started last; one that is tried
        once more by `retry_failed` comes again when it ends again. Leaving the loop lets the run go
        on; an interrupt while it waits cancels the run, as with `await`. It goes on to the end of
        the whole run: while the run stands at its pilot nothing comes.

        Raises:
            BatchError: at the end, where `await` would raise it.
        """
        with brief:
            self._refuse_if_lost()
            watcher = Completed(self._engine, self._waiter)
            self._engine.watch(watcher)
            return watcher

    def _refuse_if_lost(self) -> None:
        self.waited_for = True
        self._waiter.origin = caller_origin()
        self._waiter.refuse_if_lost()

    def add_done_callback(self, callback: Callable[[Run], object]) -> None:
        """Have the function called with the run when it has ended, in whatever thread."""

        def call(_: object) -> None:
            try:
                callback(self)
            except BaseException as error:
                logger.warning("A done callback of a run raised.", exc_info=error)

        self._engine.completed.add_done_callback(call)

    def notice(self, text: str, *, warns: bool = False) -> None:
        """Show the user a line of text beside the run, as one that warns of a loss or not.

        A warning is a `RuntimeWarning` too where nothing shows the run.
        """
        self._engine.notice(text, warns=warns)

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

    def __len__(self) -> int:
        return len(self._engine.ledger)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        snapshot = self.snapshot()
        total = "?" if snapshot.total is None else f"{snapshot.total:,}"
        name = f" {visible(snapshot.name)}" if snapshot.name else ""
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
