"""The scheduler of a run, put together as its options say."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from notebook_kit.execution.protocols import resources_of
from notebook_kit.policies import AutoConcurrency, Budget, FailFast, Limits, Server, rank, seconds
from notebook_kit.scheduling import Endings, Scheduler, Terms

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from notebook_kit.execution.options import RunOptions
    from notebook_kit.execution.protocols import Work
    from notebook_kit.policies import Breaker, Failure, Order
    from notebook_kit.scheduling import Answer, Ledger, Plan

__all__ = ["Weighing", "scheduler_for"]

#: Items read ahead of an input of unknown length, so that the best of them go first.
_LOOKAHEAD = 1_000


class Weighing:
    """What an item weighs under the limits of a scheduler that may replace them."""

    def __init__(self, plan: Plan, weighed: Callable[[Any], Any] | None) -> None:
        self.scheduler: Scheduler | None = None
        self._plan = plan
        self._weighed = weighed

    def __call__(self, index: int) -> tuple[float, ...]:
        """Return what the item uses of each limit."""
        assert self.scheduler is not None  # noqa: S101 - set before anything is asked
        item = self._plan.item(index)
        return self.scheduler.limits.weights(self._weighed(item) if self._weighed else item)


def scheduler_for(
    plan: Plan,
    ledger: Ledger,
    work: Work,
    options: RunOptions,
    *,
    start: float,
    identify: Callable[[Any], Hashable],
    weighed: Callable[[Any], Any] | None = None,
) -> Scheduler:
    """Return the scheduler for a run.

    Args:
        plan: where the items come from.
        ledger: where outcomes are written.
        work: what is done with an item.
        options: checked options.
        start: seconds of the clock that the run lives by.
        identify: tells items apart if the user gave no function for that.
        weighed: gives what of an item the weights of a rate are asked of, if not the item itself.
    """
    wanted = options.max_concurrency
    most = work.most_at_once
    auto = None
    if wanted == "auto":
        auto = AutoConcurrency() if most is None else AutoConcurrency(most=most, start=min(8, most))
    item_of = plan.item
    key = options.key or (lambda item: identify(work.part(item)))
    weighing = Weighing(plan, weighed)
    scheduler = Scheduler(
        ledger,
        max_concurrency=1 if wanted == "auto" else wanted,
        start=start,
        terms=Terms(
            retry=options.retry,
            auto=auto,
            limits=Limits((*work.limits.rates, *options.rates)),
            weigh=weighing,
            server_of=_servers(plan, work, options.breaker),
            several_servers=work.several_servers,
            tells_sent=work.tells_sent,
            rank=_ranking(plan, options),
            lookahead=_LOOKAHEAD,
            identify=(lambda index: key(item_of(index))) if options.dedupe else None,
            known=_known(plan, work),
            rescues=_rescues(work),
            hedge=options.hedge,
            endings=Endings(
                max_errors=options.max_errors,
                fail_fast=_fail_fast(options),
                budget=None if options.cost is None else Budget(options.max_cost),
            ),
            item_timeout_s=options.item_timeout_s,
            pilot=options.pilot,
            safe=work.safe,
        ),
    )
    weighing.scheduler = scheduler
    return scheduler


def _servers(plan: Plan, work: Work, breaker: Breaker | None) -> Callable[[int], Server] | None:
    """Return what finds the server of an item; a run's own breaker knows of that run only."""
    shared = work.servers
    if shared is None:
        alone = None if breaker is None else Server(breaker)
        return None if alone is None else lambda _index: alone
    # Reading an item costs more than starting it, where all go to one server.
    item_of = plan.item if work.several_servers else lambda _index: None
    if breaker is None:
        return lambda index: shared(item_of(index))
    own: dict[Server, Server] = {}

    def server_of(index: int) -> Server:
        server = shared(item_of(index))
        if server not in own:
            own[server] = Server(breaker, pace=server.pace)
        return own[server]

    return server_of


def _known(plan: Plan, work: Work) -> Callable[[int], Answer | None] | None:
    more = resources_of(work)
    if more is None or not more.remembers:
        return None
    known, item_of = more.known, plan.item
    return lambda index: known(item_of(index))


def _rescues(work: Work) -> Callable[[Failure], bool] | None:
    more = resources_of(work)
    return None if more is None or not more.rescues else more.may_rescue


def _fail_fast(options: RunOptions) -> FailFast | None:
    if not options.fail_fast:
        return None
    longest = seconds(options.retry.max_retry_after, name="max_retry_after", zero=True)
    return FailFast(longest_pause_s=longest)


def _ranking(plan: Plan, options: RunOptions) -> Callable[[int], float] | None:
    priority = options.priority
    if priority is None:
        return None
    if isinstance(priority, str):
        return functools.partial(_rank_in_column, plan, priority, options.order)
    return lambda index: rank(priority(plan.item(index)), options.order)


def _rank_in_column(plan: Plan, column: str, order: Order | None, index: int) -> float:
    return rank(plan.item(index)[column], order)
