"""Several resources under names: opened in order of need, closed in reverse, whatever happens."""

from __future__ import annotations

import asyncio
import graphlib
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

from notebook_kit.errors import ClosedError, ClosingFailed, ConfigurationError, ResourceTimeout
from notebook_kit.lifetime.async_resource import AsyncResource
from notebook_kit.lifetime.managed import Managed, needs_of, refuse_no_name, refuse_unmade
from notebook_kit.lifetime.monitor.holding import Holding
from notebook_kit.lifetime.steps import called, is_stray
from notebook_kit.lifetime.uncut import told_of
from notebook_kit.markup import Markup, numbers_html
from notebook_kit.numbers import plural
from notebook_kit.policies import seconds
from notebook_kit.redact import scrub, scrub_chain, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from notebook_kit.policies import Duration

__all__ = ["ResourceManager"]

T = TypeVar("T")

#: Seconds that even the last has to close, when others have used up the time.
_LEAST_S: Final = 0.1


class ResourceManager(AsyncResource):
    """Resources under names, opened in order of need and closed in the reverse of that order.

    They are opened at the beginning of the manager's ``async with`` or by `open`; with ``lazy``,
    and where they are added later, each by the first `get` of it. When the manager closes, one that
    fails or hangs stops no other: each has its share of the time, and all errors are told together.

    Args:
        lazy: whether each is opened only when somebody asks for it.
        close_timeout: how long closing all of them may take, a duration.
        name: what messages call it.

    >>> import asyncio, io
    >>> manager = ResourceManager()
    >>> _ = manager.add("page", io.StringIO)
    >>> _ = manager.add("title", lambda page: page.write("Title"))
    >>> async def main() -> str:
    ...     async with manager:
    ...         return manager["page"].getvalue()
    >>> asyncio.run(main())
    'Title'
    """

    kind: ClassVar[str] = "manager"

    def __init__(
        self,
        *,
        lazy: bool = False,
        close_timeout: Duration = "10 s",
        name: str = "the resource manager",
    ) -> None:
        self.name = name
        self._lazy = lazy
        self._limit_s = seconds(close_timeout, name="close_timeout")
        # It keeps to its time by itself; this is for what goes wrong with that.
        self.close_timeout_s = 2 * self._limit_s + 1
        self._managed: dict[str, Managed] = {}
        #: Names in the order in which they were opened.
        self._order: list[str] = []

    def add(self, name: str, resource: T, *, needs: Iterable[str] | None = None) -> T:
        """Add a resource under a name, and return it.

        Args:
            name: a name that nothing else has here.
            resource: an `AsyncResource`; an async or ordinary context manager, as
                `notebook_kit.Client` is; something with ``aclose()`` or ``close()`` that is open
                already; or a function that makes one of these, async or not. A function is given
                what it needs by name, where it has a parameter of that name.
            needs: names of those that are opened before it and closed after it; of a function, its
                parameters that have no default, if None.

        Raises:
            ConfigurationError: when the name is taken, or no name.
        """
        refuse_no_name(name, "name")
        refuse_unmade(name, resource)
        if self.state in ("closing", "closed"):
            raise self._was_closed()
        if name in self._managed:
            message = f"{name!r} has been added already: give this one another name."
            raise ConfigurationError(message)
        self._managed[name] = Managed(
            name,
            resource,
            needs_of(resource, needs),
            self._obtained,
            self._order.append,
            limit_s=self._limit_s,
        )
        return resource

    async def get(self, name: str) -> Any:
        """Return what stands under a name, opened if it is not, after all that it needs.

        Raises:
            ConfigurationError: when there is no such name, or something that it needs is not there.
            ClosedError: when the manager is closed.
            Exception: what opening one of them raised.
        """
        self._check([name])
        await self.open()
        value = await self._obtained(name)
        if self.state in ("closing", "closed") and not self._life.is_changing_here():
            raise self._was_closed()
        return value

    def _was_closed(self) -> ClosedError:
        return ClosedError(f"{self._called} was closed: make another.")

    def __getitem__(self, name: str) -> Any:
        """Return what stands under a name and is open.

        Raises:
            ConfigurationError: when there is no such name, or it is not open.
            ClosedError: when the manager is closed.
        """
        self._check([name])
        managed = self._managed[name]
        if self.state == "closed":
            raise self._was_closed()
        if not managed.is_open:
            message = f"{name!r} is not open: write `await manager.get({name!r})`."
            raise ConfigurationError(message)
        return managed.value

    def __contains__(self, name: object) -> bool:
        return name in self._managed

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._managed))

    def __len__(self) -> int:
        return len(self._managed)

    def __bool__(self) -> bool:
        """Be true without anything in it, too: it is no collection of values."""
        return True

    async def _obtained(self, name: str) -> Any:
        managed = self._managed[name]
        if managed._life.is_changing_here():  # noqa: SLF001 - one of its own kind
            message = f"{name!r} can never be opened, because its function asks for it."
            raise ConfigurationError(message)
        return (await managed.open()).value

    def _fingerprint_(self) -> dict[str, Any]:
        """Return what answers depend on, for the fingerprint of a function that uses this."""
        return {name: managed.source for name, managed in self._managed.items()}

    async def _open(self) -> None:
        order = self._check(self._managed)
        # Where one cannot be opened, those before it are closed again.
        self._stack.push_async_callback(self._close_all)
        for name in () if self._lazy else order:
            await self._obtained(name)

    async def _close(self) -> None:
        """Close all, the newest first, each within its share of the time that is left."""
        await self._close_all()

    async def _close_all(self) -> None:
        until = asyncio.get_running_loop().time() + self._limit_s
        errors: dict[str, BaseException] = {}
        while (name := self._next()) is not None:
            left_s = until - asyncio.get_running_loop().time()
            share_s = max(left_s / (len(self._order) + 1), _LEAST_S)
            managed = self._managed[name]
            managed.close_timeout_s = share_s
            managed._life.left_by = self._left_by  # noqa: SLF001 - one of its own kind
            managed._life.is_unasked = self._life.is_unasked  # noqa: SLF001 - as above
            # Where opening failed, the next try begins with another.
            self._managed[name] = managed.again()
            try:
                await _closed_or_left(managed, share_s)
            except BaseException as fault:
                if not isinstance(fault, Exception) and not is_stray(fault):
                    raise
                errors[name] = fault
        if errors:
            told = "; ".join(f"{name}: {told_of(fault)}" for name, fault in errors.items())
            message = f"Closing failed for {len(errors)} of {self._called}: {scrub(told)}"
            for told_error in errors.values():
                scrub_chain(told_error)
            raise ClosingFailed(message, errors=errors) from next(iter(errors.values()))

    def _next(self) -> str | None:
        """Return what is to be closed next: what is still being opened, then the newest."""
        for name, managed in self._managed.items():
            if managed.state == "opening" and not managed._life.is_changing_here():  # noqa: SLF001
                return name
        return self._order.pop() if self._order else None

    def _check(self, names: Iterable[str]) -> list[str]:
        """Return names with all that they need, in the order in which they can be opened.

        Raises:
            ConfigurationError: when there is no such order.
        """
        needs: dict[str, tuple[str, ...]] = {}
        wanted = [(name, "") for name in names]
        while wanted:
            name, by = wanted.pop()
            if name not in self._managed:
                known = ", ".join(map(repr, self._managed)) or "nothing yet"
                message = f"{by}{shown(name)} has not been added; there is {known}."
                raise ConfigurationError(message)
            if name not in needs:
                needs[name] = self._managed[name].needs
                wanted += [(need, f"{name!r} needs another: ") for need in needs[name]]
        ordered = {name: needs[name] for name in self._managed if name in needs}
        try:
            return list(graphlib.TopologicalSorter(ordered).static_order())
        except graphlib.CycleError as error:
            circle = " needs ".join(map(repr, reversed(error.args[1])))
            message = f"These can never be opened, because {circle}: take one of the needs away."
            raise ConfigurationError(message) from None

    def _repr_html_(self) -> Markup:
        over = self.state if self.state == "closed" else None
        rows = [
            (
                scrub(name),
                f"{over or it.state}{', after ' if it.needs else ''}{', '.join(it.needs)}",
            )
            for name, it in self._managed.items()
        ]
        return numbers_html(f"{self._called}: {self.state}", rows)

    def _look(self) -> Holding:
        return Holding(f"{plural(len(self._order), 'resource')} open", busy=self._life.users > 0)


async def _closed_or_left(managed: Managed, share_s: float) -> None:
    """Close one; where it goes on in spite of being cut, the others must not wait for it.

    Raises:
        ResourceTimeout: when it does.
        Exception: what closing it raises.
    """
    closing = asyncio.ensure_future(managed.close())
    await asyncio.wait([closing], timeout=share_s + _LEAST_S)
    if not closing.done():
        closing.add_done_callback(_told_already)
        message = f"Closing {called(managed)} goes on, although it was cut: it is left to itself."
        raise ResourceTimeout(message)
    closing.result()


def _told_already(closing: asyncio.Task[None]) -> None:
    """Take note of what it fails with in the end."""
    if not closing.cancelled():
        closing.exception()
