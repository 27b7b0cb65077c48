"""Classes and objects: their methods and the data that they hold."""

from __future__ import annotations

import enum
import inspect
from functools import cached_property, partialmethod
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.storage.fingerprints.changing import own_attributes
from notebook_kit.storage.fingerprints.data import digest_of
from notebook_kit.storage.fingerprints.fields import read_fields
from notebook_kit.storage.fingerprints.modules import is_users, is_users_class
from notebook_kit.storage.fingerprints.walk import Place
from notebook_kit.storage.fingerprints.words import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_kit.storage.fingerprints.walk import Walk

__all__ = ["held_by", "read_class", "read_object", "read_own"]

#: Methods that Python or a library writes, which are what the fields of the class make them.
_WRITTEN: Final = frozenset(
    {
        *("__init__", "__repr__", "__eq__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__"),
        *("__setattr__", "__delattr__", "__replace__", "__getstate__", "__setstate__", "__new__"),
    }
)
_WRITTEN_IN: Final = ("<string>", "<attrs generated")
#: Classes of what stands in a class for a field of its objects.
_NO_DATA: Final = frozenset({"_tuplegetter", "getset_descriptor", "member_descriptor"})
_CONSTRUCTORS: Final = frozenset({"__init__", "__new__", "__post_init__", "__set_name__"})


def read_class(walk: Walk, place: Place, cls: type) -> str:
    """Note a class: of the user's with all that is in it, of others by name and version."""
    if not is_users_class(cls):
        if cls.__module__ != "builtins":
            walk.version_of(cls.__module__)
        return f"{NAME}the class {cls.__module__}.{cls.__qualname__}".replace("builtins.", "")
    name = cls.__qualname__.replace("<locals>.", "")
    name = name if cls.__module__ == "__main__" else f"{cls.__module__}.{name}"
    known = f"{NAME}the class {name}"
    walk.hold(cls, known)
    user = place.user
    _note_what_it_shares(walk, cls)
    if is_users_class(type(cls)):
        walk.put(Place("attribute", f"{name}, metaclass", user), walk.mark(place, type(cls)))
    for number, base in enumerate(it for it in cls.__bases__ if it is not object):
        here = Place("attribute", f"{name}, base {number}", user)
        walk.put(here, walk.mark(here, base))
    for attribute, value in _attributes_of(cls):
        here = Place("attribute", f"{name}.{attribute}", user, attribute)
        inner = list(_functions_in(value))
        for each in inner:
            mark = walk.mark(here, each)
            if not (attribute.startswith("_") or is_users(getattr(each, "__module__", None))):
                walk.put(here, mark)
        changer = None if inner else walk.moving.changer_of(cls, attribute)
        if changer is not None:
            walk.leave_out(here, value, changer)
        elif not inner:
            walk.read(here, value)
    read_fields(walk, Place("attribute", name, user), cls)
    return known


def _attributes_of(cls: type) -> Iterator[tuple[str, Any]]:
    """Yield what a class holds that its author has written."""
    if issubclass(cls, enum.Enum):
        members = {name: it.value for name, it in cls.__members__.items()}
        yield from members.items()
        yield from (
            (name, it)
            for name, it in vars(cls).items()
            if any(is_users(getattr(each, "__module__", None)) for each in _functions_in(it))
        )
        return
    for name, value in sorted(vars(cls).items()):
        if _is_written(cls, name, value) or type(value).__name__ in _NO_DATA:
            continue
        is_data = not list(_functions_in(value))
        if not (name.startswith(("_abc_", "__")) and is_data):
            yield name, value


def _is_written(cls: type, name: str, value: Any) -> bool:
    """Tell whether a method was written by Python or a library, and not by the author."""
    if not isinstance(value, FunctionType):
        return False
    if not is_users(value.__globals__.get("__name__")):
        return name.startswith("_")
    made = "__dataclass_fields__" in vars(cls) or "__attrs_attrs__" in vars(cls)
    return made and name in _WRITTEN and value.__code__.co_filename.startswith(_WRITTEN_IN)


def _functions_in(value: Any) -> Iterator[Any]:
    if isinstance(value, FunctionType):
        yield value
    elif isinstance(value, (staticmethod, classmethod)):
        yield value.__func__
    elif isinstance(value, property):
        yield from (it for it in (value.fget, value.fset, value.fdel) if it is not None)
    elif isinstance(value, (cached_property, partialmethod)):
        yield value.func


