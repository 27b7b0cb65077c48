"""The fields of classes of which a library makes something: models, dataclasses and their like."""

from __future__ import annotations

import dataclasses
import enum
import inspect
import re
from abc import ABCMeta
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final, get_args, get_type_hints

from notebook_kit.storage.fingerprints.data import digest_of
from notebook_kit.storage.fingerprints.modules import is_users_class
from notebook_kit.storage.fingerprints.words import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_kit.storage.fingerprints.walk import Place, Walk

__all__ = ["read_fields"]

_ADDRESS: Final = re.compile(r" at 0x[0-9a-fA-F]+")
#: What is said of a field of pydantic that is read in another way.
_SAID_ELSEWHERE: Final = frozenset({"annotation", "default_factory"})


def read_fields(walk: Walk, place: Place, cls: type) -> None:
    """Note the fields of a class; what it is called and who uses it is in the place."""
    if dataclasses.is_dataclass(cls):
        _read_dataclass(walk, place, cls)
    elif "__attrs_attrs__" in vars(cls):
        _read_attrs(walk, place, cls)
    elif type(cls) not in (type, ABCMeta) and not issubclass(cls, enum.Enum):
        _read_model(walk, place, cls)


def _read_dataclass(walk: Walk, place: Place, cls: type) -> None:
    fields = vars(cls).get("__dataclass_fields__", {})
    factories = {name: it.default_factory for name, it in fields.items()}
    made = {
        name: walk.mark(place, it)
        for name, it in factories.items()
        if it is not dataclasses.MISSING
    }
    text = digest_of([list(fields), made], lambda it: walk.mark(place, it))
    walk.put(place.at(".fields"), text)


def _read_attrs(walk: Walk, place: Place, cls: type) -> None:
    for field in vars(cls)["__attrs_attrs__"]:
        default = getattr(field.default, "factory", field.default)
        if type(default).__name__ != "_Nothing":
            walk.read(place.at(f".{field.name}", field.name), default)
        for way in (field.validator, field.converter):
            here = place.at(f".{field.name}")
            for each in [way] if isinstance(way, FunctionType) else walk.functions_in(way):
                walk.mark(here, each)


def _read_model(walk: Walk, place: Place, cls: type) -> None:
    described = vars(cls).get("__pydantic_fields__") or {}
    for name, kind in _annotations_of(cls).items():
        for inner in _users_classes(getattr(described.get(name), "annotation", kind)):
            walk.mark(place, inner)
        walk.put(place.at(f".{name}"), f"{NAME}{_text_of(kind)}")
    for name, field in described.items():
        said = {key: it for key, it in field.__repr_args__() if key not in _SAID_ELSEWHERE}
        if field.default_factory is not None:
            said["default_factory"] = field.default_factory
        for key, value in said.items():
            walk.read(place.at(f".{name}.{key}", name), value)
    if described and cls.__doc__:
        # Whoever answers in this form may be told what it is.
        walk.read(place.at(".__doc__"), inspect.cleandoc(cls.__doc__))
    if defaults := vars(cls).get("__struct_defaults__"):
        walk.put(place.at(".fields"), f"{NAME}{_text_of(defaults)}")


def _annotations_of(cls: type) -> dict[str, Any]:
    own: dict[str, Any] = vars(cls).get("__annotations__", {})
    try:
        found = get_type_hints(cls, include_extras=True)
    except Exception:  # noqa: BLE001 - what is written there as text may be any code
        found = {}
    return {name: found.get(name, kind) for name, kind in own.items()}


def _text_of(value: Any) -> str:
    value = getattr(value, "__forward_arg__", value)
    if isinstance(value, str):
        return value
    text = value.__qualname__ if isinstance(value, type) and not get_args(value) else repr(value)
    return _ADDRESS.sub("", text)


def _users_classes(kind: Any) -> Iterator[type]:
    for inner in (kind, *get_args(kind)):
        if isinstance(inner, type) and is_users_class(inner) and not get_args(inner):
            yield inner
        elif inner is not kind:
            yield from _users_classes(inner)
