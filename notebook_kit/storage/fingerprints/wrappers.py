"""Functions of libraries, and those of the user's that they decorate or put together."""

from __future__ import annotations

import functools
import inspect
from contextlib import suppress
from types import FunctionType, MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any

from notebook_kit.storage.fingerprints.modules import is_users
from notebook_kit.storage.fingerprints.objects import held_by
from notebook_kit.storage.fingerprints.walk import Place, describes_itself
from notebook_kit.storage.fingerprints.words import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_kit.storage.fingerprints.walk import Walk

__all__ = ["cells_of", "functions_held_by", "is_users_function", "read_library", "wrapped_by"]


def read_library(walk: Walk, place: Place, function: Any) -> str:
    """Note a function of an installed module by its name and version, and what it wraps."""
    scope = getattr(function, "__globals__", {})
    module = scope.get("__name__") or getattr(function, "__module__", None)
    name = getattr(function, "__qualname__", None) or type(function).__qualname__
    mark = f"{NAME}{name}()"
    if module not in (None, "builtins"):
        walk.version_of(module)
        mark = f"{NAME}{module}.{name.replace('<locals>.', '')}()"
    walk.hold(function, mark)
    marks = [walk.mark(place, inner) for inner in _users_functions(function)]
    for name, value in cells_of(function):
        if describes_itself(value):
            walk.read(place.at(f".{name}", name), value)
    owner = getattr(function, "__self__", None)
    if owner is not None and not isinstance(owner, ModuleType):
        walk.read(place.at(".__self__"), owner)
    return " of ".join([mark, *(each.removeprefix(NAME) for each in marks)])


def _users_functions(function: Any) -> Iterator[Any]:
    """Yield the functions of the user's that one of a library holds: those that it decorates."""
    inner = wrapped_by(function)
    if inner is not None:
        yield inner
    else:
        yield from (value for _, value in cells_of(function) if is_users_function(value))
    yield from (it for it in functions_held_by(function) if it is not inner)


def cells_of(function: Any) -> Iterator[tuple[str, Any]]:
    """Yield the variables of the functions around one, and what they hold; those that are there."""
    names = getattr(getattr(function, "__code__", None), "co_freevars", ())
    for name, cell in zip(names, getattr(function, "__closure__", None) or (), strict=False):
        with suppress(ValueError):  # it is assigned later
            yield name, cell.cell_contents


def is_users_function(value: Any) -> bool:
    """Tell whether a value is a function of the user's own."""
    return isinstance(value, FunctionType) and is_users(value.__globals__.get("__name__"))


def functions_held_by(value: Any) -> list[Any]:
    """Return the functions of the user's that an object of a library holds, as one made of them."""
    held = [part for _, part in held_by(value)]
    held += [part for it in held if type(it) in (list, tuple) for part in it]
    # A function that goes by the type of what it is given holds one for each.
    held += [
        part for it in held if isinstance(it, (dict, MappingProxyType)) for part in it.values()
    ]
    held = [it.func if isinstance(it, functools.partial) else it for it in held]
    return [it for it in held if is_users_function(it)]


def wrapped_by(value: Any) -> Any:
    """Return the function that a decorated one stands for; None where there is none."""
    if isinstance(value, type):
        return None
    held = getattr(value, "__dict__", {})
    if "__wrapped__" in held:
        return held["__wrapped__"]
    static = inspect.getattr_static(value, "__wrapped__", None)
    # A property of that name may do anything.
    is_slot = inspect.ismemberdescriptor(static)
    return object.__getattribute__(value, "__wrapped__") if is_slot else None
