"""Where the resources of a pool come from and go to: opened, handed out, checked, let go of."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from notebook_kit.errors import ClosedError, ResourceTimeout
from notebook_kit.lifetime.pooling.closings import Closings
from notebook_kit.lifetime.pooling.condition import is_reset, is_sound
from notebook_kit.lifetime.pooling.entry import Entry, made
from notebook_kit.lifetime.pooling.patience import Patience
from notebook_kit.lifetime.pooling.places import Places
from notebook_kit.lifetime.uncut import in_time
from notebook_kit.numbers import plural, took

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from notebook_kit.lifetime.pooling.options import PoolOptions
    from notebook_kit.lifetime.pooling.tally import Tally

__all__ = ["Supply"]

T = TypeVar("T")

#: Seconds between two looks at what is idle, at least.
_SHORTEST_REST_S: Final = 0.001


class Supply(Generic[T]):
    """The resources of one pool, while it is open on one loop.

    Attributes:
        options: what the pool goes by.
        places: who has a resource and who waits for one.
        tally: what was counted so far.
        closings: closes them.
        is_ending: whether the pool closes.
        on_freed: called when a place has come free.
    """

    __slots__ = (
        "_loop",
        "_patience",
        "_quiet",
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
        self.closings = Closings(options, tally)
        self.is_ending = False
        self.on_freed: Callable[[], None] | None = None
        self._loop = loop
        self._patience = Patience(loop, self._too_late)
        self._quiet = asyncio.Event()

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
        entry = await self._from_idle(until) if places.idle else None
        if entry is None and not places.reserve():
            turn: asyncio.Future[Entry[T] | None] = self._loop.create_future()
            places.waiting.append(turn)
            if until is not None:
                self._patience.end_at(until, turn)
            try:
                entry = await turn
            except BaseException:
                places.leave(turn)
                raise
            self.tally.waited(places.now() - begun)
        return await self.create(until) if entry is None else entry

    async def _from_idle(self, until: float | None) -> Entry[T] | None:
        """Return the one that was used last, if it is still good."""
        while self.places.idle:
            entry = self.places.idle.pop()
            if self.is_old(entry):
                self.discard(entry)
            elif await self._is_in(entry, is_sound, until):
                return entry
            else:
                self.discard(entry, broken=True)
        return None

    async def create(self, until: float | None = None) -> Entry[T]:
        """Open a resource in a place that is reserved.

        Raises:
            ClosedError: when the pool closes meanwhile.
            ResourceTimeout: when it takes too long.
            Exception: what opening it raises.
        """
        places = self.places
        places.opening += 1
        try:
            async with in_time(until, self._too_late):
                entry = Entry(await made(self.options.factory), self.places.now())
        except BaseException as error:
            places.opening -= 1
            self.tally.failed += isinstance(error, Exception)
            self.freed()
            raise
        places.opening -= 1
        places.add(entry)
        self.closings.unclosed.add(entry)
        self.tally.opened += 1
        if self.is_ending:
            self.discard(entry)
            raise self.closed()
        return entry

    def _too_late(self) -> ResourceTimeout:
        self.tally.timed_out += 1
        places = self.places
        return ResourceTimeout(
            f"{self.name}: none of {plural(places.most, 'place')} came free in time; "
            f"{places.in_use} in use, {places.opening} being opened, {places.waits} waiting. "
            "Leave blocks sooner, or allow more with max_size= or acquire_timeout=."
        )

    async def add(self) -> None:
        """Open a resource in a place that is reserved, for whoever comes next.

        Raises:
            ClosedError: when the pool closes meanwhile.
            Exception: what opening it raises.
        """
        self.give(await self.create())

    def next_old_in_s(self) -> float | None:
        """Return the seconds until an idle one gets too old; None where none ever does.

        Where none is idle, it is the time in which one that came now would.
        """
        options, now = self.options, self.places.now()
        limits = [it for it in (options.idle_timeout_s, options.max_age_s) if it is not None]
        if not limits:
            return None
        left = [min(limits)]
        for entry in self.places.idle:
            if options.max_age_s is not None:
                left.append(entry.born + options.max_age_s - now)
            if options.idle_timeout_s is not None and not self._is_kept():
                left.append(entry.since + options.idle_timeout_s - now)
        return max(min(left), _SHORTEST_REST_S)

    def is_old(self, entry: Entry[T]) -> bool:
        """Tell whether it has lived or lain idle for too long."""
        idle_s = self.options.idle_timeout_s
        if idle_s is None or self._is_kept():
            return self._has_aged(entry)
        return self.places.now() - entry.since >= idle_s or self._has_aged(entry)

    def _has_aged(self, entry: Entry[T]) -> bool:
        limit_s = self.options.max_age_s
        return limit_s is not None and self.places.now() - entry.born >= limit_s

    def _is_kept(self) -> bool:
        """Tell whether no resource goes only because nobody needs it."""
        return len(self.places.entries) <= self.options.min_size

    async def _is_in(
        self,
        entry: Entry[T],
        condition: Callable[[PoolOptions, T], Awaitable[bool]],
        until: float | None = None,
    ) -> bool:
        """Ask for the condition of a resource; one that was not asked to the end is let go of."""
        try:
            async with in_time(until, self._too_late):
                return await condition(self.options, entry.resource)
        except BaseException:
            self.discard(entry, broken=True)
            raise

    # Giving back

    def give(self, entry: Entry[T]) -> None:
        """Take a resource back of which nothing bad is known."""
        places = self.places
        if entry not in places.entries:
            return  # It was closed under its user.
        if not self.is_ending and self._has_aged(entry):
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
        if self.is_ending or self.options.reset is None or await self._is_in(entry, is_reset):
            self.give(entry)
        else:
            self.discard(entry, broken=True)

    async def give_after_error(self, entry: Entry[T]) -> None:
        """Take a resource back whose block ended with an error; it stays if that can be judged."""
        options = self.options
        is_judged = not self.is_ending and not (options.check is None and options.reset is None)
        if is_judged and await self._is_in(entry, is_reset) and await self._is_in(entry, is_sound):
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
        """Close all, those in use when they come back or the time is over; return what failed."""
        self.is_ending = True
        self.places.end(self.closed())
        self._patience.end()
        late = await self._come_back()
        self.places.entries.clear()
        self.places.idle.clear()
        # Also those whose closing was cut before it began.
        left = list(self.closings.unclosed)
        closed = await asyncio.gather(*map(self.closings.close, left), return_exceptions=True)
        await self.closings.wait()
        return [*([late] if late else []), *(fault for fault in closed if fault is not None)]

    async def _come_back(self) -> ResourceTimeout | None:
        """Wait until nothing is in use; return what is to be said of what stays out."""
        limit_s = self.options.close_timeout_s
        try:
            async with asyncio.timeout(limit_s):
                while self.places.in_use or self.places.opening:
                    self._quiet.clear()
                    await self._quiet.wait()
        except TimeoutError:
            late = plural(self.places.in_use + self.places.opening, "resource")
            return ResourceTimeout(
                f"{self.name}: {late} did not come back within {took(limit_s)} and went under "
                "their users: leave their blocks before the pool is closed."
            )
        return None

    def closed(self) -> ClosedError:
        """Return what those are told who come too late."""
        return ClosedError(f"{self.name} was closed: make another.")
