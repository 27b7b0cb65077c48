"""The keywords that start a run, in one place: every way to start one takes these."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict

from notebook_kit.scheduling import Outcome, Snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from notebook_kit.policies import Breaker, Duration, Hedge, Order, RateLike, Retry

__all__ = ["AnyRunKeywords", "OnError", "Progress", "RunKeywords"]

#: What happens at a failed item: it becomes its row's error, the run stops, or a function is told.
OnError: TypeAlias = Literal["collect", "raise"] | Callable[[Outcome], object]
#: How a run is shown: a panel or what fits, nothing, text, or a function given snapshots.
Progress: TypeAlias = bool | Literal["text"] | Callable[[Snapshot], None]


class AnyRunKeywords(TypedDict, total=False):
    """The keywords of every way to start a run, but for ``attempt_timeout``; see `RunKeywords`.

    Keys:
        max_concurrency: attempts under way at once, or ``"auto"`` to have that number found.
        rate: ``"50/s"``, an `nk.Rate`, or a list of them that all hold.
        retry: number of further tries, or an `nk.Retry`.
        breaker: an `nk.Breaker`, or True for one as it comes: while the server keeps failing the
            run waits and tries it with one item at a time.
        hedge: True, a duration or an `nk.Hedge`: late attempts are made once more, where that is
            safe, and the first answer counts.
        item_timeout: limit of an item from leaving the input to its end, a duration; waiting for a
            limit, a breaker and other tries counts.
        batch_timeout: limit of the run, a duration; what is not done then is skipped.
        priority: the name of a column, or a function of the item, that gives an `nk.Priority`.
        order: ``"high_first"`` or ``"low_first"``, where priorities are plain numbers.
        dedupe: True sends equal items once.
        key: a function of the item that gives what it is told from others by, for ``dedupe`` and
            in the checkpoint.
        on_error: ``"collect"``, ``"raise"``, or a function given each failed `Outcome`.
        on_outcome: a function given each `Outcome` as its item ends.
        pilot: so many items are done first, drawn by chance where the whole input is known; then
            the run stands until `Run.go`, and tells what the rest will most likely take.
        fail_fast: False goes on although every item fails for a reason that will not go away, as a
            refused key does.
        max_errors: the run stops when more items than this have failed.
        cost: a function from an `Outcome` to what it cost, in any unit.
        max_cost: the run stops before more than this is spent.
        progress: True, False, ``"text"``, or a function given each `Snapshot`.
        checkpoint: path of a file that keeps what is done.
        reuse: which rows of the checkpoint are not sent again.
        on_change: what becomes of answers in the checkpoint that were made before the function,
            the call or the client changed: ``"error"`` refuses to start and says what has changed,
            ``"new"`` begins anew beside them, ``"keep"`` gives them again all the same.
        version: text or a number that stands for what a checkpoint cannot read of a function, as an
            open file: with another one, or a first one, the work begins anew beside the old
            answers, and nothing is asked.
        flush_every: an item that has ended is in the checkpoint so much later at most, a duration.
        durable: True has each item in the checkpoint, safe from a loss of power too, before another
            is started in its place and anybody is told of its end.
        name: what the work is called in the panel.
        join: ``"left"`` for a frame with the columns of the input, a DataFrame, before its own.
    """

    max_concurrency: int | Literal["auto"]
    rate: RateLike
    retry: Retry | int | None
    breaker: Breaker | bool | None
    hedge: Hedge | bool | Duration | None
    item_timeout: Duration | None
    batch_timeout: Duration | None
    priority: str | Callable[[Any], object] | None
    order: Order | None
    dedupe: bool
    key: Callable[[Any], Hashable] | None
    on_error: OnError
    on_outcome: Callable[[Outcome], object] | None
    pilot: int | None
    fail_fast: bool
    max_errors: int | None
    cost: Callable[[Outcome], float] | None
    max_cost: float | None
    progress: Progress
    checkpoint: str | Path | None
    reuse: Literal["ok", "settled", "none"]
    on_change: Literal["error", "new", "keep"]
    version: str | int | None
    flush_every: Duration
    durable: bool
    name: str
    join: Literal["left"] | None


class RunKeywords(AnyRunKeywords, total=False):
    """The keywords of `notebook_kit.map` and of other ways to start a run.

    Keys:
        attempt_timeout: limit of one attempt, a duration.
    """

    attempt_timeout: Duration | None
