"""Where the resources of a pool come from and go to: opened, handed out, checked, let go of."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, TypeVar

from notebook_kit.lifetime.pooling.ages import Ages
from notebook_kit.lifetime.pooling.closings import Closings
from notebook_kit.lifetime.pooling.condition import Condition
from notebook_kit.lifetime.pooling.entry import Entry, made
from notebook_kit.lifetime.pooling.limits import Limits
from notebook_kit.lifetime.pooling.patience import Patience
from notebook_kit.lifetime.pooling.places import Places
from notebook_kit.lifetime.pooling.words import none_came_free, not_back, was_closed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from notebook_kit.errors import ResourceTimeout
    from notebook_kit.lifetime.pooling.options import PoolOptions
    from notebook_kit.lifetime.pooling.places import Turn
    from notebook_kit.lifetime.pooling.tally import Tally

__all__ = ["Supply"]

T = TypeVar("T")


class Supply(Generic[T]):
    """The resources of one pool, while it is open on one loop.

    Attributes:
        options: what the pool goes by.
        places: who has a resource and who waits for one.
        ages: which have got too old.
        tally: what was counted so far.
        closings: closes them.
        is_ending: whether the pool closes.
        on_freed: called when a place has come free.
    """

    __slots__ = (
        "_condition",
        "_has_waited",
        "_limits",
        "_loop",
        "_patience",
        "_quiet",
        "ages",
        "closings",
        "is_ending",
        "name",
        "on_freed",
        "options",
        "places",
        "tally",
    )

    def __init__(
        self, options: PoolOptions, name: str, tally: Tally, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.options = options
        self.name = name
        self.tally = tally
        self.places: Places[T] = Places(options, tally, loop)
        self.ages = Ages(options, self.places)
        self.closings = Closings(options, tally)
        self.is_ending = False
        self.on_freed: Callable[[], None] | None = None
        self._condition = Condition(options, name, tally)
        self._limits = Limits(name, tally)
        self._loop = loop
        self._patience = Patience(loop, self._too_late)
        self._quiet = asyncio.Event()
        self._has_waited = False

    # Taking

    async def obtain(self, timeout_s: float | None) -> Entry[T]:
        """Return a sound resource when it is one's turn.

        Raises:
            ClosedError: when the pool closes first.
            ResourceTimeout: when it takes too long.
            Exception: what opening one raises.
        """
        places = self.places
        begun = places.now()
        until = None if timeout_s is None else begun + timeout_s
        if places.idle:
            last = places.idle.pop()
            is_fit = await self._is_fit(last, until)
            entry = last if is_fit else await self._another(begun, until)
        elif places.reserve():
            entry = None
        else:
            turn: Turn[T] = self._loop.create_future()
            places.waiting.append(turn)
            entry = await self._in_turn(turn, begun, until)
        return await self.create(until) if entry is None else entry

    async def _another(self, begun: float, until: float | None) -> Entry[T] | None:
        """Return another for one who was in the line before all who wait now; None for a place.

        They have come while he looked at what lay idle. What comes free, also by what is let go of
        for him, is his first.
        """
        places = self.places
        turn: Turn[T] = places.back_in_line(begun)
        try:
            while places.idle and not turn.done():
                entry = places.idle.pop()
                if await self._is_fit(entry, until):
                    self._leave(turn)
                    return entry
        except BaseException:
            self._leave(turn)
            raise
        if not turn.done() and places.reserve():
            self._leave(turn)
            return None
        return await self._in_turn(turn, begun, until)

    async def _in_turn(self, turn: Turn[T], begun: float, until: float | None) -> Entry[T] | None:
        """Wait in the line; return a resource, or None for a place for one."""
        if until is not None and not turn.done():
            self._patience.end_at(until, turn)
        try:
            return await turn
        except BaseException:
            self._leave(turn)
            raise
        finally:
            self.tally.waited(self.places.now() - begun)

    def _leave(self, turn: Turn[T]) -> None:
        """Leave the line; what came at that very moment is given back."""
        if self.places.leave(turn):
            entry = turn.result()
            if entry is None:
                self.freed()
            else:
                self.give(entry)

    async def _is_fit(self, entry: Entry[T], until: float | None) -> bool:
        """Tell whether one that lay idle is still good; otherwise it is let go of."""
        if self.ages.is_old(entry):
            self.discard(entry)
            return False
        if self.options.check is None:
            return True
        async with self._limits.held(until, "checking one"):
            is_sound = await self._is_in(entry, self._condition.is_sound)
        if not is_sound:
            self.discard(entry, broken=True)
        if self.is_ending:
            self.discard(entry)
            raise was_closed(self.name)
        return is_sound

    async def create(self, until: float | None = None) -> Entry[T]:
        """Open a resource in a place that is reserved.

        Raises:
            ClosedError: when the pool closes meanwhile.
            ConfigurationError: when the factory returns nothing.
            ResourceTimeout: when it takes too long.
            Exception: what opening it raises.
        """
        places = self.places
        if self.is_ending:
            self.freed()
            raise was_closed(self.name)
        places.opening += 1
        try:
            async with self._limits.held(until, "opening one"):
                resource: T = await made(self.options.factory, self.name, self.tally)
        except BaseException:
            places.opening -= 1
            self.freed()
            raise
        places.opening -= 1
        entry = Entry(resource, places.now())
        places.add(entry)
        self.closings.unclosed.add(entry)
        self.tally.opened += 1
        if self.is_ending:
            self.discard(entry)
            raise was_closed(self.name)
        return entry

    def _too_late(self) -> ResourceTimeout:
        self.tally.timed_out += 1
        return none_came_free(self.name, self.places)

    async def add(self) -> None:
        """Open a resource in a place that is reserved, for whoever comes next.

        Raises:
            ClosedError: when the pool closes meanwhile.
            Exception: what opening it raises.
        """
        self.give(await self.create())

    async def _is_in(self, entry: Entry[T], asked: Callable[[T], Awaitable[bool]]) -> bool:
        """Ask for the condition of a resource; one that was not asked to the end is let go of."""
        try:
            return await asked(entry.resource)
        except BaseException:
            self.discard(entry, broken=True)
            raise

    # Giving back

    def give(self, entry: Entry[T]) -> None:
        """Take a resource back of which nothing bad is known."""
        places = self.places
        if entry not in places.entries:
            return  # It was closed under its user.
        if not self.is_ending and self.ages.has_aged(entry):
            self.discard(entry)
        elif places.hand_over(entry):
            return
        elif self.is_ending or len(places.idle) < self.options.max_idle:
            entry.since = self.places.now()
            places.idle.append(entry)
            self._quiet.set()
        else:
            self.discard(entry)

    async def give_back(self, entry: Entry[T]) -> None:
        """Take a resource back whose block ended well; it stays if it can be made as new."""
        has_reset = not self.is_ending and self.options.reset is not None
        if not has_reset or await self._is_in(entry, self._condition.is_as_new):
            self.give(entry)
        else:
            self.discard(entry, broken=True)

    async def give_after_error(self, entry: Entry[T]) -> None:
        """Take a resource back whose block ended with an error; it stays if that can be judged."""
        options = self.options
        is_judged = not self.is_ending and not (options.check is None and options.reset is None)
        if is_judged and await self._is_in(entry, self._condition.is_good_after_error):
            self.give(entry)
        else:
            self.discard(entry, broken=True)

    def discard(self, entry: Entry[T], *, broken: bool = False) -> None:
        """Close a resource beside all else, and give its place to somebody when that is done."""
        if entry in self.places.entries:
            self.places.entries.discard(entry)
            self.tally.broken += broken
            self.closings.begin(entry, self.freed)

    def freed(self) -> None:
        """Give a place back of which nothing is left."""
        self.places.free()
        self._quiet.set()
        if self.on_freed is not None and not self.is_ending:
            self.on_freed()

    # The end

    async def end(self) -> list[BaseException]:
        """Close all, those in use when they come back or the time is over; return what failed.

        Called again, it closes what is left, and waits for nobody a second time.
        """
        self.is_ending = True
        self.places.end(was_closed(self.name))
        self._patience.end()
        late = None if self._has_waited else await self._come_back()
        self._limits.end()
        places, held = self.places, len(self.places.entries)
        places.entries.clear()
        places.idle.clear()
        # Also those whose closing was cut before it began.
        left = list(self.closings.unclosed)
        try:
            closed = await asyncio.gather(*map(self.closings.close, left), return_exceptions=True)
        finally:
            places.taken -= held
        await self.closings.wait()
        return [*([late] if late else []), *(fault for fault in closed if fault is not None)]

    async def _come_back(self) -> ResourceTimeout | None:
        """Wait until nothing is in use; return what is to be said of what stays out."""
        places, limit_s = self.places, self.options.close_timeout_s
        try:
            async with asyncio.timeout(limit_s):
                while places.in_use or places.opening:
                    self._quiet.clear()
                    await self._quiet.wait()
        except TimeoutError:
            return not_back(self.name, places.in_use, places.opening, limit_s)
        finally:
            self._has_waited = True
        return None
