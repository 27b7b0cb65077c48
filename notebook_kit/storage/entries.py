"""The rows of outcomes, made of what a ledger says, in the thread that writes them."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from notebook_kit.scheduling import SOURCES, Source, Status
from notebook_kit.scheduling.outcome import UNSETTLED
from notebook_kit.storage.exact_json import NotExact, to_json
from notebook_kit.storage.failures import kept_failure
from notebook_kit.storage.labels import Labels

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from notebook_kit.scheduling import Ledger, Outcome, Plan
    from notebook_kit.storage.digests import Digests
    from notebook_kit.storage.problems import Problems

__all__ = ["COLUMNS", "UNDONE_COLUMNS", "Entries", "Row", "text_of_value"]

#: The columns of a row, in the order in which their values are given.
COLUMNS: Final = (
    *("run", "position", "work", "item", "settled_at", "status", "source", "status_code"),
    *("attempts", "started", "waited_s", "network_s", "backoff_s", "label", "item_value"),
    *("error_type", "error", "error_parts", "value"),
)
#: Those of a row that a later run does again: by what and when it could be looked up is not there.
UNDONE_COLUMNS: Final = (*COLUMNS[:2], *COLUMNS[5:])
Row: TypeAlias = tuple[Any, ...]

#: What is worth keeping; a cancelled row has not been done.
_KEPT: Final = frozenset({"ok", "failed", "timeout"})
_FALLBACK: Final = SOURCES[Source.FALLBACK]
_REUSED: Final = Source.CHECKPOINT
#: The codes of how rows end that were cut off.
_CUT_OFF: Final = re.compile(rb"[%c%c%c]" % (Status.TIMEOUT, Status.CANCELLED, Status.SKIPPED))
#: How often a value is tried that somebody changes just while it is read.
_TRIES: Final = 3


class Entries:
    """Makes rows of outcomes.

    Args:
        plan: has the items and their labels.
        ledger: says what became of them.
        digests: what items are recognised by.
        problems: told of what cannot be kept.
        run: the id of the run.
        work: the id of what it does.
        simplify: makes plain data of an answer.
        as_read: whether answers are as they were read from JSON.

    Attributes:
        labels: those of the items.
        failures_taken: positions of failures that were taken over from earlier runs.
    """

    def __init__(
        self,
        plan: Plan,
        ledger: Ledger,
        digests: Digests,
        problems: Problems,
        *,
        run: int,
        work: int,
        simplify: Callable[[Any], Any] | None = None,
        as_read: bool = False,
    ) -> None:
        self._plan = plan
        self._ledger = ledger
        self._digests = digests
        self._problems = problems
        self._run = run
        self._work = work
        self._simplify = simplify
        self._as_read = as_read
        self.labels = Labels(plan.index)
        self.failures_taken: set[int] = set()
        #: Ends that could not be kept, and when those ended that took too long and were.
        self._left_out: set[int] = set()
        self._too_late: dict[int, float] = {}

    def rows(self, positions: Sequence[int], texts: Mapping[int, str]) -> list[Row]:
        """Return the rows of items that have ended.

        Args:
            positions: theirs; those that are to be tried once more are left out, they come again.
            texts: values that are written down already, by position.
        """
        # Ended twice, an item is written once.
        positions = list(dict.fromkeys(positions))
        labels = self.labels.texts(positions)
        rows: list[Row] = []
        for position, item, label in zip(
            positions, self._digests.of(positions), labels, strict=True
        ):
            row = item and self._row(position, item, label, texts.get(position))
            if not row:
                self._left_out.add(position)
                continue
            rows.append(row)
            self._left_out.discard(position)
            if self._ledger.status[position] == Status.TIMEOUT:
                self._too_late[position] = self._ledger.settled[position]
        return rows

    def undone(self) -> list[Row]:
        """Return the rows of a run that has ended of which `rows` gave none, but that were begun.

        What has not even left the input is as the end of the run says; but for what was taken over
        and was to be tried once more.
        """
        ledger = self._ledger
        cut = (found.start() for found in _CUT_OFF.finditer(ledger.status))
        begun = {
            position
            for position in cut
            if (position in self.failures_taken or not math.isnan(ledger.left[position]))
            and ledger.source[position] != _REUSED
            # Tried once more since, it has ended in another way.
            and self._too_late.get(position) != ledger.settled[position]
        }
        positions = sorted(begun | self._left_out)
        labels = self.labels.texts(positions)
        return [self._undone(*which) for which in zip(positions, labels, strict=True)]

    def _undone(self, position: int, label: str | None) -> Row:
        outcome = self._ledger.outcome(position, None)
        try:
            ends = self._end_of(outcome, None)
        except Exception:  # noqa: BLE001 - why it cannot be kept was said before
            ends = (None,) * 4
        return (self._run, position, *self._told(outcome, label), *ends)

    def settled_at(self, position: int) -> float:
        """Return when an item ended, in seconds of `time.monotonic`."""
        return self._ledger.settled[position]

    def _row(self, position: int, item: bytes, label: str | None, text: str | None) -> Row | None:
        ledger = self._ledger
        outcome = ledger.outcome(position, None)
        # What stood in for an answer is none: a later run asks again.
        if outcome.status not in _KEPT or outcome.source == _FALLBACK:
            return None
        try:
            ends = self._end_of(outcome, text)
        except NotExact as why:
            self._problems.add(
                f"Answers that hold a {why.kind} are not kept in the checkpoint, because JSON does "
                "not give it back as it is; a later run does their rows again. Let the call return "
                "text, numbers, dates, bytes, arrays of numbers, lists, tuples, sets and "
                "dictionaries."
            )
            return None
        except Exception as error:  # noqa: BLE001 - the run must not feel it
            self._problems.add(f"An outcome could not be kept in the checkpoint: {error}.")
            return None
        settled_at = ledger.settled[position] + ledger.epoch
        if ledger.status[position] == UNSETTLED:
            return None  # Taken back meanwhile: it comes again.
        whose = (self._run, position, self._work, item, settled_at)
        return (*whose, *self._told(outcome, label), *ends)

    def _told(self, outcome: Outcome, label: str | None) -> Row:
        ended = (outcome.status, outcome.source, outcome.status_code or 0, outcome.attempts)
        times = (outcome.started, outcome.waited_s, outcome.network_s, outcome.backoff_s)
        return (*ended, *times, label, self._item_value(outcome.index))

    def _end_of(self, outcome: Outcome, text: str | None) -> Row:
        if outcome.error is not None:
            return (*kept_failure(outcome.error), None)
        if text is None:
            text = text_of_value(outcome.value, self._simplify, as_read=self._as_read)
        return (None, None, None, text)

    def _item_value(self, position: int) -> str | None:
        if not self._plan.keep_items:
            return None
        try:
            return to_json(self._plan.item(position))
        except Exception:  # noqa: BLE001 - it is recognised all the same; only a frame lacks it
            return None


def text_of_value(
    value: Any, simplify: Callable[[Any], Any] | None, *, as_read: bool = False
) -> str:
    """Return an answer as exact JSON, made plain before if it is an object.

    Raises:
        NotExact: when it would not come back as it is.
    """
    left = _TRIES
    while True:
        try:
            if simplify is not None:
                return to_json(simplify(value))
            return to_json(value, as_read=as_read)
        except RuntimeError:
            # Somebody changes it just now.
            left -= 1
            if not left:
                raise
