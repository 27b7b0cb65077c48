"""The log of attempts: those that were not the last of their item.

What the last attempt of an item was is told by the ledger, and most items have no other. So an item
that succeeds at once leaves nothing here and pays nothing; of the others each attempt but the last
is a row in plain arrays, 48 bytes.
"""

from __future__ import annotations

from array import array
from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection

    from notebook_kit.policies import Failure

__all__ = ["AttemptLog", "LoggedAttempt", "LoggedColumns", "Next"]

#: Rows that are kept; what comes later is counted only.
_MOST: Final = 1_000_000
#: Kinds of errors that are told apart; the last code stands for all others.
_MOST_KINDS: Final = 256
_OTHER_KIND: Final = "another error"


class Next(IntEnum):
    """Why the attempt after a logged one was made, and what it waited for."""

    BACKOFF = 0
    """The retry policy had it wait for a moment."""
    ASKED = 1
    """The server had said how long to wait."""
    SECOND = 2
    """It was under way already: a second attempt of a late call."""
    FALLBACK = 3
    """It asked for something else than the answer."""
    REOPENED = 4
    """Somebody asked for it, after the item had failed."""


class LoggedAttempt(NamedTuple):
    """One attempt that was not the last of its item.

    Attributes:
        number: which attempt of its item it was, from 1.
        started: when it was started, in seconds of the run's clock.
        ended: when it ended, in the same seconds.
        network_s: seconds of it that the ledger counts; of two at once they are counted once.
        kind: the class of the error; empty for an attempt that was cut, as the other one of its
            item was faster.
        status_code: the HTTP status, or None.
        delay_s: seconds that the next attempt was to wait.
        next: why there was a next one.
    """

    number: int
    started: float
    ended: float
    network_s: float
    kind: str
    status_code: int | None
    delay_s: float
    next: Next


class LoggedColumns(NamedTuple):
    """All that a log holds at one moment, in columns of one length.

    Attributes:
        items: positions of the items.
        number: which attempt of its item it was, from 1.
        started: when it was started, in seconds of the run's clock.
        ended: when it ended, in the same seconds.
        network_s: seconds of it that the ledger counts.
        kind: where the class of the error stands in ``kinds``.
        status_code: the HTTP status, 0 where there is none.
        delay_s: seconds that the next attempt was to wait.
        next: codes of `Next`.
        kinds: the classes of errors; the first one is empty, for an attempt that was cut.
    """

    items: array[int]
    number: array[int]
    started: array[float]
    ended: array[float]
    network_s: array[float]
    kind: bytearray
    status_code: array[int]
    delay_s: array[float]
    next: bytearray
    kinds: list[str]


class AttemptLog:
    """Keeps attempts in columns, in the order in which they ended.

    It is written by the thread that the run lives on, and may be read from any other.

    Args:
        most: rows that are kept at most.

    Attributes:
        dropped: attempts that were counted only.

    >>> log = AttemptLog()
    >>> log.second_cut(7, number=2, started=0.5, ended=1.0)
    >>> [row.number for row in log.rows(7)], log.rows(8), len(log)
    ([2], [], 1)
    """

    __slots__ = (
        "_codes",
        "_delay",
        "_ended",
        "_items",
        "_kind",
        "_kinds",
        "_network",
        "_next",
        "_number",
        "_started",
        "_status_code",
        "dropped",
        "most",
    )

    def __init__(self, *, most: int = _MOST) -> None:
        self.most = most
        self.dropped = 0
        #: The kinds of errors by code, and back.
        self._kinds = [""]
        self._codes = {"": 0}
        self._number = array("i")
        self._started = array("d")
        self._ended = array("d")
        self._network = array("d")
        self._status_code = array("h")
        self._delay = array("d")
        self._next = bytearray()
        self._kind = bytearray()
        #: Appended to last, so that whoever finds a row here finds all of it.
        self._items = array("q")

    def __len__(self) -> int:
        return len(self._items)

    def failed(
        self,
        index: int,
        failure: Failure,
        *,
        number: int,
        started: float,
        ended: float,
        network_s: float,
        delay_s: float = 0.0,
        then: Next | None = None,
    ) -> None:
        """Keep an attempt that failed, and after which its item went on.

        Args:
            index: position of the item.
            failure: how the attempt ended.
            number: which attempt of its item it was.
            started: when it was started, in seconds of the run's clock.
            ended: when it ended.
            network_s: seconds of it that the ledger counts.
            delay_s: seconds until the next attempt.
            then: why there is a next one; if not said, a retry.
        """
        if then is None:
            asked = failure.retry_after_s is not None and delay_s >= failure.retry_after_s
            then = Next.ASKED if asked else Next.BACKOFF
        kind = self._code(type(failure.error).__name__)
        code = failure.status_code or 0
        self._append(index, (number, kind, code), (started, ended, network_s, delay_s), then)

    def second_cut(self, index: int, *, number: int, started: float, ended: float) -> None:
        """Keep one of two attempts of an item, which was cut because the other has answered."""
        self._append(index, (number, 0, 0), (started, ended, 0.0, 0.0), Next.SECOND)

    def rows(self, index: int) -> list[LoggedAttempt]:
        """Return what is kept of an item's attempts, in the order in which they ended."""
        found: list[LoggedAttempt] = []
        at = -1
        try:
            while True:
                at = self._items.index(index, at + 1)
                found.append(self._row(at))
        except ValueError:  # there is none left
            return found

    def rows_of(self, indexes: Collection[int]) -> dict[int, list[LoggedAttempt]]:
        """Return the same of several items, of those that have any, in one pass."""
        wanted, found = set(indexes), dict[int, list[LoggedAttempt]]()
        for at, index in enumerate(self._items):
            if index in wanted:
                found.setdefault(index, []).append(self._row(at))
        return found

    def columns(self) -> LoggedColumns:
        """Return a copy of all rows as columns, in the order in which the attempts ended."""
        count = len(self._items)
        return LoggedColumns(
            self._items[:count],
            self._number[:count],
            self._started[:count],
            self._ended[:count],
            self._network[:count],
            self._kind[:count],
            self._status_code[:count],
            self._delay[:count],
            self._next[:count],
            self._kinds.copy(),
        )

    def _append(
        self,
        index: int,
        numbers: tuple[int, int, int],
        times: tuple[float, float, float, float],
        then: Next,
    ) -> None:
        if len(self._items) >= self.most:
            self.dropped += 1
            return
        number, kind, status_code = numbers
        started, ended, network_s, delay_s = times
        self._number.append(number)
        self._started.append(started)
        self._ended.append(ended)
        self._network.append(network_s)
        self._delay.append(delay_s)
        self._status_code.append(status_code)
        self._next.append(then)
        self._kind.append(kind)
        self._items.append(index)

    def _row(self, at: int) -> LoggedAttempt:
        return LoggedAttempt(
            self._number[at],
            self._started[at],
            self._ended[at],
            self._network[at],
            self._kinds[self._kind[at]],
            self._status_code[at] or None,
            self._delay[at],
            Next(self._next[at]),
        )

    def _code(self, kind: str) -> int:
        code = self._codes.get(kind)
        if code is None:
            if len(self._kinds) >= _MOST_KINDS - 1:
                kind = _OTHER_KIND
            code = self._codes.setdefault(kind, len(self._kinds))
            if code == len(self._kinds):
                self._kinds.append(kind)
        return code
