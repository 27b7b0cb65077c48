"""The places of a pool: who has one, who waits for one, in the order in which they came.

A place is a resource, or the right to make one. There are never more than the pool may have, those
that are being opened or closed included. What comes free goes to who has waited longest, and lies
idle only where nobody waits; so nobody who comes later is served before.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from itertools import takewhile
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.lifetime.pooling.entry import Entry
    from notebook_kit.lifetime.pooling.options import PoolOptions
    from notebook_kit.lifetime.pooling.tally import Tally

__all__ = ["Places", "Turn"]

T = TypeVar("T")

#: The wait for a resource, or for the right to make one, which is None.
Turn: TypeAlias = "asyncio.Future[Entry[T] | None]"


class _Back(asyncio.Future["Entry[T] | None"]):
    """The wait of one who has looked at what lay idle before, and when he came."""

    def __init__(self, begun: float) -> None:
        super().__init__(loop=asyncio.get_running_loop())
        self.begun = begun


class Places(Generic[T]):
    """Who has a place and who waits.

    Attributes:
        most: places that there are.
        taken: of these, those of resources, and of what is being opened or closed.
        opening: of these, those of what is being opened.
        entries: the resources.
        idle: those that nobody uses, the one that was used last at the right.
        waiting: who waits, the first at the left; each is given a resource, or None for the right
            to make one.
        tally: what was counted so far.
        loop: the loop of the pool; None when it has closed.
        taken_plainly: whether what lies idle can be used as it is.
        given_plainly: whether one that nobody waits for lies idle without further question.
        keeps_time: whether it matters since when one lies idle.
        now: the time of the loop.
        acquired: how often one was taken.
        is_kept_awake: whether its loop is kept awake, because somebody may wait in it.
        fewest_idle: how few have lain idle so far, since one was opened or closed.
    """

    __slots__ = (
        "_gone",
        "acquired",
        "entries",
        "fewest_idle",
        "given_plainly",
        "idle",
        "is_kept_awake",
        "keeps_time",
        "loop",
        "most",
        "now",
        "opening",
        "taken",
        "taken_plainly",
        "tally",
        "waiting",
    )

    def __init__(self, options: PoolOptions, tally: Tally, loop: asyncio.AbstractEventLoop) -> None:
        self.most = options.max_size
        self.taken = 0
        self.opening = 0
        self.entries: set[Entry[T]] = set()
        self.idle: deque[Entry[T]] = deque()
        self.waiting: deque[Turn[T]] = deque()
        self._gone = 0
        self.tally = tally
        self.loop: asyncio.AbstractEventLoop | None = loop
        self.taken_plainly = options.check is None and options.max_age_s is None
        self.given_plainly = (
            self.taken_plainly and options.reset is None and options.max_idle >= options.max_size
        )
        self.keeps_time = options.idle_timeout_s is not None
        # What the loop goes by, without the way through its method.
        plain = getattr(type(loop), "time", None) is asyncio.BaseEventLoop.time
        self.now: Callable[[], float] = time.monotonic if plain else loop.time
        self.acquired = 0
        self.is_kept_awake = False
        self.fewest_idle = options.max_size

    @property
    def is_busy(self) -> bool:
        """Whether a resource is used, opened or waited for now."""
        return bool(self.in_use or self.opening or self.waiting)

    @property
    def in_use(self) -> int:
        """How many resources are used now."""
        return len(self.entries) - len(self.idle)

    @property
    def waits(self) -> int:
        """How many wait now."""
        return sum(not turn.done() for turn in self.waiting)

    def note_use(self) -> None:
        """Note that more may be in use than ever before."""
        self.fewest_idle = len(self.idle)
        self.tally.most_in_use = max(self.tally.most_in_use, self.in_use)

    def add(self, entry: Entry[T]) -> None:
        """Note one that was opened."""
        self.entries.add(entry)
        self.fewest_idle = self.most

    def reserve(self) -> bool:
        """Take a place that is free, if there is one."""
        if self.taken >= self.most:
            return False
        self.taken += 1
        return True

    def hand_over(self, entry: Entry[T] | None) -> bool:
        """Give a place to who has waited longest; False where nobody waits."""
        while self.waiting:
            first = self.waiting.popleft()
            if not first.done():
                first.set_result(entry)
                return True
        return False

    def free(self) -> None:
        """Give back a place of which nothing is left."""
        if not self.hand_over(None):
            self.taken -= 1

    def back_in_line(self, begun: float) -> Turn[T]:
        """Let one wait who came at that time, and found nothing in what lay idle then.

        All others have come when nothing did: they are behind him.
        """
        turn: _Back[T] = _Back(begun)
        earlier = takewhile(lambda it: isinstance(it, _Back) and it.begun <= begun, self.waiting)
        self.waiting.insert(len(list(earlier)), turn)
        return turn

    def leave(self, turn: Turn[T]) -> bool:
        """Leave the line; tell whether a place came at that very moment and must be given on.

        Those who have left are stepped over when their turn comes. They are taken out before,
        where they get to be many: nothing may come free for long.
        """
        self._gone += 1
        came = not turn.cancel() and not turn.cancelled() and turn.exception() is None
        if 2 * self._gone > len(self.waiting):
            self.waiting = deque(it for it in self.waiting if not it.done())
            self._gone = 0
        return came

    def end(self, error: BaseException) -> None:
        """Give nothing out any more, and tell all who wait."""
        self.loop, self.given_plainly = None, False
        while self.waiting:
            turn = self.waiting.popleft()
            if not turn.done():
                turn.set_exception(error)
