"""The ledger of a run: one row an item, kept in columns.

Plain arrays of numbers cost 64 bytes an item where an object each would cost a thousand, and become
the columns of a DataFrame without being looked at one by one.
"""

from __future__ import annotations

import math
from array import array
from typing import TYPE_CHECKING, Any

from notebook_kit.scheduling.attempt_log import AttemptLog
from notebook_kit.scheduling.outcome import (
    SOURCES,
    STATUSES,
    UNSETTLED,
    Outcome,
    Source,
    Status,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = ["Ledger"]


class Ledger:
    """Status, answer, error and times of every item, by position.

    Attributes:
        status: codes of `Status`, or `UNSETTLED`.
        source: codes of `Source`.
        status_code: HTTP statuses, 0 where there is none.
        attempts: tries made.
        left: when the item left the input, in seconds of the run's clock; NaN if it never did.
        settled: when it ended, in the same seconds.
        network: seconds spent in attempts.
        backoff: seconds spent between attempts.
        values: answers, None where there is none.
        errors: the exceptions, by position.
        earlier_failures: how many have failed in an earlier run, and were not tried in this one.
        epoch: add this to a time of the run's clock to have seconds since the epoch.
        log: the attempts that were not the last of their item.

    >>> ledger = Ledger()
    >>> ledger.grow(2)
    >>> ledger.settle(0, Status.OK, now=1.5, value="hello")
    >>> len(ledger), ledger.counts[Status.OK], ledger.values
    (2, 1, ['hello', None])
    """

    __slots__ = (
        "attempts",
        "backoff",
        "counts",
        "earlier_failures",
        "epoch",
        "errors",
        "left",
        "log",
        "network",
        "reused",
        "settled",
        "source",
        "status",
        "status_code",
        "values",
    )

    def __init__(self, *, epoch: float = 0.0) -> None:
        self.epoch = epoch
        self.status = bytearray()
        self.source = bytearray()
        self.status_code = array("h")
        self.attempts = array("i")
        self.left = array("d")
        self.settled = array("d")
        self.network = array("d")
        self.backoff = array("d")
        self.values: list[Any] = []
        self.errors: dict[int, BaseException] = {}
        self.log = AttemptLog()
        self.counts = [0] * len(Status)
        self.reused = 0
        self.earlier_failures = 0

    def __len__(self) -> int:
        return len(self.status)

    def grow(self, count: int) -> None:
        """Make room for so many more items, none of them settled."""
        self.status.extend(bytes([UNSETTLED]) * count)
        self.source.extend(bytes(count))
        self.status_code.frombytes(bytes(self.status_code.itemsize * count))
        self.attempts.frombytes(bytes(self.attempts.itemsize * count))
        not_yet = array("d", [float("nan")]) * count
        self.left.extend(not_yet)
        self.settled.extend(not_yet)
        self.network.frombytes(bytes(8 * count))
        self.backoff.frombytes(bytes(8 * count))
        self.values.extend([None] * count)

    def settle(
        self,
        index: int,
        status: Status,
        *,
        now: float,
        value: Any = None,
        error: BaseException | None = None,
    ) -> None:
        """Write down how an item ended; an item ends once, whatever comes later is ignored."""
        if self.status[index] != UNSETTLED:
            return
        self.settled[index] = now
        if value is not None:
            self.values[index] = value
        if error is not None:
            self.errors[index] = error
        self.counts[status] += 1
        self.status[index] = status

    def answered(  # noqa: PLR0917 - names would cost a tenth of it
        self, index: int, now: float, took: float, value: Any, status_code: int, source: Source
    ) -> None:
        """Write down an attempt that gave an answer: the hot one of the ways in which items end."""
        self.attempts[index] += 1
        self.network[index] += took
        self.status_code[index] = status_code
        if source:
            self.source[index] = source
        self.settled[index] = now
        if value is not None:
            self.values[index] = value
        self.counts[0] += 1
        self.status[index] = 0

    def reuse(
        self,
        index: int,
        value: Any,
        *,
        source: Source,
        status_code: int,
        now: float,
        status: Status = Status.OK,
        error: BaseException | None = None,
    ) -> None:
        """Write down an end that is known already, so that the item is not started."""
        if self.status[index] != UNSETTLED:
            return
        self.left[index] = now
        self.source[index] = source
        self.status_code[index] = status_code
        self.reused += 1
        if status != Status.OK and source == Source.CHECKPOINT:
            self.earlier_failures += 1
        self.settle(index, status, now=now, value=value, error=error)

    def reuse_answers(
        self,
        positions: Sequence[int],
        values: Sequence[Any],
        status_codes: Sequence[int],
        *,
        source: Source,
        now: float,
    ) -> None:
        """Write down answers that are known already, many at once, as `reuse` does it for one."""
        status, ok = self.status, Status.OK
        if any(status[index] != UNSETTLED for index in positions):
            for index, value, code in zip(positions, values, status_codes, strict=True):
                self.reuse(index, value, source=source, status_code=code, now=now)
            return
        for index, value, code in zip(positions, values, status_codes, strict=True):
            self.left[index] = self.settled[index] = now
            self.source[index] = source
            self.status_code[index] = code
            self.values[index] = value
            status[index] = ok
        self.reused += len(positions)
        self.counts[ok] += len(positions)

    def copy(self, first: int, index: int, *, source: Source, now: float) -> None:
        """Write down that an item ended as another did, without an attempt of its own."""
        self.reuse(
            index,
            self.values[first],
            source=source,
            status_code=self.status_code[first],
            now=now,
            status=Status(self.status[first]),
            error=self.errors.get(first),
        )

    def settle_rest(self, status: Status = Status.CANCELLED, *, but: Collection[int] = ()) -> None:
        """Settle every item that has not ended, but for some, without a time: it never started."""
        rest = self.status.replace(bytes([UNSETTLED]), bytes([status]))
        count = self.status.count(UNSETTLED) - len(but)
        for index in but:
            rest[index] = UNSETTLED
        if count:
            # In place and in one step: a view may be reading, and there may be millions.
            self.status[:] = rest
            self.counts[status] += count

    def reopen(self, index: int, *, fresh: bool) -> None:
        """Take back how an item ended; attempts and times stay, those to come are added to them.

        Args:
            index: position of the item.
            fresh: whether it never left the input.
        """
        # The status first: a view may look at any moment, and an end has all that belongs to it.
        status, self.status[index] = self.status[index], UNSETTLED
        self.counts[status] -= 1
        del self.errors[index]
        if self.source[index] == Source.CHECKPOINT:
            self.earlier_failures -= 1
        if self.source[index] != Source.NETWORK:
            self.source[index] = Source.NETWORK
            self.reused -= 1
        self.status_code[index] = 0
        self.settled[index] = math.nan
        if fresh:
            self.left[index] = math.nan

    @property
    def done(self) -> int:
        """How many items have ended."""
        return sum(self.counts)

    def outcome(self, index: int, item: Any) -> Outcome:
        """Return one row as an object; an item that has not ended yet counts as cancelled."""
        code = self.status[index]
        left, settled = self.left[index], self.settled[index]
        network, backoff = self.network[index], self.backoff[index]
        waited = max(0.0, settled - left - network - backoff) if settled >= left else 0.0
        return Outcome(
            index=index,
            item=item,
            value=self.values[index],
            error=self.errors.get(index),
            status=STATUSES[Status.CANCELLED if code == UNSETTLED else code],
            source=SOURCES[self.source[index]],
            status_code=self.status_code[index] or None,
            attempts=self.attempts[index],
            started=left + self.epoch,
            waited_s=waited,
            network_s=network,
            backoff_s=backoff,
        )
