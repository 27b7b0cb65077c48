"""The attempts of one item, one by one: what the log has kept, and what the ledger says besides."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from notebook_kit.scheduling.attempt_log import Next
from notebook_kit.scheduling.outcome import UNSETTLED, Source, Status

if TYPE_CHECKING:
    from notebook_kit.scheduling.attempt_log import LoggedAttempt
    from notebook_kit.scheduling.ledger import Ledger

__all__ = ["Attempt", "Came", "attempts_of", "due_at", "last_attempt"]


class Came(StrEnum):
    """What came of an attempt."""

    ANSWERED = "answered"
    FAILED = "failed"
    FALLBACK = "fallback"
    """Something else was given in the place of an answer."""
    OVERTAKEN = "overtaken"
    """The other attempt of its item was faster."""
    CUT = "cut"
    """The run was ended meanwhile."""
    UNDER_WAY = "under way"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of an item; times are seconds of the run's clock.

    Attributes:
        number: which one it was, from 1.
        came: what came of it.
        started: when it was started; None where too many were made to keep that.
        ended: when it ended, or None.
        waited_s: seconds that it was held back by limits or by the server's pace.
        backoff_s: seconds that it had to wait after the attempt before it.
        why: why it had to: ``"backoff"``, ``"asked"`` (the server said so), ``"second"`` (it was
            begun beside a late one), ``"fallback"``, ``"reopened"`` (its item had failed, and
            somebody asked for another try), or empty for a first attempt.
        error_type: the class of the error, or empty.
        status_code: the HTTP status, or None.
    """

    number: int
    came: Came
    started: float | None
    ended: float | None
    waited_s: float = 0.0
    backoff_s: float = 0.0
    why: str = ""
    error_type: str = ""
    status_code: int | None = None

    @property
    def network_s(self) -> float | None:
        """Seconds from its start to its end, or None where one of them is not known."""
        return None if self.started is None or self.ended is None else self.ended - self.started


def attempts_of(ledger: Ledger, index: int, *, begun: float | None = None) -> list[Attempt]:
    """Return the attempts of an item, oldest first.

    Where the log was full, those in between are missing: their numbers tell.

    Args:
        ledger: has what became of the item, and the log.
        index: position of the item.
        begun: when its attempt that is under way was started, or None if there is none.
    """
    rows = ledger.log.rows(index)
    made: list[Attempt] = []
    # A row that is cut stands beside those that it waited for nothing to come after.
    before: LoggedAttempt | None = None
    for row in rows:
        came = Came.FAILED if row.kind else Came.OVERTAKEN
        made.append(_after(ledger, index, before, _of_row(row, came)))
        before = row if row.kind else before
    last = last_attempt(ledger, index, rows, begun=begun)
    if last is not None:
        made.append(_after(ledger, index, before, last))
    return sorted(made, key=lambda attempt: attempt.number)


def due_at(ledger: Ledger, index: int) -> float | None:
    """Return when an item that waits for its next attempt may have it, or None where none failed.

    In seconds of the run's clock.
    """
    rows = ledger.log.rows(index)
    return rows[-1].ended + rows[-1].delay_s if rows else None


def _of_row(row: LoggedAttempt, came: Came) -> Attempt:
    return Attempt(
        row.number,
        came,
        row.started,
        row.ended,
        why=Next.SECOND.name.lower() if came is Came.OVERTAKEN else "",
        error_type=row.kind,
        status_code=row.status_code,
    )


def last_attempt(
    ledger: Ledger, index: int, rows: list[LoggedAttempt], *, begun: float | None = None
) -> Attempt | None:
    """Return the attempt that the log does not have: the last one, or the one under way."""
    code, count = ledger.status[index], ledger.attempts[index]
    if code == UNSETTLED:
        if begun is None:
            return None
        return Attempt(count + 1, Came.UNDER_WAY, begun, None)
    if count <= len(rows):
        return None
    error = ledger.errors.get(index)
    ended = ledger.settled[index]
    spent = ledger.network[index] - sum(row.network_s for row in rows)
    # Without all the rows nobody can tell what the last one's share was.
    complete = count == len(rows) + 1
    missing = min({*range(1, count + 1)}.difference(row.number for row in rows), default=count)
    return Attempt(
        missing if complete else count,
        _came(ledger, index),
        ended - spent if complete else None,
        ended,
        error_type="" if error is None else type(error).__name__,
        status_code=ledger.status_code[index] or None,
    )


def _came(ledger: Ledger, index: int) -> Came:
    status = ledger.status[index]
    if status == Status.OK:
        fallback = ledger.source[index] == Source.FALLBACK
        return Came.FALLBACK if fallback else Came.ANSWERED
    return Came.CUT if status == Status.CANCELLED else Came.FAILED


def _after(ledger: Ledger, index: int, before: LoggedAttempt | None, attempt: Attempt) -> Attempt:
    """Return the attempt with what it waited for since the one before it."""
    if attempt.started is None or attempt.why:
        return attempt
    if before is None:
        left = ledger.left[index]
        waited = 0.0 if math.isnan(left) else max(0.0, attempt.started - left)
        return replace(attempt, waited_s=waited)
    since = max(0.0, attempt.started - before.ended)
    backoff = min(since, before.delay_s)
    why = before.next.name.lower()
    return replace(attempt, waited_s=since - backoff, backoff_s=backoff, why=why)
