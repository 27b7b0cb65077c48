"""What is said of an attribute that is not there: what is close to it."""

from __future__ import annotations

import difflib
import functools
import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Suggesting", "close_to"]


def close_to(name: str, names: list[str]) -> str:
    """Return the question after the name that is close to one, or nothing.

    >>> close_to("gett", ["get", "put"]), close_to("xyz", ["get"])
    (" Did you mean 'get'?", '')
    """
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return f" Did you mean {close[0]!r}?" if close else ""


class _Missing:
    """A `__getattr__` of objects, of which their class knows nothing.

    IPython, where it has no jedi, completes nothing behind the first dot of an object whose class
    has a `__getattr__`, because that might do anything.
    """

    def __get__(self, instance: Any, owner: type) -> Callable[[str], Any]:
        """Return what is called with the name that was not found."""
        if instance is None:
            message = f"type object {owner.__name__!r} has no attribute '__getattr__'"
            raise AttributeError(message, name="__getattr__", obj=None)
        return functools.partial(_missing, instance)


def _missing(instance: Any, name: str) -> Any:
    found = inspect.getattr_static(type(instance), name, None)
    if isinstance(found, (property, functools.cached_property)):
        raise _own_error(instance, name)
    if found is not None:
        # A descriptor of the kit's own, which teaches, says so once more.
        return object.__getattribute__(instance, name)
    raise _absence(instance, name)


def _own_error(instance: Any, name: str) -> AttributeError:
    """Return what is said of a property that raised: Python has dropped the error itself.

    To ask once more would do once more what the property does, and that may be a request.
    """
    owner = type(instance).__name__
    said = (
        f"The property {name!r} of {owner!r} raised an AttributeError of its own, which Python "
        f"keeps to itself: call type(it).{name}.fget(it) to see it."
    )
    return AttributeError(said, name=name, obj=None)


def _absence(instance: Any, name: str) -> AttributeError:
    said = f"{type(instance).__name__!r} object has no attribute {name!r}"
    # Python and IPython ask any object for names of their own, and compare nothing.
    if not name.startswith("_"):
        told = instance._told_of(name)  # noqa: SLF001 - as its class says
        names = [it for it in dir(instance) if not it.startswith("_")]
        said = f"{said}{told}." if told else f"{said}.{close_to(name, names)}"
    # Without the object, of which Python would tell what is close to the name a second time.
    return AttributeError(said, name=name, obj=None)


class Suggesting:
    """Says what is close to an attribute that is not there."""

    __slots__ = ()

    def _told_of(self, _name: str) -> str:
        """Return what else there is to say of a name that is not there."""
        return ""

    # A type checker should know of nothing that is not there.
    if not TYPE_CHECKING:
        __getattr__ = _Missing()
