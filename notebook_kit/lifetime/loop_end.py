"""The end of a loop: what is still open on it is closed, in order, before it goes.

`asyncio.run` and `asyncio.Runner` end a loop by closing the asynchronous generators that were begun
on it, after they have cancelled its tasks. So one such generator waits on each loop that something
was opened on, and closes what is left. A loop that has merely stopped when the interpreter exits,
as a kernel's, is run once more for that.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import importlib
import os
import sys
import threading
import weakref
from typing import TYPE_CHECKING, Any, Final, Protocol

from notebook_kit.lifetime.steps import called, is_stray
from notebook_kit.lifetime.uncut import told_of
from notebook_kit.logs import kit_logger

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine

__all__ = ["stays_open", "stays_until_closed", "was_closed"]

#: Seconds that everything on one loop may take when the interpreter exits.
_AT_EXIT_S: Final = 2.0

logger = kit_logger("notebook_kit.lifetime")


class _Closes(Protocol):
    name: str
    close_timeout_s: float | None

    async def _close_unasked(self) -> None: ...


class _Keeper:
    """What is open on one loop, oldest first.

    Nothing is kept alive by it but what was dropped, and that only until it has closed.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = weakref.ref(loop)
        self.open: dict[int, weakref.ref[_Closes]] = {}
        self.dropped: dict[int, _Closes] = {}
        self.generator = self._wait_for_the_end()
        # It is begun by hand, because whoever opens something must not wait here.
        hooks = sys.get_asyncgen_hooks()
        # Of the loop's own hooks the one that finalizes would keep the loop, and so itself, alive.
        sys.set_asyncgen_hooks(finalizer=None)
        try:
            with contextlib.suppress(StopIteration):
                self.generator.asend(None).send(None)
        finally:
            sys.set_asyncgen_hooks(*hooks)

    async def _wait_for_the_end(self) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            # Its loop may have been closed in another way, and this be collected at any moment.
            if asyncio._get_running_loop() is self._loop():  # noqa: SLF001 - documented
                # What closes may begin generators of its own, as a context manager is one, and ends
                # them: a loop would warn of each, because it looks after no new ones any more. It
                # puts back itself what was set before it ran.
                sys.set_asyncgen_hooks(firstiter=None)
                await self.close_all()

    async def close_all(self) -> None:
        """Close what is left, newest first; one that fails stops no other."""
        while (owner := self._next()) is not None:
            try:
                await owner._close_unasked()  # noqa: SLF001 - one of its kind
            except BaseException as fault:
                if not isinstance(fault, Exception) and not is_stray(fault):
                    raise
                logger.warning(
                    "%s was left open, and closing it failed: %s", called(owner), told_of(fault)
                )

    def _next(self) -> _Closes | None:
        """Take what is to be closed next: what somebody has, and then what nobody has any more."""
        while self.open:
            _, known = self.open.popitem()
            # What was dropped cannot be referred to weakly any more.
            if (owner := known()) is not None:
                return owner
        return self.dropped.popitem()[1] if self.dropped else None


_keepers: Final[weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Keeper]] = (
    weakref.WeakKeyDictionary()
)


def stays_open(loop: asyncio.AbstractEventLoop, owner: _Closes) -> None:
    """Have it closed at the end of the loop, which runs here, if nobody does before."""
    keeper = _keepers.get(loop)
    if keeper is None:
        keeper = _keepers[loop] = _Keeper(loop)
    keeper.open[id(owner)] = weakref.ref(owner)


def stays_until_closed(loop: asyncio.AbstractEventLoop, owner: _Closes) -> None:
    """Keep what nobody else has; from any thread.

    The end of the loop may come before its closing begins.
    """
    if (keeper := _keepers.get(loop)) is not None:
        keeper.dropped[id(owner)] = owner


def was_closed(loop: asyncio.AbstractEventLoop, owner: object) -> None:
    """Note that nothing is left to be done for it."""
    if (keeper := _keepers.get(loop)) is not None:
        keeper.open.pop(id(owner), None)
        keeper.dropped.pop(id(owner), None)


def _close_at_exit() -> None:
    """Run each loop that has stopped, but was not closed, until what is open on it is closed."""
    if threading.current_thread() is not threading.main_thread():
        return
    for loop, keeper in list(_keepers.items()):
        if not (keeper.open or keeper.dropped) or loop.is_closed() or loop.is_running():
            continue
        try:
            _run(loop, asyncio.wait_for(keeper.close_all(), _AT_EXIT_S))
        except Exception as fault:  # noqa: BLE001 - exit goes on
            logger.warning("What was left open could not be closed: %s", told_of(fault))


def _run(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, None]) -> None:
    """Run some work to its end, though the loop be told to stop, as that of a kernel still is."""
    task = loop.create_task(work)
    task.add_done_callback(lambda _: loop.stop())
    while not task.done():
        loop.run_forever()
    task.result()


def _have_called_at_exit(function: Callable[[], None]) -> None:
    """Have it called before threads are waited for: some of them end when a resource is closed.

    What `concurrent.futures` registers is called after it, because that was imported before.
    """
    importlib.import_module("concurrent.futures.thread")
    register: Any = getattr(threading, "_register_atexit", atexit.register)
    try:
        register(function)
    except RuntimeError:  # The interpreter is ending already.
        atexit.register(function)


def _forget_all() -> None:
    """Leave what is open, in a child, to its parent, whose the loops are too."""
    for keeper in _keepers.values():
        keeper.open.clear()
    _keepers.clear()


_have_called_at_exit(_close_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
