"""How far one resource is in its life: opened once, closed once, whoever asks and is cancelled.

A life goes by the loop that the resource was opened on. It holds no reference to the resource,
which hands itself over with every step, so that one that was dropped can be collected.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from notebook_kit.errors import ClosedError, ConfigurationError, ResourceTimeout
from notebook_kit.lifetime.living import Living, State, close_there
from notebook_kit.lifetime.loop_end import stays_open, stays_until_closed, was_closed
from notebook_kit.lifetime.origin import caller_origin
from notebook_kit.lifetime.steps import called, changing, done, fewer, leave, limit_of
from notebook_kit.lifetime.uncut import (
    closed_within,
    finished,
    joined,
    one_of,
    to_the_end,
    told_of,
    told_with,
)
from notebook_kit.lifetime.wakeful import stay_awake
from notebook_kit.logs import kit_logger

if TYPE_CHECKING:
    from notebook_kit.lifetime.registry import Handle

__all__ = ["Life"]

logger = kit_logger("notebook_kit.lifetime")

#: Closings of what was dropped; a loop holds its tasks weakly.
_closings: set[asyncio.Task[None]] = set()


class Life:
    """The state of a resource, and who waits for it to change.

    Attributes:
        state: how far it is.
        loop: the loop that it belongs to, from its opening on.
        stack: what was entered while it opened; left in reverse order after it has closed.
        handle: its entry among what is open, while it is.
        origin: where its resource was made.
        left_by: the error that left its block, where it closes for that.
        is_unasked: whether it closes although nobody has said that all is done with it.
        users: blocks that have entered it and not left it yet.
        is_kept_awake: whether its loop is kept awake, because somebody may wait in it.
    """

    __slots__ = (
        "_attempt",
        "_closing",
        "_unwanted",
        "handle",
        "is_kept_awake",
        "is_unasked",
        "left_by",
        "loop",
        "origin",
        "stack",
        "state",
        "users",
    )

    def __init__(self) -> None:
        self.origin = caller_origin()
        self.state: State = "new"
        self.loop: asyncio.AbstractEventLoop | None = None
        self.stack = AsyncExitStack()
        self.handle: Handle | None = None
        self.left_by: BaseException | None = None
        self.is_unasked = False
        self.users = 0
        self.is_kept_awake = False
        self._attempt: asyncio.Future[None] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._unwanted = False

    def _fingerprint_(self) -> dict[str, Any]:
        """Return what answers depend on: not on whether something is open."""
        return {}

    @property
    def is_busy(self) -> bool:
        """Whether somebody uses it, or waits for it to open or to close."""
        return self.users > 0 or self.state in ("opening", "closing")

    def is_changing_here(self) -> bool:
        """Tell whether who asks is its own opening or closing, or was begun by that."""
        return self.state in ("opening", "closing") and self in changing.get()

    # Opening

    async def open(self, owner: Living) -> None:
        """Open it, or wait for whoever does.

        Who is cancelled in the middle of opening leaves it to the next of those who wait. Where it
        fails, all who waited are told.
        """
        here = asyncio.get_running_loop()
        while self.state != "open" or self.loop is not here:
            if self.is_changing_here():
                return  # What it does meanwhile may be asked of it by its own methods.
            self._part_from_a_dead_loop(owner, "new")
            if self.state in ("closing", "closed"):
                raise _was_closed(owner)
            if self.loop is not None and self.loop is not here:
                message = (
                    f"{called(owner)} was opened on another event loop, which still goes on: use "
                    "it there, or make one for this loop."
                )
                raise ConfigurationError(message)
            if self._attempt is None:
                await self._begin(owner, here)
                if self._unwanted:
                    await self.close(owner)
                    raise _was_closed(owner)
            else:
                # Waited for so, it is not cancelled with who waits.
                await asyncio.wait([attempt := self._attempt])
                attempt.result()

    async def _begin(self, owner: Living, here: asyncio.AbstractEventLoop) -> None:
        limit_of(owner)  # So that a wrong one is told before anything is done.
        attempt = self._attempt = here.create_future()
        self.loop, self.state = here, "opening"
        stay_awake(self)
        failed: BaseException | None = None
        token = changing.set(changing.get() | {self})
        try:
            await done(owner._open)  # noqa: SLF001 - what a subclass says
            self.handle = owner._registered()  # noqa: SLF001 - as above
        except BaseException as error:
            failed = error
            await self._undo(owner, error)
            raise
        else:
            self.state = "open"
            stays_open(here, owner)
        finally:
            changing.reset(token)
            self._attempt = None
            if failed is not None:
                self.state, self.loop = "closed" if self._unwanted else "new", None
            if isinstance(failed, Exception):
                attempt.set_exception(failed)
                attempt.exception()  # Nobody need be waiting for it.
            else:
                attempt.set_result(None)

    async def _undo(self, owner: Living, error: BaseException) -> None:
        """Leave what a failed opening had entered."""
        stack, self.stack = self.stack, AsyncExitStack()
        self.left_by = error
        try:
            leaving = partial(leave, stack, error)
            await to_the_end(lambda: closed_within(limit_of(owner), called(owner), leaving))
        except Exception as fault:  # noqa: BLE001 - told with the error that is on its way
            told_with(error, fault)
        finally:
            self.left_by = None

    # Closing

    async def close(self, owner: Living, *, at_most_s: float | None = None) -> None:
        """Close it, or wait for whoever does; it is over when this returns or raises.

        Args:
            owner: the resource.
            at_most_s: seconds that this may take, if they are fewer than its own.
        """
        here = asyncio.get_running_loop()
        limit_s = fewer(limit_of(owner), at_most_s)
        if self.is_changing_here():
            if self.state == "closing":
                return  # That is what goes on; waiting for it would be waiting for oneself.
            message = f"{called(owner)} cannot be closed by its own opening: let that fail instead."
            raise ConfigurationError(message)
        self._part_from_a_dead_loop(owner, "closed")
        if self.loop is not None and self.loop is not here:
            await close_there(self, owner, self.loop, limit_s)
            return
        try:
            await self._opening_ended(owner, limit_s)
        except asyncio.CancelledError:
            if self.state == "closing":  # Somebody else was faster.
                await self._closed(owner, limit_s)
            raise
        if self.state == "new":
            self.state = "closed"
        if self.state == "closed":
            return
        await self._closed(owner, limit_s)

    async def _closed(self, owner: Living, limit_s: float | None) -> None:
        """Have it closed by a task of its own, and pass a cancellation on when it is."""
        cut: asyncio.CancelledError | None = None
        begun = False
        while True:
            # One that was cut before it began, by the end of its loop, is begun again.
            if self._closing is None or self._closing.cancelled():
                self.state, begun = "closing", True
                self._closing = asyncio.ensure_future(self._shut(owner, limit_s))
            if not begun:
                await joined(self._closing, limit_s)
            try:
                await finished(self._closing)
                break
            except asyncio.CancelledError as error:
                if self.state != "closing":
                    raise
                cut = error
        if cut is not None:
            raise cut

    async def _opening_ended(self, owner: Living, limit_s: float | None) -> None:
        """Wait for whoever is opening it; one who takes too long closes it himself, when it is."""
        while (attempt := self._attempt) is not None:
            done, _ = await asyncio.wait([attempt], timeout=limit_s)
            if not done:
                self._unwanted = True
                message = f"{called(owner)} is still being opened, and closes when it is open."
                raise ResourceTimeout(message)

    async def _shut(self, owner: Living, limit_s: float | None) -> None:
        """Close it and leave what it had entered, each of them whatever the other does."""
        faults: list[BaseException] = []
        changing.set(changing.get() | {self})
        try:
            closing = partial(done, owner._close)  # noqa: SLF001 - what a subclass says
            await closed_within(limit_s, called(owner), closing)
        except (ResourceTimeout, asyncio.CancelledError) as cut:
            faults.append(cut)
            _abort(owner)
        except BaseException as fault:  # noqa: BLE001 - raised when all is left
            faults.append(fault)
        try:
            leaving = partial(leave, self.stack, self.left_by)
            await closed_within(limit_s, called(owner), leaving)
        except BaseException as fault:  # noqa: BLE001 - as above
            faults.append(fault)
        finally:
            self._ended("closed", owner)
        if faults:
            raise one_of(faults)

    def abandon(self, owner: Living, then: State) -> None:
        """Let go of it at once: there is no loop on which it could be closed."""
        self.users = 0
        _abort(owner)
        self._ended(then, owner)

    def dropped(self, owner: Living) -> None:
        """Close it soon, because nobody has it; from any thread, in the middle of anything."""
        self.is_unasked |= self.state == "open"
        loop = self.loop
        with suppress(RuntimeError):
            if loop is not None:
                stays_until_closed(loop, owner)
                loop.call_soon_threadsafe(_close_dropped, owner)
                return
        self.abandon(owner, "closed")

    def _part_from_a_dead_loop(self, owner: Living, then: State) -> None:
        if self.loop is not None and self.loop.is_closed():
            self.abandon(owner, then)

    def _ended(self, state: State, owner: Living) -> None:
        loop, self.loop, self.state = self.loop, None, state
        self._attempt, self.stack, self.left_by = None, AsyncExitStack(), None
        if self.handle is not None:
            self.handle.forget()
        if loop is not None:
            was_closed(loop, owner)


def _was_closed(owner: Living) -> ClosedError:
    return ClosedError(f"{called(owner)} was closed: make another.")


def _abort(owner: Living) -> None:
    try:
        owner._abort()  # noqa: SLF001 - what a subclass says
    except Exception as fault:  # noqa: BLE001 - whoever closes it has an error of more weight
        logger.warning("Letting go of %s failed: %s", called(owner), told_of(fault))


def _close_dropped(owner: Living) -> None:
    """Close it on the loop that runs here; what it fails with, nobody is left to be told."""
    closing = asyncio.ensure_future(owner.close())
    _closings.add(closing)
    closing.add_done_callback(_was_dropped)


def _was_dropped(closing: asyncio.Task[None]) -> None:
    _closings.discard(closing)
    fault = None if closing.cancelled() else closing.exception()
    if fault is not None:
        logger.warning("Closing what was dropped failed: %s", told_of(fault))
