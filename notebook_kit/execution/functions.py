"""Work that is a user's function: async ones on the caller's loop, sync ones in threads."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, Literal

from notebook_kit.errors import ConfigurationError
from notebook_kit.execution.asked import CalledFunction
from notebook_kit.execution.loops import running_loop
from notebook_kit.execution.parts import part_of
from notebook_kit.execution.relay import await_at_home
from notebook_kit.execution.worker_threads import WorkerThreads
from notebook_kit.markup import shorten
from notebook_kit.policies import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["FunctionWork", "bind", "called_by", "is_async", "name_of"]


class FunctionWork:
    """Calls a function with each item.

    Attributes:
        safe: a function is called again after a failure that may heal; whether that does harm is
            known to who wrote it, and said by ``retry``.
        home: the loop of who asked, or None.
        needs_home: whether awaitables came out of a synchronous function, which are awaited there.
    """

    safe = True
    most_at_once: int | None = None
    servers = None
    several_servers = False
    tells_sent = False
    by_position = False
    needs_home = False

    def __init__(self, function: Callable[..., Any], *, loop: Literal["caller", "kit"]) -> None:
        if not callable(function):
            message = (
                f"The first argument of map must be a function, not {type(function).__name__}: "
                "nk.map(function, items)."
            )
            raise ConfigurationError(message)
        if loop not in ("caller", "kit"):
            message = f"loop={loop!r} must be 'caller' or 'kit'."
            raise ConfigurationError(message)
        self.limits = Limits()
        self._function = function
        self._call: Callable[[Any], Any] = function
        self._read: Sequence[object] | None = None
        self._threads = None if is_async(function) else WorkerThreads()
        self.home = running_loop()
        # A user's clients belong to the user's loop; threads can be waited for from anywhere.
        self.on_io_loop = loop == "kit" or self._threads is not None

    def bind(self, columns: Sequence[object] | None) -> None:
        """Settle how a row becomes arguments.

        Raises:
            ConfigurationError: when the function needs something that is no column.
        """
        self._call, self._read = bind(self._function, columns)
        if is_async(self._function) and self._call is self._function:
            # Nothing in between: at a million items each step counts.
            self.perform = self._function  # type: ignore[method-assign]

    async def perform(self, item: Any) -> Any:
        """Call the function with the item and return its value."""
        if self._threads is None:
            value = self._call(item)
        else:
            value = await self._threads.call(functools.partial(self._call, item))
        if not inspect.isawaitable(value):
            return value
        if self._threads is None or self.home is None:
            return await value
        # lambda row: my_async_function(row): what it awaits belongs to the caller's loop.
        self.needs_home = True
        return await await_at_home(value, self.home)

    async def perform_at(self, numbered: tuple[int, Any]) -> Any:
        """Call the function with the item and return its value."""
        return await self.perform(numbered[1])

    def when_sent(self, tell: Callable[[], None]) -> None:
        """Nothing: a function is called when it is started."""

    def part(self, item: Any) -> Any:
        """Return what of an item the function is given."""
        return part_of(item, self._read)

    def describe(self) -> dict[str, Any]:
        """Return what the answers depend on: the function itself."""
        return {"function": self._function}

    def asked(self, position: int, item: Any, response: Any) -> CalledFunction:
        """Return the function and the arguments that it is called with for an item."""
        del position, response
        if self._call is self._function or self._read is None:
            return CalledFunction(name_of(self._function), (("", item),))
        given = tuple((str(name), item[name]) for name in self._read)
        return CalledFunction(name_of(self._function), given)

    @property
    def title(self) -> str:
        """What the work is called if the user gave it no name."""
        return name_of(self._function)

    @property
    def abandoned(self) -> int:
        """Calls in threads that were given up while they ran on."""
        return 0 if self._threads is None else self._threads.abandoned

    def close(self) -> None:
        """Let the threads end."""
        if self._threads is not None:
            self._threads.close()


def name_of(function: Callable[..., Any]) -> str:
    """Return what to call a function in a heading."""
    inner, _ = called_by(function)
    return str(getattr(inner, "__name__", None) or type(inner).__name__)


def is_async(function: Callable[..., Any]) -> bool:
    """Tell whether calling the function gives a coroutine, partials and callable objects too.

    >>> import asyncio, functools
    >>> is_async(asyncio.sleep), is_async(functools.partial(asyncio.sleep, 1)), is_async(len)
    (True, True, False)
    """
    return any(map(inspect.iscoroutinefunction, called_by(function)))


def called_by(function: Callable[..., Any]) -> tuple[Any, Any]:
    """Return what a call runs: what is inside partials, and the ``__call__`` of its class."""
    inner: Any = function
    while isinstance(inner, functools.partial):
        inner = inner.func
    # Where Python looks for it: what a class or an object has of that name is not called.
    return inner, getattr(type(inner), "__call__", None)  # noqa: B004 - its kind, not its existence


def bind(
    function: Callable[..., Any], columns: Sequence[object] | None
) -> tuple[Callable[[Any], Any], Sequence[object] | None]:
    """Return a function of one item that calls ``function`` as its parameters want it.

    Rows of a DataFrame become keyword arguments where all that the function needs are columns;
    a function of one other parameter gets the whole row. Items of anything else are passed as
    they are.

    Returns:
        That function, and the columns that it reads; None for the columns if it may read them all.

    Raises:
        ConfigurationError: when the function needs something that is no column.

    >>> call, read = bind(lambda city, n=1: city * n, ["city", "n", "else"])
    >>> call({"city": "ab", "n": 2, "else": 0}), read
    ('abab', ['city', 'n'])
    """
    if columns is None:
        return function, None
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return function, None  # A builtin that does not tell its parameters gets the row.
    named = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    required = [p.name for p in named if p.default is p.empty]
    missing = [name for name in required if name not in columns]
    takes_all = any(p.kind is p.VAR_KEYWORD for p in parameters)
    wanted = list(columns) if takes_all else [p.name for p in named if p.name in columns]
    if wanted and not missing:
        return lambda row: function(**{str(name): row[name] for name in wanted}), wanted
    positional = [p for p in parameters if p.kind is not p.KEYWORD_ONLY]
    if positional and (not required or (len(required) == 1 and missing == required)):
        return function, None
    known = shorten(", ".join(map(str, columns)), 200)
    message = (
        f"{name_of(function)}() needs {', '.join(missing) or 'no argument'}, and the columns are "
        f"{known}: rename the parameters, or take the whole row as one: lambda row: ..."
    )
    raise ConfigurationError(message)
