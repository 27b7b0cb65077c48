"""A decorated function that can be asked how it is doing, and is sent elsewhere as functions are.

A function is pickled by its name: its module and where to find it there. cloudpickle, by which
clusters are sent what a notebook defines, does so too where the name can be found there, and else
sends the function as a whole. Both tell functions by their type; so a decorated one lets itself be
represented by two small functions, of which each is found by a name below its own: one stands for
which it is, the other for what it is made of. What is defined in a notebook or a shell is sent by
cloudpickle only: processes that multiprocessing begins have no such module to find a name in.
"""

from __future__ import annotations

import functools
import weakref
from types import MethodType
from typing import TYPE_CHECKING, Any, Final, Generic, ParamSpec, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import SupportsIndex

__all__ = ["Decorated"]

F = TypeVar("F", bound="Callable[..., Any]")
P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)

#: From this protocol of pickle on, a function may be found below the name of another.
_NAMES_BELOW_NAMES: Final = 4


class Decorated(Generic[P, R_co]):
    """A function that is called as before, and has attributes of its own.

    It has the name, the words and the signature of the function, becomes a method in a class, and
    is known as a coroutine function if the function is one.
    """

    __wrapped__: Callable[P, R_co]
    __name__: str
    __qualname__: str

    def __init__(self, wrapper: Callable[P, R_co]) -> None:
        functools.update_wrapper(self, wrapper)
        self.__wrapped__ = getattr(wrapper, "__wrapped__", wrapper)
        self._wrapper = wrapper
        # What a function shows, so that `inspect` takes it for one: `inspect.iscoroutinefunction`,
        # by which frameworks tell what to await, reads the flags of the code.
        for name in ("__code__", "__defaults__", "__kwdefaults__"):
            setattr(self, name, getattr(wrapper, name))

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Call the function."""
        return self._wrapper(*args, **kwargs)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """Become a method, as a function in a class does."""
        return self if instance is None else MethodType(self, instance)

    # As a function: there is one of it, found by its name.

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        if protocol.__index__() < _NAMES_BELOW_NAMES:
            return self.__qualname__
        return _found_or_new, (type(self), self._identity), self._content

    def __setstate__(self, content: Callable[[], dict[str, Any]]) -> None:
        parts = content()
        if parts is not self.__dict__:
            # It came as a whole, and what represents it is made anew when it travels on.
            self.__dict__.update(parts)
            for name in ("_identity", "_content"):
                self.__dict__.pop(name, None)

    @functools.cached_property
    def _identity(self) -> Callable[[], None]:
        def identity() -> None: ...

        _identities[identity] = weakref.ref(self)
        return self._below(identity, "_identity")

    @functools.cached_property
    def _content(self) -> Callable[[], dict[str, Any]]:
        parts = self.__dict__

        def content() -> dict[str, Any]:
            return parts

        return self._below(content, "_content")

    def _below(self, function: F, name: str) -> F:
        function.__module__ = self.__module__
        function.__name__ = name
        function.__qualname__ = f"{self.__qualname__}.{name}"
        return function

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __repr__(self) -> str:
        # Not by the repr of what it wraps, which may show an object or what a partial binds.
        return f"<{type(self).__name__.lower()} {self.__qualname__}>"


#: Which decorated function is meant, by what stands for its identity.
_identities: Final[weakref.WeakKeyDictionary[Any, weakref.ref[Any]]] = weakref.WeakKeyDictionary()


def _found_or_new(kind: type[Decorated[..., Any]], identity: Callable[[], None]) -> Any:
    """Return the one that is here already, or else a blank one that its content will fill."""
    ref = _identities.get(identity)
    found = None if ref is None else ref()
    if found is None:
        found = kind.__new__(kind)
        _identities[identity] = weakref.ref(found)
    return found
