"""The registry of what is open, and the finalizers that close it.

A handle holds what must be closed and never the owner, so that the owner can be collected; when it
is, its finalizer closes the handle. Nothing here takes a lock: a finalizer may run at any moment in
any thread, also in the middle of a function that holds that lock. Adding to a dict, taking from it
and copying it are single steps; making a tuple of its values is not, because the collector may run
in between.
"""

from __future__ import annotations

import itertools
import time
import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from notebook_kit.lifetime.origin import Origin, caller_origin

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

__all__ = ["Handle", "OpenResource", "close_all_handles", "open_resources", "register"]

_numbers = itertools.count(1)
_open: dict[int, Handle] = {}


@dataclass(frozen=True, slots=True)
class OpenResource:
    """One thing that is open.

    Attributes:
        kind: ``"client"``, ``"run"``, ``"demo server"`` and so on.
        name: what it is, secrets removed.
        opened: seconds since the epoch.
        made_at: the line or cell that made it.
        uses: how often it was used.
    """

    kind: str
    name: str
    opened: float
    made_at: Origin
    uses: int

    def __str__(self) -> str:
        seconds = time.time() - self.opened
        times = "once" if self.uses == 1 else f"{self.uses:,} times"
        made = f"made in {self.made_at}, used {times}"
        return f"{self.kind} {self.name}: open for {seconds:,.0f} s, {made}"


@dataclass(slots=True, eq=False)
class Handle:
    """What must be closed, without its owner.

    Attributes:
        kind: as in `OpenResource`.
        name: as in `OpenResource`.
        close_soon: starts closing and returns at once; called by the finalizer, from any thread.
        aclose: closes and returns when that is done; awaited on the I/O loop.
        uses: how often it was used.
    """

    kind: str
    name: str
    close_soon: Callable[[], None]
    aclose: Callable[[], Coroutine[Any, Any, None]]
    made_at: Origin
    uses: int = 0
    opened: float = field(default_factory=time.time)
    number: int = field(default_factory=lambda: next(_numbers))

    @property
    def is_open(self) -> bool:
        """Whether it has not been closed yet."""
        return self.number in _open

    def forget(self) -> bool:
        """Take it out of the registry; True for the first caller, who has to close it."""
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
) -> Handle:
    """Note that something is open, and close it when its owner is collected.

    Neither function may hold the owner, or it would never be collected.
    """
    handle = Handle(kind, name, close_soon, aclose, caller_origin())
    _open[handle.number] = handle
    # At exit the I/O thread closes whatever is open, in order; finalizers run too late for that.
    weakref.finalize(owner, handle.dropped).atexit = False
    return handle


def open_resources() -> list[OpenResource]:
    """Return what is open now, oldest first.

    >>> [resource.kind for resource in open_resources()]
    []
    """
    return [
        OpenResource(handle.kind, handle.name, handle.opened, handle.made_at, handle.uses)
        for handle in list(_open.values())
    ]


async def close_all_handles() -> list[BaseException]:
    """Close everything that is open, newest first, and return the errors of closing."""
    errors: list[BaseException] = []
    for handle in reversed(list(_open.values())):
        if not handle.forget():
            continue
        try:
            await handle.aclose()
        except Exception as error:  # noqa: BLE001 - one failing close must not stop the rest
            errors.append(error)
    return errors
