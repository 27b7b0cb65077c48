"""What can be decorated, and how the decorated function stays what it was."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from notebook_kit.errors import ConfigurationError
from notebook_kit.errors.brevity import brief
from notebook_kit.execution.functions import called_by, is_async, name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "BOUND_TO",
    "Arguments",
    "Runner",
    "call_with",
    "check_function",
    "dress",
    "first_argument",
    "plain",
    "through",
    "wrap",
]

F = TypeVar("F", bound="Callable[..., Any]")

Arguments = tuple[Any, ...]

#: How people call what a method is bound to.
BOUND_TO: Final = frozenset({"self", "cls"})


class Runner(Protocol):
    """What is done around the calls of one function."""

    async def run_async(self, args: Arguments, kwargs: Mapping[str, Any]) -> Any:
        """Call the function, which is async, and return its value."""
        ...

    def run(self, args: Arguments, kwargs: Mapping[str, Any]) -> Any:
        """Call the function, which is not async, and return its value."""
        ...


def check_function(function: object, *, by: str) -> None:
    """Refuse what cannot be decorated.

    Args:
        function: what was given.
        by: the decorator, as it is written.

    Raises:
        ConfigurationError: for what is no function, a class, and generators of both kinds.
    """
    if not callable(function):
        message = f"{by} needs a function, not {type(function).__name__}: write @{by} over its def."
        raise ConfigurationError(message)
    if inspect.isclass(function):
        message = f"{by} cannot decorate the class {function.__name__}: decorate its methods."
        raise ConfigurationError(message)
    for candidate in called_by(function):
        if inspect.isasyncgenfunction(candidate) or inspect.isgeneratorfunction(candidate):
            kind = "an async generator" if inspect.isasyncgenfunction(candidate) else "a generator"
            message = (
                f"{by} cannot work on {name_of(function)}(), {kind}: calling it does nothing yet, "
                "its items come later. Decorate the function that it calls for each item or page."
            )
            raise ConfigurationError(message)


def plain(value: Any, function: Callable[..., Any]) -> Any:
    """Return what a function that is not async gave.

    Raises:
        ConfigurationError: when it has to be awaited: nothing has been done yet then.
    """
    if not inspect.isawaitable(value):
        return value
    if inspect.iscoroutine(value):
        value.close()
    name = name_of(function)
    message = (
        f"{name}() is not async, and gave a {type(value).__name__}, which has to be awaited: "
        f"decorate an async function, as `async def fetch(*args): return await {name}(*args)`."
    )
    raise ConfigurationError(message)


class _ClassMethod(classmethod):  # type: ignore[type-arg]  # no subscript at runtime
    """A classmethod whose function says itself what it is when it is asked for on a class.

    Python did so from 3.9 to 3.12; from 3.13 on, what is not a plain function has no say.
    """

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        bound_to = type(instance) if owner is None else owner
        return self.__func__.__get__(bound_to, bound_to)

    def __reduce__(self) -> tuple[Any, ...]:
        return _ClassMethod, (self.__func__,)


def through(function: Any, decorate: Callable[[Any], Any]) -> Any:
    """Decorate a function, or the one inside a staticmethod or classmethod, which it then stays."""
    with brief:
        if isinstance(function, classmethod):
            return _ClassMethod(decorate(function.__func__))
        if isinstance(function, staticmethod):
            return staticmethod(decorate(function.__func__))
        return decorate(function)


def wrap(function: F, runner: Runner, *, by: str) -> F:
    """Return a function like the given one whose calls go through the runner."""
    check_function(function, by=by)
    if is_async(function):

        async def call_async(*args: Any, **kwargs: Any) -> Any:
            return await runner.run_async(args, kwargs)

        return dress(call_async, function)

    def call(*args: Any, **kwargs: Any) -> Any:
        return runner.run(args, kwargs)

    return dress(call, function)


def dress(wrapper: Callable[..., Any], function: F) -> F:
    """Make the wrapper look like the function: its name, its words, its signature."""
    # What an object holds is its own affair, and not copied as a function's attributes are.
    updated = ("__dict__",) if inspect.isroutine(function) else ()
    functools.update_wrapper(wrapper, function, updated=updated)
    for name in ("__name__", "__qualname__"):
        if not hasattr(function, name):
            setattr(wrapper, name, name_of(function))
    return wrapper  # type: ignore[return-value]  # a function like the one that was given


def call_with(
    runner: Runner,
    function: Callable[..., Any],
    args: Arguments,
    kwargs: Mapping[str, Any],
    *,
    by: str,
) -> Any:
    """Call a function through the runner; if it is async, who called awaits what this gives."""
    if not inspect.isclass(function):
        check_function(function, by=by)
    if is_async(function):
        return runner.run_async(args, kwargs)
    return runner.run(args, kwargs)


def first_argument(
    function: Callable[..., Any],
) -> Callable[[Arguments, Mapping[str, Any]], Any]:
    """Return what picks, from the arguments of a call, the first that is not `self` or `cls`.

    It may be given by name or come from its default; a call without arguments has None.

    >>> def fetch(self, url, page=1): ...
    >>> pick = first_argument(fetch)
    >>> pick((object(), "/a"), {}), pick((object(),), {"url": "/b"})
    ('/a', '/b')
    """
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        parameters = []  # A builtin that does not tell.
    position = 1 if parameters and parameters[0].name in BOUND_TO else 0
    own = parameters[position : position + 1]
    name = own[0].name if own else ""
    default = own[0].default if own and own[0].default is not inspect.Parameter.empty else None

    def pick(args: Arguments, kwargs: Mapping[str, Any]) -> Any:
        if len(args) > position:
            return args[position]
        return kwargs.get(name, default)

    return pick
