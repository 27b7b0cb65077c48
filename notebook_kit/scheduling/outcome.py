"""What became of one item."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from notebook_kit.redact import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_kit.policies import Failure
    from notebook_kit.policies.hints import RateHint

__all__ = [
    "INTERRUPTS",
    "SOURCES",
    "STATUSES",
    "UNSETTLED",
    "Answer",
    "KnownEnds",
    "NotRescued",
    "Outcome",
    "Rescued",
    "Source",
    "Status",
]


class Status(IntEnum):
    """How an item ended; the value is the code kept in the ledger's column."""

    OK = 0
    FAILED = 1
    TIMEOUT = 2
    CANCELLED = 3
    SKIPPED = 4


class Source(IntEnum):
    """Where an answer came from; the value is the code kept in the ledger's column."""

    NETWORK = 0
    CACHE = 1
    CHECKPOINT = 2
    FALLBACK = 3


#: The words of a frame's ``status`` column, in the order of their codes.
STATUSES: Final = tuple(status.name.lower() for status in Status)
#: The words of a frame's ``source`` column, in the order of their codes.
SOURCES: Final = tuple(source.name.lower() for source in Source)
#: What goes on through everything when a function of the user's raises it. Anything else is its
#: row's error, also a cancellation or an exit of a generator that nobody outside has asked for.
INTERRUPTS: Final = (KeyboardInterrupt, SystemExit)
#: Characters of an item, an answer or an error that a repr shows.
_SHOWN: Final = 500
#: The code of an item that has not ended yet.
UNSETTLED: Final = 255


class Answer(NamedTuple):
    """What one attempt gave, when there is more to say than the value itself."""

    value: Any
    status_code: int = 0
    source: Source = Source.NETWORK
    hint: RateHint | None = None


class KnownEnds(NamedTuple):
    """How items have ended in earlier runs, many at once.

    Attributes:
        positions: those of the items that were answered.
        values: their answers.
        status_codes: the HTTP statuses of these, 0 where there is none.
        failures: positions of items that have failed, each with its failure.
    """

    positions: Sequence[int]
    values: Sequence[Any]
    status_codes: Sequence[int]
    failures: Sequence[tuple[int, Failure]] = ()


class Rescued(NamedTuple):
    """What is given in the place of an answer, because the endpoint is unavailable.

    Attributes:
        value: the result.
        status_code: the HTTP status, 0 where there is none.
        sent: whether a request was sent for it.
    """

    value: Any
    status_code: int = 0
    sent: bool = False


class NotRescued(Exception):
    """Nothing could be given in the place of an answer; the text says why.

    Attributes:
        sent: whether a request was sent in the attempt.
    """

    def __init__(self, message: str, *, sent: bool = False) -> None:
        super().__init__(message)
        self.sent = sent


@dataclass(frozen=True, slots=True, repr=False)
class Outcome:
    """What became of one item: the row of a frame as an object.

    What its repr shows of the item, the answer and the error is cut, without secrets, and whatever
    acts in a terminal is written out.

    Attributes:
        index: position in the input, from 0.
        item: the input itself.
        value: the answer, None unless ``status`` is ``"ok"``.
        error: the exception, or None.
        status: ``"ok"``, ``"failed"``, ``"timeout"``, ``"skipped"`` or ``"cancelled"``.
        source: where the answer came from: ``"network"``, ``"cache"``, ``"checkpoint"`` or
            ``"fallback"``.
        status_code: the HTTP status, or None.
        attempts: tries made.
        started: seconds since the epoch at which the item left the input.
        waited_s: seconds spent waiting for limits.
        network_s: seconds spent in attempts.
        backoff_s: seconds spent between attempts.
    """

    index: int
    item: Any
    value: Any
    error: BaseException | None
    status: str
    source: str
    status_code: int | None
    attempts: int
    started: float
    waited_s: float
    network_s: float
    backoff_s: float

    def __repr__(self) -> str:
        told = (f"{it.name}={shown(getattr(self, it.name), _SHOWN)}" for it in fields(self))
        return f"Outcome({', '.join(told)})"

    @property
    def ok(self) -> bool:
        """Whether there is an answer."""
        return self.status == STATUSES[Status.OK]

    @property
    def elapsed_s(self) -> float:
        """Seconds from leaving the input to the end."""
        return self.waited_s + self.network_s + self.backoff_s
