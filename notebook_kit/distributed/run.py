"""A run on a cluster: awaited or waited for, cancelled, asked for its frame."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from notebook_kit import frames
from notebook_kit.distributed.answer import (
    cancelled_rows,
    failed_rows,
    failures,
    join,
    not_ok,
    pending_rows,
    unsent,
)
from notebook_kit.distributed.library import any_size, event
from notebook_kit.distributed.worker import run_shard, told
from notebook_kit.errors import BatchFailed, ConfigurationError
from notebook_kit.execution import Future, wait_async, wait_sync
from notebook_kit.markup import visible
from notebook_kit.numbers import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    import pandas as pd

    from notebook_kit.distributed.answer import Answer
    from notebook_kit.scheduling import Plan

__all__ = ["DistributedRun"]

#: Seconds that the workers have to answer a cancelled run before it ends without them.
_GRACE_S: Final = 5.0
_KEPT: Final = "What was done is in .run.frame of this error, and in distributed.last_run().frame."


class DistributedRun:
    """A run on a Dask cluster, made by `notebook_kit.distributed.map` or `map_calls`.

    Await it, or call `result`, for its DataFrame; every row of the input is in it, in order, with
    the columns of a run on this machine. Its rows come shard by shard. It shows no panel: its repr
    says where it stands.

    Attributes:
        notices: what the user should know, from the shards that are back, each thing once.
    """

    def __init__(
        self,
        plan: Plan,
        shards: Sequence[range],
        scheduler: Any,
        *,
        again: Callable[[list[int]], DistributedRun],
        max_errors: int | None = None,
    ) -> None:
        self.notices: list[str] = []
        self._plan = plan
        self._shards = shards
        self._scheduler = scheduler
        self._again = again
        self._max_errors = max_errors
        self._name = f"notebook_kit-{uuid4().hex}"
        self._futures: list[Any] = []
        self._pieces: list[pd.DataFrame | None] = [None] * len(shards)
        self._completed: Future[None] = Future()
        self._all_in = asyncio.Event()
        self._cancelled = False
        #: Why the run was stopped by its errors, or None.
        self._stopped: str | None = None
        self._stopping: asyncio.Future[None] | None = None
        self._pid = os.getpid()
        self._started = time.monotonic()
        self._ended: float | None = None

    def start(self, payloads: Sequence[bytes]) -> None:
        """Hand the shards to the cluster; called once, by who made the run."""
        with any_size():
            self._futures += [
                self._scheduler.submit(
                    run_shard,
                    payload,
                    len(shard),
                    self._begun(number),
                    self._name,
                    key=f"{self._name}-{number}",
                    pure=False,
                )
                for number, (shard, payload) in enumerate(zip(self._shards, payloads, strict=True))
            ]
        self._scheduler.loop.add_callback(self._collect)

    def _begun(self, number: int) -> str:
        return f"{self._name}-begun-{number}"

    # Collecting, on the loop of Dask's client

    async def _collect(self) -> None:
        try:
            await asyncio.gather(*(self._receive(number) for number in range(len(self._shards))))
        finally:
            self._ended = time.monotonic()
            self._all_in.set()
            # The cluster lets go of the answers when nobody holds their futures.
            self._futures.clear()
            self._completed.set_result(None)

    async def _receive(self, number: int) -> None:
        try:
            answer: Answer = await self._futures[number]
            self._pieces[number] = answer.open()
        except Exception as error:  # noqa: BLE001 - whatever Dask raises is the error of these rows
            if not self._ends_early:
                self._pieces[number] = failed_rows(len(self._shards[number]), told(error))
        else:
            self._hear(answer)
            await self._clear(self._begun(number))

    def _hear(self, answer: Answer) -> None:
        """Take note of what a shard says, and stop the others if there are reasons to."""
        self.notices += [notice for notice in answer.notices if notice not in self.notices]
        reason = answer.stopped
        if reason is None and self._max_errors is not None:
            failed = sum(failures(piece) for piece in self._pieces if piece is not None)
            if failed > self._max_errors:
                reason = f"{plural(failed, 'item')} failed, and max_errors={self._max_errors}."
        if reason is None or self._ends_early:
            return
        self._stopped = reason
        if any(piece is None for piece in self._pieces):
            self._stopping = asyncio.ensure_future(self._stop())

    @property
    def _ends_early(self) -> bool:
        return self._cancelled or self._stopped is not None

    async def _clear(self, name: str) -> None:
        with suppress(Exception):  # a scheduler that has gone has nothing left to be cleared
            await event(name, self._scheduler).clear()

    # Waiting

    def __await__(self) -> Generator[Any, None, pd.DataFrame]:
        return self._awaited().__await__()

    async def _awaited(self) -> pd.DataFrame:
        self._refuse_if_lost()
        try:
            await wait_async(self._completed)
        except BaseException as interrupt:
            self._interrupted(interrupt)
            raise
        return self._concluded()

    def result(self, timeout: float | None = None) -> pd.DataFrame:
        """Wait until the run has ended, without `await`, and return its DataFrame.

        Args:
            timeout: seconds to wait at most; the run goes on after that.

        Raises:
            BatchFailed: when its errors stopped the run.
            TimeoutError: when it takes longer.
        """
        self._refuse_if_lost()
        try:
            wait_sync(self._completed, timeout_s=timeout)
        except TimeoutError:
            raise
        except BaseException as interrupt:
            self._interrupted(interrupt)
            raise
        return self._concluded()

    def _concluded(self) -> pd.DataFrame:
        frame = self.frame
        if self._stopped is None:
            return frame
        message = f"{self._stopped} {unsent(frame):,} items were not sent. {_KEPT}"
        raise BatchFailed(message, run=self)

    def _interrupted(self, interrupt: BaseException) -> None:
        self.cancel()
        interrupt.add_note(
            "notebook_kit: the run was cancelled; the workers send back what they have done, into "
            "nk.distributed.last_run().frame."
        )

    def _refuse_if_lost(self) -> None:
        if self._pid != os.getpid() and not self.done:
            message = (
                "This run was started before the process was forked; it goes on in the parent."
            )
            raise BatchFailed(message, run=self)

    # Steering

    def cancel(self) -> None:
        """End the run: the workers stop within a second and send back what they have done.

        Finished rows stay; awaiting the run then gives the whole frame. A worker that does not
        answer within 5 s is not waited for, and its rows are cancelled.
        """
        if self.done or self._ends_early:
            return
        self._cancelled = True
        self._scheduler.loop.add_callback(self._stop)

    async def _stop(self) -> None:
        with suppress(Exception):  # a scheduler that has gone fails the futures all the same
            await event(self._name, self._scheduler).set()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._all_in.wait(), _GRACE_S)
            if self._all_in.is_set():
                await self._clear(self._name)
            else:
                # The event stays: a worker that comes back must still find it.
                await self._scheduler.cancel(list(self._futures))

    def retry_failed(self) -> DistributedRun:
        """Start a new run over the rows that did not end well and return it.

        Raises:
            ConfigurationError: while this run is live, or when there is no such row.
        """
        if not self.done:
            message = "The run is still live: wait for it or cancel it before retry_failed()."
            raise ConfigurationError(message)
        positions = not_ok(self.frame)
        if not positions:
            message = "Every row ended well; there is nothing to retry."
            raise ConfigurationError(message)
        return self._again(positions)

    # What became of it

    @property
    def done(self) -> bool:
        """Whether the run has ended."""
        return self._completed.done()

    @property
    def frame(self) -> pd.DataFrame:
        """One row per input, in input order; rows that have not come yet are ``pending``."""
        rest = cancelled_rows if self.done else pending_rows
        pieces = [
            rest(len(shard)) if piece is None else piece
            for shard, piece in zip(self._shards, tuple(self._pieces), strict=True)
        ]
        return join(self._plan, pieces)

    def joined(self) -> pd.DataFrame:
        """Return the input, a DataFrame, with the columns of the frame beside it, by position."""
        return frames.joined(self._plan, self.frame)

    @property
    def results(self) -> pd.DataFrame:
        """The answers, opened into columns."""
        return frames.results_view(self.frame)

    @property
    def errors(self) -> pd.DataFrame:
        """Only the rows that did not end well."""
        return frames.errors_view(self.frame)

    @property
    def timings(self) -> pd.DataFrame:
        """Where the time of each row went, in seconds."""
        return frames.timings_view(self.frame)

    def summary(self) -> frames.Summary:
        """Return counts, errors by kind and times in a few lines."""
        ended = time.monotonic() if self._ended is None else self._ended
        return frames.summarise(self.frame, ended - self._started)

    def __len__(self) -> int:
        return self._plan.length or 0

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        back = [piece is not None for piece in self._pieces]
        rows = sum(len(shard) for shard, is_in in zip(self._shards, back, strict=True) if is_in)
        shards = f"{sum(back)} of {len(back)} shards back"
        came = f"{shards}, {rows:,} of {len(self):,} rows"
        return f"<DistributedRun {visible(self._plan.name)}: {self._state}, {came}>"

    @property
    def _state(self) -> str:
        if self._ends_early:
            return "cancelled" if self._cancelled else "stopped"
        return "done" if self.done else "running"
