"""A decorated function that can be asked how it is doing."""

from __future__ import annotations

import copyreg
import functools
from types import MethodType
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Decorated"]

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)


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

    def __reduce__(self) -> str | tuple[Any, ...]:
        if self.__module__ != "__main__":
            return self.__qualname__
        # A worker of a cluster has another main module: cloudpickle sends what is in a notebook.
        return copyreg.__newobj__, (type(self),), self.__dict__  # type: ignore[attr-defined]

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __repr__(self) -> str:
        return f"<{type(self).__name__.lower()} {self.__wrapped__!r}>"
