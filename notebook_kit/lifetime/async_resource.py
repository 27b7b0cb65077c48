"""The base of what must be opened and closed in async code."""

from __future__ import annotations

import sys
import warnings
import weakref
from typing import TYPE_CHECKING, Any, ClassVar, Self

from notebook_kit.lifetime.life import Life
from notebook_kit.lifetime.monitor.holding import Holding
from notebook_kit.lifetime.registry import Handle, register
from notebook_kit.lifetime.steps import called
from notebook_kit.lifetime.uncut import never_instead_of
from notebook_kit.lifetime.wakeful import stay_awake

if TYPE_CHECKING:
    from contextlib import AsyncExitStack
    from types import TracebackType

    from notebook_kit.lifetime.living import State

__all__ = ["AsyncResource"]


class AsyncResource:
    """Something that is opened before it is used and closed after: a connection, a file, a pool.

    A subclass says how, in `_open` and `_close`; when and how often is seen to here. It is opened
    once, however many ask at the same moment, and closed once: at the end of an ``async with``
    block, by `close`, when the last reference to it goes, when its event loop ends, or when the
    process does. Where somebody is cancelled in the middle of that, nothing stays half open, and
    the cancellation is passed on.

    It belongs to the event loop that it was opened on. `close` may be awaited on any other.

    Attributes:
        name: what messages and `notebook_kit.open_resources` call it; the name of its class, if a
            subclass says nothing else. Shown with secrets removed.
        kind: what `notebook_kit.open_resources` sorts it under.
        close_timeout_s: seconds that closing may take before it is cut; None for no limit.

    >>> import asyncio
    >>> class Greeter(AsyncResource):
    ...     async def _open(self) -> None:
    ...         self.words = ["hello"]
    ...
    ...     async def _close(self) -> None:
    ...         self.words.clear()
    ...
    ...     async def greet(self) -> str:
    ...         await self.open()  # on first use; nothing where it is open
    ...         return self.words[0]
    >>> async def main() -> str:
    ...     async with Greeter() as greeter:
    ...         return await greeter.greet()
    >>> asyncio.run(main())
    'hello'
    """

    kind: ClassVar[str] = "resource"
    name: str = ""
    close_timeout_s: float | None = 10.0

    _life: Life

    def __new__(cls, *args: Any, **options: Any) -> Self:
        """Begin its life here, so that no subclass has to think of it."""
        if (args or options) and cls.__init__ is object.__init__:
            message = f"{cls.__name__}() takes no arguments"
            raise TypeError(message)
        made = super().__new__(cls)
        # A frozen dataclass refuses the ordinary way.
        object.__setattr__(made, "_life", Life())
        return made

    def __init_subclass__(cls, **options: Any) -> None:
        """Name the class after itself, where it has no other name."""
        super().__init_subclass__(**options)
        if not cls.name:
            cls.name = cls.__name__

    # What a subclass says

    async def _open(self) -> None:
        """Open it; what is entered into ``self._stack`` is left after `_close`, or on a failure."""

    async def _close(self) -> None:
        """Close what `_open` has opened; called once, and only where that went well."""

    def _abort(self) -> None:
        """Let go of it without waiting, where `_close` was cut or has no loop to run on."""
        message = (
            f"{self.name} was not closed: its event loop had ended, or closing took too long. "
            f"Close it before, or let {type(self).__name__}._abort let go of it without waiting."
        )
        warnings.warn(message, ResourceWarning, stacklevel=2)

    def _look(self) -> Holding:
        """Say what it holds, for `notebook_kit.open_resources`; from any thread."""
        return Holding(busy=self._life.users > 0)

    @property
    def _stack(self) -> AsyncExitStack:
        """What `_open` enters here is left in reverse order: other resources, files, locks."""
        return self._life.stack

    @property
    def _called(self) -> str:
        """Its name as messages say it: without secrets, and with nothing in it that acts."""
        return called(self)

    @property
    def _left_by(self) -> BaseException | None:
        """While it closes: the error that has left its block, or a cancellation; or None."""
        return self._life.left_by

    async def _close_unasked(self) -> None:
        """Close it with its loop or with everything: nobody has said that all is done with it.

        So a file that is half written is not put in the place of a whole one.
        """
        self._life.is_unasked |= self._life.state == "open"
        await self.close()

    # When it is done

    @property
    def state(self) -> State:
        """How far it is: ``"new"``, ``"opening"``, ``"open"``, ``"closing"`` or ``"closed"``."""
        return self._life.state

    @property
    def is_open(self) -> bool:
        """Whether it can be used now."""
        return self._life.state == "open"

    async def open(self) -> Self:
        """Open it, if it is not open; return it.

        Raises:
            ClosedError: when it was closed; a closed one is not opened again.
            ConfigurationError: when it is open on another event loop.
            Exception: what `_open` raised; it can be tried again then.
        """
        await self._life.open(self)
        return self

    async def close(self) -> None:
        """Close it, and return when that is done; any number of times, from any event loop.

        Raises:
            ResourceTimeout: when it took longer than `close_timeout_s`.
            Exception: what `_close` raised; it counts as closed.
        """
        await self._life.close(self)

    async def __aenter__(self) -> Self:
        life = self._life
        life.users += 1
        try:
            await life.open(self)
        except BaseException:
            life.users -= 1
            raise
        if life.handle is not None:
            life.handle.uses += 1
        if not life.is_kept_awake:
            stay_awake(life)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it, if no other block has entered it meanwhile."""
        life = self._life
        life.users = max(0, life.users - 1)
        # What several blocks have used is spoiled by any of them.
        life.left_by = life.left_by or error
        if life.users == 0:
            with never_instead_of(error, self._called):
                await life.close(self)
            life.left_by = None

    def __repr__(self) -> str:
        """Tell its state and what it holds, without secrets."""
        kind = type(self).__name__
        name = self._called
        name = "" if name in ("", kind) or name.startswith("the ") else f" {name}"
        holds = self._look().text if self.is_open else ""
        return f"<{kind}{name}: {self.state}{holds and ', '}{holds}>"

    def __del__(self) -> None:
        # A finalizer of weakref has no resource to close any more, and must not hold one.
        life: Life | None = getattr(self, "_life", None)
        if life is not None and life.state == "open" and not sys.is_finalizing():
            life.dropped(self)

    def _registered(self) -> Handle | None:
        """Note it among what is open."""
        known = weakref.ref(self)

        def close_soon() -> None:
            if (owner := known()) is not None:
                owner._life.dropped(owner)  # noqa: SLF001 - one of its own kind

        async def aclose() -> None:
            if (owner := known()) is not None:
                await owner._close_unasked()  # noqa: SLF001 - one of its own kind

        def look() -> Holding:
            owner = known()
            return Holding() if owner is None else owner._look()  # noqa: SLF001 - as above

        return register(
            self,
            kind=self.kind,
            name=self.name,
            close_soon=close_soon,
            aclose=aclose,
            look=look,
            loop=self._life.loop,
            origin=self._life.origin,
        )
