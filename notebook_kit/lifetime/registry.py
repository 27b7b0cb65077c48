"""The registry of what is open, and the finalizers that close it.

A handle holds what must be closed and never the owner, so that the owner can be collected; when it
is, its finalizer closes the handle. Nothing here takes a lock: a finalizer may run at any moment in
any thread, also in the middle of a function that holds that lock. Adding to a dict, taking from it
and copying it are single steps; making a tuple of its values is not, because the collector may run
in between.
"""

from __future__ import annotations

import time
import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from notebook_kit.lifetime.monitor.holding import Holding
from notebook_kit.lifetime.monitor.numbers import numbers
from notebook_kit.lifetime.monitor.resource import OpenResource
from notebook_kit.lifetime.origin import Origin, caller_origin

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable, Coroutine
    from typing import Any

__all__ = ["Handle", "OpenResource", "close_all_handles", "open_resources", "register"]

_open: dict[int, Handle] = {}


@dataclass(slots=True, eq=False)
class Handle:
    """What must be closed, without its owner.

    Attributes:
        kind: as in `OpenResource`.
        name: as in `OpenResource`.
        close_soon: starts closing and returns at once; called by the finalizer, from any thread.
        aclose: closes and returns when that is done; awaited on the I/O loop.
        uses: how often it was used.
        look: says what it holds, from any thread; it never holds the owner either.
        end: as ``close_soon``, because somebody asked for it by `OpenResource.close`.
        loop: the event loop that ``aclose`` needs to run meanwhile; None for the I/O loop alone.
    """

    kind: str
    name: str
    close_soon: Callable[[], None]
    aclose: Callable[[], Coroutine[Any, Any, None]]
    made_at: Origin
    uses: int = 0
    opened: float = field(default_factory=time.time)
    number: int = field(default_factory=lambda: next(numbers))
    look: Callable[[], Holding] = Holding
    end: Callable[[], None] | None = None
    loop: AbstractEventLoop | None = None

    @property
    def is_open(self) -> bool:
        """Whether it has not been closed yet."""
        return self.number in _open

    def forget(self) -> bool:
        """Take it out of the registry; True for the first caller, who has to close it."""
        # Its finalizer keeps this as long as its owner lives, and would keep a loop that is gone.
        self.loop = None
        return _open.pop(self.number, None) is not None

    def dropped(self) -> None:
        """Close it because its owner was collected."""
        if self.forget():
            self.close_soon()


def register(
    owner: object,
    *,
    kind: str,
    name: str,
    close_soon: Callable[[], None],
    aclose: Callable[[], Coroutine[Any, Any, None]],
    look: Callable[[], Holding] = Holding,
    end: Callable[[], None] | None = None,
    loop: AbstractEventLoop | None = None,
    origin: Origin | None = None,
) -> Handle:
    """Note that something is open, and close it when its owner is collected.

    None of the functions may hold the owner, or it would never be collected.
    """
    made_at = origin or caller_origin()
    handle = Handle(kind, name, close_soon, aclose, made_at, look=look, end=end, loop=loop)
    _open[handle.number] = handle
    # At exit the I/O thread closes whatever is open, in order; finalizers run too late for that.
    weakref.finalize(owner, handle.dropped).atexit = False
    return handle


def open_resources() -> list[OpenResource]:
    """Return what is open now, oldest first.

    >>> [resource.kind for resource in open_resources()]
    []
    """
    return [_told(handle) for handle in list(_open.values())]


def _told(handle: Handle) -> OpenResource:
    try:
        holding = handle.look()
    except Exception:  # noqa: BLE001 - it may be in the middle of anything, and is only looked at
        holding = Holding("cannot be told")
    uses = handle.uses if holding.uses is None else holding.uses
    return OpenResource.of(handle, holding, uses=uses, end=_close)


def _close(number: int, _: str) -> None:
    """Close what has this number, if nobody has."""
    handle = _open.get(number)
    if handle is not None and handle.forget():
        (handle.end or handle.close_soon)()


async def close_all_handles(blocked: AbstractEventLoop | None = None) -> list[BaseException]:
    """Close everything that is open, newest first, and return the errors of closing.

    Args:
        blocked: a loop that stands still until this is done. What needs it is closed right after.
    """
    errors: list[BaseException] = []
    for handle in reversed(list(_open.values())):
        loop = handle.loop
        if not handle.forget():
            continue
        if loop is not None and loop is blocked:
            handle.close_soon()
            continue
        try:
            await handle.aclose()
        except Exception as error:  # noqa: BLE001 - one failing close must not stop the rest
            errors.append(error)
    return errors
