"""One resource of a manager: what it is made of, what it needs, how it is entered and left."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, ClassVar, Final

from notebook_kit.errors import ConfigurationError
from notebook_kit.lifetime.async_resource import AsyncResource
from notebook_kit.lifetime.pooling.entry import close_anything
from notebook_kit.redact import shown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from notebook_kit.lifetime.registry import Handle

__all__ = ["Managed", "needs_of", "refuse_no_name", "refuse_unmade"]

_ASYNC_BLOCK: Final = ("__aenter__", "__aexit__")
_BLOCK: Final = ("__enter__", "__exit__")
_NAMED: Final = (
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.KEYWORD_ONLY,
    inspect.Parameter.VAR_KEYWORD,
)


class Managed(AsyncResource):
    """What stands under one name of a manager.

    Attributes:
        source: what was added: what is opened, or what makes it.
        needs: names of those that are opened before it.
        value: what users get, once it is open.
    """

    kind: ClassVar[str] = "managed"

    def __init__(
        self,
        name: str,
        source: Any,
        needs: tuple[str, ...],
        obtain: Callable[[str], Awaitable[Any]],
        opened: Callable[[str], None],
        *,
        limit_s: float,
    ) -> None:
        self.name = name
        self.needs = needs
        self.value: Any = None
        # Its manager gives it its share of the time; the end of a loop gives it all.
        self._limit_s = limit_s
        self.close_timeout_s = limit_s
        self.source = source
        self._obtain = obtain
        self._opened = opened

    def again(self) -> Managed:
        """Return the same, not opened yet."""
        return Managed(
            self.name, self.source, self.needs, self._obtain, self._opened, limit_s=self._limit_s
        )

    async def _open(self) -> None:
        given = {need: await self._obtain(need) for need in self.needs}
        made = self.source
        if _is_function(made):
            made = made(**_taken(made, given))
            if inspect.isawaitable(made):
                made = await made
        self.value = await self._entered(made)
        self._opened(self.name)

    async def _entered(self, made: Any) -> Any:
        """Open what was made, and note how it is closed."""
        stack = self._stack
        if isinstance(made, AsyncResource):
            stack.push_async_callback(self._close_in_time, made)
            return await made.open()
        if _has(made, _ASYNC_BLOCK):
            return await stack.enter_async_context(made)
        if _has(made, _BLOCK):
            return stack.enter_context(made)
        stack.push_async_callback(close_anything, made)
        return made

    async def _close_in_time(self, made: AsyncResource) -> None:
        made._life.left_by = self._left_by  # noqa: SLF001 - one of its kind
        made._life.is_unasked |= self._life.is_unasked  # noqa: SLF001 - as above
        await made._life.close(made, at_most_s=self.close_timeout_s)  # noqa: SLF001 - one of its kind

    def _abort(self) -> None:
        """Do nothing: the resource was told itself."""

    def __del__(self) -> None:
        """Do nothing: the manager closes it, in its turn."""

    def _registered(self) -> Handle | None:
        """Stand under the manager, and not beside it."""
        return None


def needs_of(source: Any, given: Iterable[str] | None) -> tuple[str, ...]:
    """Return the names of what a resource needs.

    Raises:
        ConfigurationError: when they are no names, or nothing could take them.

    >>> needs_of(lambda database, cache: None, None)
    ('database', 'cache')
    """
    if isinstance(given, str):
        message = f"needs={given!r} is a text: write needs=[{given!r}]."
        raise ConfigurationError(message)
    if given is not None:
        names = tuple(given)
        for name in names:
            refuse_no_name(name, "needs")
        return names
    if not _is_function(source):
        return ()
    return tuple(
        it.name
        for it in _parameters(source)
        if it.default is it.empty and it.kind is not it.VAR_KEYWORD
    )


def _taken(function: Callable[..., Any], given: dict[str, Any]) -> dict[str, Any]:
    """Return what a function takes of what it needs: it may only have to come after it."""
    parameters = _parameters(function)
    if any(it.kind is it.VAR_KEYWORD for it in parameters):
        return given
    names = {it.name for it in parameters}
    return {name: value for name, value in given.items() if name in names}


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """Return what can be given by name."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []  # Some that are written in C cannot be asked.
    return [it for it in parameters if it.kind in _NAMED]


def refuse_no_name(name: object, of: str) -> None:
    """Refuse what is no name.

    Raises:
        ConfigurationError: saying which option it was given for.
    """
    if not isinstance(name, str) or not name:
        message = f"{of}= is given {shown(name)}, which is no name: write a text, as 'database'."
        raise ConfigurationError(message)


def refuse_unmade(name: str, source: object) -> None:
    """Refuse what a function gives that was called, where the function itself was meant.

    Raises:
        ConfigurationError: saying what to write.
    """
    if inspect.iscoroutine(source):
        source.close()
        called = getattr(source, "__name__", "make")
        message = f"{name!r} is given a coroutine: write {called}, not {called}()."
        raise ConfigurationError(message)
    if inspect.isasyncgenfunction(source) or inspect.isasyncgen(source):
        message = f"{name!r} is a generator: decorate it with @contextlib.asynccontextmanager."
        raise ConfigurationError(message)


def _is_function(source: Any) -> bool:
    """Tell a function, or a class, from what is to be entered or closed itself."""
    is_resource = isinstance(source, AsyncResource) or _has(source, _ASYNC_BLOCK)
    return callable(source) and not is_resource and not _has(source, _BLOCK)


def _has(value: Any, names: tuple[str, ...]) -> bool:
    return all(hasattr(type(value), name) for name in names)
