"""What an earlier run has left in a journal, used again instead of being sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_kit.policies import Failure, FailureKind
from notebook_kit.scheduling import Source, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_kit.execution.protocols import Journal
    from notebook_kit.scheduling import Answer, Ledger, Plan
    from notebook_kit.scheduling.tempo import ErrorTally

__all__ = ["Reuse"]


class Reuse:
    """Settles the items that a journal knows.

    Args:
        journal: knows them.
        plan: where the items come from.
        ledger: where outcomes are written.
        tally: where failures are counted.
    """

    def __init__(self, journal: Journal, plan: Plan, ledger: Ledger, tally: ErrorTally) -> None:
        self._journal = journal
        self._plan = plan
        self._ledger = ledger
        self._tally = tally

    def settle_all(self, now: float) -> Iterator[int]:
        """Settle all items that the journal knows, of an input that is known; give positions.

        Raises:
            StorageError: when the journal cannot be read.
        """
        for ends in self._journal.known():
            self._ledger.reuse_answers(
                ends.positions, ends.values, ends.status_codes, source=Source.CHECKPOINT, now=now
            )
            yield from ends.positions
            for index, failure in ends.failures:
                self._settle(index, failure, now)
                yield index
        self._journal.all_looked_up()

    def settle(self, index: int, now: float) -> bool:
        """Settle the item that has come if the journal knows how it ended; False if not."""
        kept = self._journal.lookup(index)
        if kept is None:
            return False
        self._settle(index, kept, now)
        return True

    def _settle(self, index: int, kept: Answer | Failure, now: float) -> None:
        if isinstance(kept, Failure):
            timed_out = kept.kind is FailureKind.TIMEOUT
            self._ledger.reuse(
                index,
                None,
                source=Source.CHECKPOINT,
                status_code=kept.status_code or 0,
                now=now,
                status=Status.TIMEOUT if timed_out else Status.FAILED,
                error=kept.error,
            )
            self._tally.add(index, kept)
        else:
            self._ledger.reuse(
                index, kept.value, source=kept.source, status_code=kept.status_code, now=now
            )
