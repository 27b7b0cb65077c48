"""Waiting for one's turn: on several event loops and in many threads at once, in one line.

Each asks for itself when it is its turn and it is there to go, not earlier, so that what was
granted is used at once. The permit is taken after the place among those under way: the other way
round it would be used later than it was granted, and windows of the rate would overflow.
"""

from __future__ import annotations

import asyncio
import functools
import math
import threading
from collections import Counter, deque
from typing import TYPE_CHECKING, Any, NoReturn

from notebook_kit.decorators.bell import Bell
from notebook_kit.decorators.clock import release
from notebook_kit.decorators.forks import begin_anew_in_child
from notebook_kit.decorators.line import PATIENCE_S, Line, Waiter
from notebook_kit.decorators.locks import line_lock
from notebook_kit.errors import WouldDeadlock
from notebook_kit.execution import running_loop
from notebook_kit.execution.awake import awake
from notebook_kit.execution.waiting import TICK_S

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from notebook_kit.decorators.clock import Clock
    from notebook_kit.policies import Limits

__all__ = ["Turnstile"]


class _Turn:
    """How one who waits on an event loop hears that it is its turn."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiter: asyncio.Future[None] = loop.create_future()

    def call(self) -> bool:
        """Tell it, from any thread; return whether anybody is there."""
        if running_loop() is self._loop:
            self._release()
            return True
        try:
            self._loop.call_soon_threadsafe(self._release)
        except RuntimeError:
            return False  # The loop was closed with this one still waiting.
        return True

    def _release(self) -> None:
        release(self._waiter)

    async def wait(self, seconds: float, clock: Clock) -> None:
        """Wait to be called, for so many seconds at most."""
        timer = None
        if seconds < math.inf:
            timer = clock.later(self._loop, seconds, self._release)
        try:
            await self._waiter
        finally:
            if timer is not None:
                timer.cancel()
        self._waiter = self._loop.create_future()


class Turnstile:
    """Lets callers pass as rates and a bound on those under way allow.

    Attributes:
        limits: the rates.
        most: how many may be under way at once.
        in_flight: how many are.
    """

    def __init__(self, limits: Limits, most: int | None, clock: Clock) -> None:
        self.limits = limits
        self._most_given = most
        self.most = math.inf if most is None else most
        self.in_flight = 0
        self._clock = clock
        self._line = Line()
        #: How many of those under way need which task, or thread, to go on.
        self._held: dict[Hashable, int] = {}
        #: Those that were under way in the parent when this child was forked.
        self._inherited: Counter[Hashable] = Counter()
        #: When whose turn it is would be late.
        self._watch = math.inf
        #: What is to be done for coroutines that were collected, by who next holds the lock.
        self._words: deque[Callable[[], object]] = deque()
        begin_anew_in_child(self)

    def begin_anew(self) -> None:
        """Forget who is under way or waits: in a forked child they do not go on."""
        self._words.clear()
        self._line = Line()
        self.limits.leave(self)
        # But for the one that forked: what it is inside of may end in the child as well.
        self._inherited.update(self._held)
        self._held.clear()
        self.in_flight = 0
        self._watch = math.inf

    def __reduce__(self) -> tuple[Any, ...]:
        # Who is under way or waits here is not there.
        return Turnstile, (self.limits, self._most_given, self._clock)

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        with line_lock:
            return len(self._line)

    async def enter_async(self, weights: Sequence[float], me: Hashable) -> list[Any]:
        """Wait for one's turn, and return what was granted, for `used`.

        Args:
            weights: what is wanted of each rate.
            me: the `caller`.

        Raises:
            WouldDeadlock: when all who are under way are this very task.
        """
        loop = asyncio.get_running_loop()
        turn = _Turn(loop)
        grants: list[Any] = []
        waiter = Waiter(loop, weights, turn.call)
        try:
            self._join(waiter)
            if not (wait_s := self._try(waiter, grants, me)):
                return grants
            if self._held.get(me, 0) >= self.most:
                self._refuse()
            with awake(self.look):
                while wait_s:
                    await turn.wait(wait_s, self._clock)
                    wait_s = self._try(waiter, grants, me)
        except GeneratorExit:
            self._words.append(functools.partial(self._line.leave, waiter))
            raise
        except BaseException:
            self._give_up(waiter, me)
            raise
        return grants

    def enter(self, weights: Sequence[float]) -> list[Any]:
        """Block until it is one's turn, and return what was granted, for `used`.

        Raises:
            WouldDeadlock: when all who are under way need the very thread that would be blocked.
        """
        turn = Bell()

        def call() -> bool:
            turn.ring()
            return True

        me = threading.get_ident()
        grants: list[Any] = []
        # Known before it stands in the line, where an interrupt might leave it for ever.
        waiter = Waiter(turn, weights, call)
        try:
            self._join(waiter)
            while wait_s := self._try(waiter, grants, me):
                until = self._clock.now() + wait_s
                while not turn.has_rung and (left := until - self._clock.now()) > 0:
                    self._refuse_to_block(me)
                    self._clock.wait(turn, min(left, TICK_S))
                    self.look()
                turn.silence()
        except BaseException:
            self._give_up(waiter, me)
            raise
        return grants

    def leave(self, holder: Hashable, kind: object = None) -> None:
        """One who was under way has ended.

        Args:
            holder: its `caller`.
            kind: the class of the exception that it ended with, if any.
        """
        if kind is GeneratorExit:
            self._words.append(functools.partial(self._free, holder))
            return
        with line_lock:
            self._free(holder)
            self._call_next(self._clock.now())

    def _free(self, holder: Hashable) -> None:
        if holder not in self._held and holder in self._inherited:
            _less(self._inherited, holder)
        elif self._held:
            # A block may end in another task or thread than it began in, as fixtures of tests do.
            _less(self._held, holder if holder in self._held else next(iter(self._held)))
            self.in_flight -= 1

    def used(self, grants: list[Any], value: Any) -> None:
        """Correct what was granted by what the answer says was really used."""
        if grants and self.limits.used(self._clock.now(), grants, value):
            with line_lock:
                front = self._line.front(self._clock.now())
                if front is not None:
                    front.call()

    def look(self) -> None:
        """See whether one whose turn it is does not come."""
        now = self._clock.now()
        if now > self._watch or self._words:
            with line_lock:
                self._call_next(now)

    def _join(self, waiter: Waiter) -> None:
        with line_lock:
            self._line.join(waiter)

    def _try(self, waiter: Waiter, grants: list[Any], holder: Hashable) -> float:
        """Pass and return zero, or return the seconds to wait: infinite for until called."""
        with line_lock:
            self._heed_words()
            now = self._clock.now()
            waiter.due = None
            if self._line.front(now) is not waiter:
                self._call_next(now)
                return math.inf
            if self.in_flight >= self.most:
                # Others who share a rate must not wait for who waits for something else.
                self.limits.leave(self)
                self._watch = math.inf
                return math.inf
            at = self.limits.take_or_wait(now, waiter.weights, self, grants)
            if at > now:
                waiter.due = at
                self._watch = at + PATIENCE_S
                return at - now
            self.in_flight += 1
            self._held[holder] = self._held.get(holder, 0) + 1
            waiter.passed = True
            self._line.leave(waiter)
            self._call_next(now)
            return 0.0

    def _give_up(self, waiter: Waiter, holder: Hashable) -> None:
        with line_lock:
            if waiter.passed:
                # Interrupted before anybody was told.
                self._free(holder)
            self._line.leave(waiter)
            if not self._line:
                self.limits.leave(self)
            self._call_next(self._clock.now())

    def _call_next(self, now: float) -> None:
        """Call whose turn it is, if anybody can go and nobody was called."""
        self._heed_words()
        self._watch = math.inf
        if self.in_flight >= self.most:
            return
        while (front := self._line.front(now)) is not None:
            if front.due is None:
                front.due = now
                if not front.call():
                    self._line.leave(front)
                    continue
            self._watch = front.due + PATIENCE_S
            return

    def _heed_words(self) -> None:
        while self._words:
            self._words.popleft()()

    def _refuse_to_block(self, me: int) -> None:
        loop = running_loop()
        mine = self._held.get(me, 0)
        if loop is not None:
            held = tuple(self._held.items())
            mine += sum(count for who, count in held if isinstance(who, tuple) and who[0] is loop)
        if mine >= self.most:
            self._refuse()

    @staticmethod
    def _refuse() -> NoReturn:
        message = (
            "This waits for a place that only those under way can free, and they cannot go on "
            "while it waits. If it is called inside another call of the same limit, give it a "
            "limit of its own; if it blocks an event loop, make it async, or call it with "
            "`await asyncio.to_thread(...)`."
        )
        raise WouldDeadlock(message)


def _less(counted: dict[Hashable, int], holder: Hashable) -> None:
    left = counted.pop(holder) - 1
    if left:
        counted[holder] = left
