"""Items whose endpoint is unavailable, and for which something else is given."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from notebook_kit.errors import CircuitOpen
from notebook_kit.policies import classify
from notebook_kit.policies.retry import surely_not_processed
from notebook_kit.redact import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from notebook_kit.policies import Failure

__all__ = ["Rescues"]


class Rescues:
    """Knows who is to be rescued, who is being rescued, and from what.

    Args:
        wants: tells whether something else can be given after a failure; None: nothing ever is.

    Attributes:
        waiting: items whose rescue is to be begun, in order.
        under_way: how each item that is being rescued has failed.

    >>> rescues = Rescues(lambda failure: True)
    >>> rescues.takes_on(7, classify(TimeoutError("late")))
    True
    >>> rescues.begin(), rescues.under_way[7].kind, rescues.waiting
    (7, <FailureKind.TIMEOUT: 'timeout'>, deque([]))
    """

    __slots__ = ("_from", "_in_doubt", "_in_vain", "_wants", "under_way", "waiting")

    def __init__(self, wants: Callable[[Failure], bool] | None) -> None:
        self.waiting: deque[int] = deque()
        self.under_way: dict[int, Failure] = {}
        self._wants = wants
        self._from: dict[int, Failure] = {}
        #: Items for which nothing else was found while their server's breaker was open.
        self._in_vain: set[int] = set()
        #: Items of which an attempt may have been processed, and that are tried again.
        self._in_doubt: set[int] = set()

    @property
    def offered(self) -> bool:
        """Whether anything else is ever given."""
        return self._wants is not None

    def tried_again(self, index: int, failure: Failure) -> None:
        """Note that the item is going to be tried again after this failure."""
        if self._wants is not None and not surely_not_processed(failure):
            self._in_doubt.add(index)

    def reopened(self, index: int, failure: Failure) -> None:
        """Note that an item that had failed so is tried once more: it may be rescued again."""
        self._in_vain.discard(index)
        self.tried_again(index, failure)

    def takes_on(self, index: int, failure: Failure) -> bool:
        """Note that the item is to be rescued if it can be, and tell whether."""
        if index in self._in_doubt:
            failure = replace(failure, maybe_processed_before=True)
        if self._wants is None or not self._wants(failure):
            return False
        self.waiting.append(index)
        self._from[index] = failure
        return True

    def takes_on_unsent(self, index: int, wait_s: float) -> bool:
        """Do the same for an item that would have to wait for an open breaker, once."""
        if self._wants is None or index in self._in_vain:
            return False
        message = "Not sent: the server kept failing, so its circuit breaker is open."
        return self.takes_on(index, classify(CircuitOpen(message, retry_at_s=wait_s)))

    def begin(self) -> int:
        """Begin with the next of those who wait, and return its position."""
        index = self.waiting.popleft()
        self.under_way[index] = self._from.pop(index)
        return index

    def ended(self, index: int) -> Failure:
        """Note that the rescue of an item has ended, and return what it was rescued from."""
        return self.under_way.pop(index)

    def failed(self, index: int, why: BaseException) -> tuple[Failure, bool]:
        """Note that the rescue of an item has failed.

        Returns:
            What it was to be rescued from, with a note of why that failed; and whether the item was
            not sent yet, so that it can wait for its server as it would have done anyway.
        """
        first = self.ended(index)
        first.error.add_note(f"The fallback failed too: {text_of(why)}")
        unsent = isinstance(first.error, CircuitOpen)
        if unsent:
            self._in_vain.add(index)
        return first, unsent

    def send_home(self) -> Iterator[tuple[int, Failure]]:
        """Give those whose rescue was not begun, and how they failed; it will not be begun."""
        while self.waiting:
            index = self.waiting.popleft()
            yield index, self._from.pop(index)

    def cut_off(self, begun: dict[int, float]) -> list[int]:
        """End all rescues under way, which have not begun any more, and return whose they were."""
        items = list(self.under_way)
        self.under_way.clear()
        for index in items:
            del begun[index]
        return items