def read_object(walk: Walk, place: Place, value: Any) -> str:
    """Note an object of a class of the user's: what it holds, and the class."""
    cls = type(value)
    mark = f"{NAME}an object of {cls.__qualname__.replace('<locals>.', '')}"
    walk.hold(value, mark)
    walk.mark(Place("value", cls.__qualname__, place.user), cls)
    if isinstance(value, enum.Enum):
        return f"{NAME}{cls.__qualname__}.{value.name}"
    if isinstance(value, (dict, list, tuple, set, frozenset, str, int, float, bytes)):
        if "" in _changed_by_itself(walk, cls, frozenset()):
            walk.leave_out(place, value, cls.__qualname__)
        else:
            mark = digest_of(value, lambda part: walk.mark(place, part))
    if place.kind == "given":
        place = Place("attribute", cls.__qualname__, place.user, asked=place.asked)
    _read_held(walk, place, value, held_by(value))
    return mark


def read_own(walk: Walk, place: Place, value: Any) -> None:
    """Note of an object of a class that is made of a library's what the user's methods gave it."""
    cls = type(value)
    walk.mark(Place("value", cls.__qualname__, place.user), cls)
    trees = [
        tree
        for functions in _methods_of(cls).values()
        for each in functions
        if (tree := walk.sources.definition_of(each.__code__)) is not None
    ]
    named = {name for tree in trees for name in own_attributes(tree).changed}
    _read_held(walk, place, value, [it for it in held_by(value) if it[0] in named])


def _read_held(walk: Walk, place: Place, value: Any, parts: list[tuple[str, Any]]) -> None:
    cls = type(value)
    for name in _changed_by_itself(walk, cls, place.asked):
        walk.moving.note(value, name, cls.__qualname__)
    for name, held in parts:
        here = place.at(f".{name}", name)
        changer = walk.moving.changer_of(value, name)
        if changer is not None:
            walk.leave_out(here, held, changer)
        elif not isinstance(inspect.getattr_static(cls, name, None), cached_property):
            # What a property has kept is made of the rest.
            walk.read(here, held)


def held_by(value: Any) -> list[tuple[str, Any]]:
    """Return the attributes that an object holds itself, in order of their names."""
    held = dict(getattr(value, "__dict__", {}))
    for cls in type(value).__mro__:
        slots = vars(cls).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            # As Python does with a name of two underscores at its beginning.
            is_private = name.startswith("__") and not name.endswith("__")
            kept = f"_{cls.__name__.lstrip('_')}{name}" if is_private else name
            static = inspect.getattr_static(value, kept, None)
            if inspect.ismemberdescriptor(static) and hasattr(value, kept):
                held[kept] = object.__getattribute__(value, kept)
    # Attributes that are not declared as fields are kept apart by pydantic.
    held |= held.get("__pydantic_private__") or {}
    return sorted((name, it) for name, it in held.items() if not name.startswith("__"))


def _methods_of(cls: type) -> dict[str, list[FunctionType]]:
    """Return the methods of a class of the user's and of its bases, several of one name too."""
    found: dict[str, list[FunctionType]] = {}
    for base in filter(is_users_class, cls.__mro__):
        for name, value in vars(base).items():
            functions = [it for it in _functions_in(value) if isinstance(it, FunctionType)]
            found.setdefault(name, []).extend(functions)
    return {name: functions for name, functions in found.items() if functions}


def _changed_by_itself(walk: Walk, cls: type, asked: frozenset[str]) -> set[str]:
    """Return the attributes that an object changes while it is used: counters, what it keeps.

    Only methods that are asked of it, or that these call in turn, are looked at.
    """
    methods = _methods_of(cls)
    begin = (asked & methods.keys()) or ({"__call__"} & methods.keys()) or methods.keys()
    todo, done, changed = list(begin - _CONSTRUCTORS), set[str](), set[str]()
    while todo:
        name = todo.pop()
        done.add(name)
        for function in methods[name]:
            tree = walk.sources.definition_of(function.__code__)
            if tree is not None:
                own = own_attributes(tree)
                changed |= own.changed
                todo.extend((own.read & methods.keys()) - done - set(todo))
    return changed


def _note_what_it_shares(walk: Walk, cls: type) -> None:
    """Note what the methods of a class change that all its objects have in common."""
    for name, value in vars(cls).items():
        for function in _functions_in(value):
            code = getattr(function, "__code__", None)
            tree = None if code is None else walk.sources.definition_of(code)
            if tree is None:
                continue
            shared = own_attributes(tree, of_class=isinstance(value, classmethod)).shared
            for owner in cls.__mro__:
                for attribute in shared & vars(owner).keys():
                    walk.moving.note(owner, attribute, f"{cls.__qualname__}.{name}()")
