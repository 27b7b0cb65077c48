"""Trying once more, in the same run, what has failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from notebook_kit.policies import classify
from notebook_kit.scheduling.attempt_log import Next
from notebook_kit.scheduling.attempts import last_attempt
from notebook_kit.scheduling.choice import Choice
from notebook_kit.scheduling.outcome import Status

if TYPE_CHECKING:
    from collections.abc import Collection

    from notebook_kit.policies import Failure
    from notebook_kit.scheduling.attempt_log import LoggedAttempt

__all__ = ["Reopening"]

_FAILURES: Final = (Status.FAILED, Status.TIMEOUT)


class Reopening(Choice):
    """A course that can take back the ends of items."""

    @property
    def failed_items(self) -> list[int]:
        """Those that have failed or timed out so far and may be tried once more, in order."""
        if self._rest is not None:
            return []
        status = self.ledger.status
        return [at for at in sorted(self.ledger.errors) if status[at] in _FAILURES]

    def reopen(self, indexes: Collection[int], now: float) -> None:
        """Let all `failed_items` be tried once more, as if they came now; what was done is kept.

        Whoever is told of ends has to be told of all of them before.
        """
        fresh = self._line.come_again(indexes, now)
        self._deadlines.reopened(indexes, now)
        logged = self.ledger.log.rows_of(indexes)
        for index in indexes:
            failure = classify(self.ledger.errors[index])
            self._keep_attempt(index, now, failure, logged.get(index, []))
            self.rescues.reopened(index, failure)
            self._retries.reopened(index)
            self.ledger.reopen(index, fresh=index in fresh)
            if index not in fresh:
                self._deadlines.waits(index)
        self.settler.tally.clear()
        self.endings.reopened()
        self.waiting_for = None

    def _keep_attempt(
        self, index: int, now: float, failure: Failure, logged: list[LoggedAttempt]
    ) -> None:
        """Log the last attempt of an item, which the ledger tells of only while it is the last."""
        last = last_attempt(self.ledger, index, logged)
        if last is None or last.started is None:
            return
        ended = self.ledger.settled[index]
        self.ledger.log.failed(
            index,
            failure,
            number=last.number,
            started=last.started,
            ended=ended,
            network_s=ended - last.started,
            delay_s=now - ended,
            then=Next.REOPENED,
        )
