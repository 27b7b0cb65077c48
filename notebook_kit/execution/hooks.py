"""Who is told when an item of a run has ended, and how little of that the run can feel."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from notebook_kit.execution.completed import Watchers
from notebook_kit.redact import text_of
from notebook_kit.scheduling import Stop, StopKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from notebook_kit.execution.completed import Completed
    from notebook_kit.execution.options import RunOptions
    from notebook_kit.execution.protocols import Journal
    from notebook_kit.execution.saving import Saving
    from notebook_kit.policies import Budget
    from notebook_kit.scheduling import Outcome, Plan

__all__ = ["Hooks"]


class Hooks:
    """Tells of each end: the journal first, then what the user asked for.

    Args:
        plan: may want to know, because it is a queue that is joined.
        options: hold the functions of the user.
        journal: keeps outcomes, or None.
        budget: what is spent is counted there, or None.
        priced: called with the position of each item that has cost something, and what; or None.
        outcome: gives what became of the item at a position.
        notice: shows a line of text beside the run.
        stop: ends the run at its first error, given that error.
        end: starts nothing more, given why.
    """

    def __init__(
        self,
        plan: Plan,
        options: RunOptions,
        journal: Journal | None,
        budget: Budget | None,
        *,
        priced: Callable[[int, float], None] | None,
        outcome: Callable[[int], Outcome],
        notice: Callable[[str], None],
        stop: Callable[[BaseException], None],
        end: Callable[[Stop], None],
    ) -> None:
        self._plan = plan
        self._options = options
        self._journal = journal
        self._budget = budget
        self._priced = priced
        self._outcome = outcome
        self._notice = notice
        self._stop = stop
        self._end = end
        self._watchers = Watchers()
        #: What holds telling of ends back until they are on disk, or None.
        self.saving: Saving | None = None
        #: Functions that have raised: one complaint each is enough.
        self._complained: set[str] = set()
        #: How many attempts those had that are tried once more, and that were told of before.
        self._before: dict[int, int] = {}

    @property
    def wanted(self) -> Callable[[int], None] | None:
        """What is to be called with the position of each item that ends, if anybody listens."""
        if self._is_seen() or self._plan.settled is not None or self._options.on_error != "collect":
            return self.settled
        if self._journal is None:
            return None
        # Nothing in between: at thousands a second each step counts.
        return (
            self.settled if self.saving is not None and self.saving.strict else self._journal.record
        )

    def _is_seen(self) -> bool:
        """Whether code of the user's is told of ends, and may change what it is told of."""
        options = self._options
        told = (options.on_outcome, options.cost)
        return (
            any(it is not None for it in told) or callable(options.on_error) or bool(self._watchers)
        )

    def watch(self, watcher: Completed) -> None:
        """Let one more hear."""
        self._watchers.add(watcher)

    def settled(self, index: int) -> None:
        """Tell that the item at a position has ended; on the run's loop."""
        options = self._options
        if self.saving is not None and self.saving.strict:
            self.saving.record(index)
        else:
            if self._journal is not None:
                record = self._journal.record_seen if self._is_seen() else self._journal.record
                record(index)
            self.acknowledge(index)
        if options.cost is not None:
            self._count_cost(index, options.cost)
        if options.on_error != "collect":
            self._tell_of_error(index)

    def acknowledge(self, index: int) -> None:
        """Tell that an item is done with: with a durable journal, when it is on disk."""
        if self._plan.settled is not None and index not in self._before:
            self._plan.settled(index)
        if self._options.on_outcome is not None:
            self._tell("on_outcome", self._options.on_outcome, index)
        self._watchers.tell(index)

    def reused(self, index: int) -> None:
        """Tell that the item at a position has ended in an earlier run.

        Who counts costs or waits for errors has done so in that run.
        """
        if self._plan.settled is not None:
            self._plan.settled(index)
        self._watchers.tell(index)

    def reopened(self, indexes: Collection[int]) -> None:
        """Take note that the ends of items are taken back: they are told of when they end again.

        What they took from a queue is done once, whatever becomes of it.
        """
        if self.saving is not None:
            self.saving.tell_at_once(indexes)
        for index in indexes:
            self._before[index] = self._outcome(index).attempts
        self._watchers.forget(indexes)

    def _tell_of_error(self, index: int) -> None:
        outcome = self._outcome(index)
        if outcome.error is None:
            return
        if callable(self._options.on_error):
            self._tell("on_error", self._options.on_error, index)
        else:
            self._stop(outcome.error)

    def _tell(self, name: str, hook: Callable[[Outcome], object], index: int) -> None:
        try:
            returned = hook(self._outcome(index))
            if inspect.iscoroutine(returned):
                returned.close()
                message = "it returned a coroutine, which nobody awaits: give a plain function."
                raise TypeError(message)  # noqa: TRY301 - told as whatever it may raise
        except Exception as raised:  # noqa: BLE001 - a hook must not be felt by the run
            self._complain(name, raised)

    def _count_cost(self, index: int, cost: Callable[[Outcome], float]) -> None:
        outcome = self._outcome(index)
        # Nothing was sent for an answer that was known, or for an item that cannot be sent.
        if self._budget is None or outcome.attempts <= self._before.get(index, 0):
            return
        try:
            price = cost(outcome)
            self._budget.add(price)
            if self._priced is not None:
                self._priced(index, float(price))
        except Exception as raised:  # noqa: BLE001 - a hook must not be felt by the run
            self._budget.add_unknown()
            self._complain("cost", raised, "; such items are counted as the dearest so far")
            if outcome.ok and self._budget.limit is not None and not self._budget.knows_any:
                reason = (
                    f"cost raised {type(raised).__name__} for a good answer: {text_of(raised)} "
                    f"So nobody can tell when max_cost={self._budget.limit:g} is spent."
                )
                self._end(Stop(StopKind.ERRORS, reason))

    def _complain(self, name: str, raised: Exception, consequence: str = "") -> None:
        if name not in self._complained:
            self._complained.add(name)
            self._notice(f"{name} raised {type(raised).__name__}: {text_of(raised)}{consequence}")
