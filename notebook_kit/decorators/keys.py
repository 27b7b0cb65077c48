"""One key for one call: equal arguments, however they are written, give equal keys."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Hashable, Mapping
from datetime import datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.decorators.functions import BOUND_TO
from notebook_kit.errors import ConfigurationError
from notebook_kit.execution.functions import name_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.decorators.functions import Arguments

__all__ = ["KeyMaker", "canonical"]

#: Equal ones of these need not read alike: one moment in two time zones, 1.0 and 1.00, 0 and -0.
_MORE_THAN_EQUAL: Final = (datetime, time, Decimal, complex)


def canonical(value: Any) -> Hashable:
    """Return something hashable that is equal for equal values, and differs for others.

    Lists, dictionaries, sets and dataclasses are read through; ``1``, ``1.0`` and ``True`` differ,
    as they may for a function, and so does one moment in two time zones; NaN is like itself.

    Raises:
        TypeError: for a value that cannot be hashed and is none of these.

    >>> canonical({"a": [1], "b": 2}) == canonical({"b": 2, "a": [1]})
    True
    >>> canonical(1) == canonical(1.0)
    False
    """
    kind = type(value)
    if kind is str or value is None:
        plain: Hashable = value
        return plain
    return kind, _content(value)


def _content(value: Any) -> Hashable:
    if isinstance(value, float):
        return value.hex()
    if isinstance(value, _MORE_THAN_EQUAL):
        return value, repr(value)
    if isinstance(value, Mapping):
        return frozenset((canonical(key), canonical(part)) for key, part in value.items())
    if isinstance(value, (list, tuple, set, frozenset)):
        parts = map(canonical, value)
        return tuple(parts) if isinstance(value, (list, tuple)) else frozenset(parts)
    try:
        hash(value)
    except TypeError:
        if not dataclasses.is_dataclass(type(value)):
            raise
        fields = dataclasses.fields(value)
        return tuple(canonical(getattr(value, field.name)) for field in fields)
    hashed: Hashable = value
    return hashed


class KeyMaker:
    """Makes keys of the calls of one function.

    Args:
        function: the function.
        key: what a call is known by, as a function of its arguments; None for all of them.
    """

    def __init__(self, function: Callable[..., Any], key: Callable[..., Any] | None = None) -> None:
        self._name = name_of(function)
        self._key = key
        try:
            self._signature: inspect.Signature | None = inspect.signature(function)
        except (TypeError, ValueError):
            self._signature = None  # A builtin that does not tell.
        parameters = list(self._signature.parameters.values()) if self._signature else []
        self._names = [parameter.name for parameter in parameters]
        self._is_method = self._names[:1] != [] and self._names[0] in BOUND_TO
        #: Whether a call is known by the object that it is made on.
        self.is_of_an_object = self._is_method and key is None
        #: Whether it is what a classmethod is made of.
        self.of_class = self._names[:1] == ["cls"]
        simple = all(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters)
        #: So many plain arguments need no sorting out.
        self._simple = len(parameters) if simple and parameters else -1

    def __call__(self, args: Arguments, kwargs: Mapping[str, Any]) -> tuple[Any, Hashable]:
        """Return the object that the call is a method of, or None, and the key of the rest.

        Raises:
            ConfigurationError: when an argument cannot be part of a key.
            TypeError: when the function cannot be called with these arguments.
        """
        if self._key is not None:
            given = self._key(*args, **kwargs)
            return None, self._canonical("what key= gave", given)
        values = self._values(args, kwargs)
        if self._is_method:
            return values[0], self._all(values[1:], self._names[1:])
        return None, self._all(values, self._names)

    def content(self, args: Arguments, kwargs: Mapping[str, Any]) -> Any:
        """Return what the key of a call is made of: its arguments, or what the user says of it."""
        return self._values(args, kwargs) if self._key is None else self._key(*args, **kwargs)

    def _values(self, args: Arguments, kwargs: Mapping[str, Any]) -> Arguments:
        if not kwargs and len(args) == self._simple:
            return args
        if self._signature is None:
            return (*args, dict(kwargs))
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return tuple(bound.arguments.values())

    def _all(self, values: Arguments, names: list[str]) -> Hashable:
        try:
            return tuple(map(canonical, values))
        except (TypeError, RecursionError):
            pass
        # Once more, one by one, to say which it is.
        named = [f"the argument {name!r}" for name in names] or ["an argument"] * len(values)
        return tuple(map(self._canonical, named, values))

    def _canonical(self, what: str, value: Any) -> Hashable:
        try:
            return canonical(value)
        except (TypeError, RecursionError) as error:
            message = (
                f"{what} of {self._name}() is a {type(value).__name__}, which cannot be part of a "
                "key: say what a call is known by, as in "
                "@cached(key=lambda frame: tuple(frame.columns))."
            )
            raise ConfigurationError(message) from error
