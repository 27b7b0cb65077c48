"""Checks of arguments that a type checker cannot make for who does not use one."""

from __future__ import annotations

import difflib
import functools
import inspect
import math
import numbers
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from notebook_kit.errors import ConfigurationError
from notebook_kit.errors.brevity import brief
from notebook_kit.redact import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

__all__ = [
    "misfit",
    "number",
    "refuse_unknown",
    "teaches_arguments",
    "teaches_options",
    "whole_number",
]

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound=type)


def refuse_unknown(given: Iterable[str], known: Collection[str], *, of: str) -> None:
    """Check that every option is one that exists.

    Raises:
        ConfigurationError: naming the first that is not, what is close to it, and all there are.

    >>> refuse_unknown(["json"], ["method", "json"], of="client.map")
    """
    message = _unknown(given, known, of=of)
    if message is not None:
        raise ConfigurationError(message)


def _unknown(given: Iterable[str], known: Collection[str], *, of: str) -> str | None:
    name = next((name for name in given if name not in known), None)
    if name is None:
        return None
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    takes = f" It takes {', '.join(sorted(known))}." if known else ""
    return f"{of} has no option {name!r}.{hint}{takes}"


def whole_number(value: object, *, name: str, least: int = 1, example: str = "10") -> int:
    """Return the value as an int if it is a whole number of ``least`` or more, numpy's too.

    Raises:
        ConfigurationError: naming the option, what was given and what to write instead.

    >>> whole_number(3, name="max_attempts")
    3
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < least:
        message = (
            f"{name}={shown(value)} must be a whole number of {least} or more, such as {example}."
        )
        raise ConfigurationError(message)
    return int(value)


def number(value: object) -> float | None:
    """Return the value as a float if it is a finite number, numpy's too, or None.

    >>> number(2), number(True), number("2")
    (2.0, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return None
    try:
        plain = float(value)
    except OverflowError:
        return None
    return plain if math.isfinite(plain) else None


def teaches_options(cls: C) -> C:
    """Have a class explain its options to who got one wrong; its signature stays.

    >>> @teaches_options
    ... class Pause:
    ...     def __init__(self, *, seconds: float = 1.0) -> None: ...
    >>> Pause(second=2)
    Traceback (most recent call last):
        ...
    notebook_kit.errors...: ...Pause has no option 'second'. Did you mean 'seconds'? ...
    """
    init: Any = vars(cls)["__init__"]

    @functools.wraps(init)
    def taught(self: object, *args: Any, **options: Any) -> None:
        with brief:
            try:
                init(self, *args, **options)
            except TypeError:
                bound = init.__get__(self)
                message = misfit(bound, args, options, of=_title(type(self)))
                if message is None:
                    raise
                raise ConfigurationError(message) from None

    setattr(cls, "__init__", taught)  # noqa: B010 - of any class
    return cls


def teaches_arguments(of: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Have a function explain its options to who got one wrong; its signature stays.

    Args:
        of: what the function is called by who uses it.
    """

    def wrap(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def taught(*args: P.args, **options: P.kwargs) -> R:
            with brief:
                try:
                    return function(*args, **options)
                except TypeError:
                    message = misfit(function, args, options, of=of)
                    if message is None:
                        raise
                    raise ConfigurationError(message) from None

        return taught

    return wrap


def _title(cls: type) -> str:
    return f"nk.{cls.__name__}" if cls.__module__.startswith("notebook_kit.") else cls.__name__


def misfit(
    function: Callable[..., Any], args: Sequence[Any], options: Mapping[str, Any], *, of: str
) -> str | None:
    """Return what is wrong with the arguments of a function that has raised a TypeError.

    None if they fit, the error being from further in.
    """
    signature = inspect.signature(function)
    try:
        signature.bind(*args, **options)
    except TypeError as error:
        known = signature.parameters
        unnamed = [it.name for it in known.values() if it.kind is it.POSITIONAL_OR_KEYWORD]
        return (
            _unknown(options, known, of=of)
            or _too_many(args, unnamed, [name for name in known if name not in options], of=of)
            or f"{of}: {error}."
        )
    return None


def _too_many(
    args: Sequence[Any], unnamed: Sequence[str], free: Sequence[str], *, of: str
) -> str | None:
    if len(args) <= len(unnamed):
        return None
    example = next((f"{name}=..." for name in free if name not in unnamed), "")
    said = ", ".join(["...", example] if unnamed else [example])
    advice = f": write {of}({said})" if example else ""
    if not unnamed:
        return f"{of} takes its options by name{advice}."
    names = " and ".join(unnamed)
    return f"{of} takes only {names} without a name, and was given {len(args)} values{advice}."
