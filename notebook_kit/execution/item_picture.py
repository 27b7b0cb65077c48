"""All that is known of one item at one moment, as plain data for who shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from notebook_kit.policies.carried import attribute_of
from notebook_kit.scheduling.attempts import Attempt, attempts_of, due_at
from notebook_kit.scheduling.outcome import UNSETTLED

if TYPE_CHECKING:
    from notebook_kit.execution.asked import Asked
    from notebook_kit.execution.standing import Standing
    from notebook_kit.scheduling import Outcome

__all__ = ["ItemPicture", "picture_of", "response_of"]


@dataclass(frozen=True, slots=True)
class ItemPicture:
    """One item of a run at one moment.

    Attributes:
        outcome: what became of it; of no meaning before ``ended``.
        count: items that have come so far.
        name: what the work is called.
        label: what the row is called, or None where rows are called by their positions.
        ended: whether it has ended.
        is_live: whether anything may still become of it: it has not ended, nor has its run.
        asked: the request or the call, or None.
        problem: why what was asked cannot be told, or None.
        response: the whole answer, where it was kept, or None.
        attempts: oldest first.
        left: when it left the input, in seconds of the run's clock, or None.
        now: the time, in the same seconds.
        due_s: seconds until the next attempt, where it waits for one, or None.
        unlogged: whether some of its attempts were too many to be kept.
    """

    outcome: Outcome
    count: int
    name: str = ""
    label: Any = None
    ended: bool = True
    is_live: bool = False
    asked: Asked | None = None
    problem: BaseException | None = None
    response: Any = None
    attempts: tuple[Attempt, ...] = ()
    left: float | None = None
    now: float = 0.0
    due_s: float | None = None
    unlogged: bool = False

    @property
    def position(self) -> int:
        """Where the item stands in the input, from 0."""
        return self.outcome.index

    @property
    def is_under_way(self) -> bool:
        """Whether an attempt is under way."""
        return any(attempt.ended is None for attempt in self.attempts) and not self.ended

    @property
    def epoch(self) -> float:
        """What makes seconds since the epoch of seconds of the run's clock; 0 if nobody knows."""
        return 0.0 if self.left is None else self.outcome.started - self.left


def picture_of(
    engine: Standing, position: int, *, asked: Asked | None, problem: BaseException | None
) -> ItemPicture:
    """Return what is known of an item; from any thread.

    Args:
        engine: knows how the run stands.
        position: of the item.
        asked: what was asked for it, or None.
        problem: why that cannot be told, or None.
    """
    ledger = engine.ledger
    # First what may change, so that nothing is told as under way that has ended.
    ended_run = engine.completed.done()
    begun = engine.begun(position)
    ended = ledger.status[position] != UNSETTLED
    attempts = tuple(attempts_of(ledger, position, begun=None if ended else begun))
    outcome = engine.outcome(position)
    now = engine.clock()
    due = None if ended or begun is not None else due_at(ledger, position)
    left = ledger.left[position]
    made = ledger.attempts[position] + (begun is not None and not ended)
    return ItemPicture(
        outcome,
        len(ledger),
        name=engine.plan.name,
        label=None if engine.plan.index is None else label_of(engine, position),
        ended=ended,
        is_live=not ended and not ended_run,
        asked=asked,
        problem=problem,
        response=response_of(outcome),
        attempts=attempts,
        left=None if left != left else left,  # noqa: PLR0124 - NaN is what never left
        now=now,
        due_s=None if due is None else max(0.0, due - now),
        unlogged=len(attempts) < made and ledger.log.dropped > 0,
    )


def label_of(engine: Standing, position: int) -> Any:
    """Return what the row at a position is called in the frame."""
    index = engine.plan.index
    return position if index is None else index[position]


def response_of(outcome: Outcome) -> Any:
    """Return the whole answer to a request, where the result or the error is or has it; or None."""
    error = outcome.error
    held = (outcome.value, attribute_of(error, "value"), attribute_of(error, "response"))
    return next(filter(_is_response, held), None)


def _is_response(value: Any) -> bool:
    if value is None or issubclass(type(value), (dict, list, str, bytes, int, float)):
        return False
    return all(
        attribute_of(value, name) is not None for name in ("status_code", "headers", "request")
    )
