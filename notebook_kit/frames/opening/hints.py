"""What type hints mean: whether nothing is allowed, what is inside, which fields there are."""

from __future__ import annotations

import dataclasses
import sys
import types
import typing
from typing import Annotated, Any, Final, NotRequired, Required, Union, get_args, get_origin

from notebook_kit.errors import ConfigurationError

__all__ = ["Hint", "fields_of", "hint_of", "is_record", "member_of"]

_WRAPPERS: Final = (Required, NotRequired, typing.Final)
_LISTS: Final = ("list", "tuple", "Sequence", "MutableSequence", "Collection")
#: Types of pydantic that stand for one of Python's; the second part says what becomes of it.
_OF_PYDANTIC: Final = {
    "AwareDatetime": ("datetime", True),
    "NaiveDatetime": ("datetime", False),
    "PastDatetime": ("datetime", True),
    "FutureDatetime": ("datetime", True),
    "PastDate": ("date", None),
    "FutureDate": ("date", None),
    "EmailStr": ("str", None),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Hint:
    """A type without what is around it.

    Attributes:
        options: the types that a value may have, without None.
        has_zone: what was said of times: that they have a time zone, that they have none, or None.
    """

    options: tuple[Any, ...]
    has_zone: bool | None = None

    @property
    def only(self) -> Any:
        """The one type that a value may have; Any where there are several."""
        return self.options[0] if len(self.options) == 1 else Any


def hint_of(hint: Any) -> Hint:
    """Return what a type hint comes to.

    >>> hint_of(int | None).only
    <class 'int'>
    """
    origin = get_origin(hint)
    if origin is Annotated:
        inner, *notes = get_args(hint)
        zones = [note.tz for note in notes if isinstance(getattr(note, "tz", None), bool)]
        found = hint_of(inner)
        return dataclasses.replace(found, has_zone=zones[-1]) if zones else found
    if origin in _WRAPPERS:
        return hint_of(get_args(hint)[0])
    if origin is Union or origin is types.UnionType:
        parts = [hint_of(part) for part in get_args(hint)]
        zones = [part.has_zone for part in parts if part.has_zone is not None]
        options = dict.fromkeys(it for part in parts for it in part.options)
        return Hint(tuple(options), zones[0] if zones else None)
    # `NewType` and, from Python 3.12 on, `type X = ...`
    alias = getattr(hint, "__supertype__", None) or getattr(hint, "__value__", None)
    if alias is not None and not isinstance(hint, type):
        return hint_of(alias)
    if hint is None or getattr(hint, "__name__", "") in ("NoneType", "UnsetType"):
        return Hint(())
    return _of_pydantic(hint) or Hint((hint,))


def _of_pydantic(hint: Any) -> Hint | None:
    if not str(getattr(hint, "__module__", "")).startswith("pydantic."):
        return None
    import datetime as dt  # noqa: PLC0415

    name, has_zone = _OF_PYDANTIC.get(getattr(hint, "__name__", ""), ("", None))
    kinds = {"datetime": dt.datetime, "date": dt.date, "str": str}
    return Hint((kinds[name],), has_zone) if name in kinds else None


def is_record(kind: Any) -> bool:
    """Tell whether a type is a class whose fields can be columns."""
    if not isinstance(kind, type):
        return False
    return dataclasses.is_dataclass(kind) or typing.is_typeddict(kind) or bool(_fields(kind))


def _fields(kind: Any) -> tuple[str, ...]:
    """Return the names of the fields of a model of pydantic or a struct of msgspec."""
    pydantic, msgspec = sys.modules.get("pydantic"), sys.modules.get("msgspec")
    if pydantic is not None and issubclass(kind, pydantic.BaseModel):
        return tuple(kind.model_fields)
    if msgspec is not None and issubclass(kind, msgspec.Struct):
        return tuple(kind.__struct_fields__)
    return ()


def fields_of(kind: Any, *, of: str) -> dict[str, Any]:
    """Return the type hint of each field of a record, in order.

    Raises:
        ConfigurationError: when they name a type that is not there.
    """
    try:
        hints = typing.get_type_hints(kind, include_extras=True)
    except (NameError, TypeError) as error:
        message = f"{of}: the types of {kind.__name__} cannot be read: {error}"
        raise ConfigurationError(message) from error
    if dataclasses.is_dataclass(kind):
        return {field.name: hints[field.name] for field in dataclasses.fields(kind)}
    if typing.is_typeddict(kind):
        return hints
    # A generic model has other types than its source says.
    models = getattr(kind, "model_fields", {})
    return {
        name: models[name].annotation if name in models and _is_open(hints[name]) else hints[name]
        for name in _fields(kind)
    }


def _is_open(hint: Any) -> bool:
    return isinstance(hint, typing.TypeVar) or any(map(_is_open, get_args(hint)))


def member_of(hint: Any) -> Any:
    """Return the type of the members of lists, or None where a type is not one of lists.

    >>> member_of(list[int]), member_of(int)
    (<class 'int'>, None)
    """
    kind = hint_of(hint).only
    origin = get_origin(kind) or kind
    if getattr(origin, "__name__", "") not in _LISTS or origin is str:
        return None
    members = [part for part in get_args(kind) if part is not Ellipsis]
    return members[0] if len(members) == 1 else Any
