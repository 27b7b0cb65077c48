"""Functions that make values of a type of plain data."""

from __future__ import annotations

import dataclasses
import sys
import types
import typing
from typing import TYPE_CHECKING, Any, get_args

from notebook_kit.errors import ConfigurationError
from notebook_kit.typed.mismatch import told_by_msgspec, told_by_pydantic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Convert", "converter"]

#: Makes a typed value of plain data, given also where the data stands, which is named in errors.
Convert: typing.TypeAlias = "Callable[[Any, str], Any]"


def converter(kind: Any, *, of: str) -> Convert:
    """Return the function that makes a value of a type of plain data, or raises a `Mismatch`.

    Args:
        kind: a dataclass, typed dictionary, model, or any type that is made of such.
        of: who wants it, for errors.

    Raises:
        ConfigurationError: for a type that nothing can be made into.

    >>> converter(dict[str, int], of="a schema")({"n": "7"}, "")
    {'n': 7}
    """
    if kind is None or kind is Any or kind is object:
        return lambda data, _at: data
    try:
        return _by_pydantic(kind) if _holds_model(kind) else _by_msgspec(kind)
    except (TypeError, NameError, NotImplementedError) as error:
        message = f"{of}: no answer can be read as {kind!r}: {error}"
        raise ConfigurationError(message) from error


def _by_msgspec(kind: Any) -> Convert:
    # Loaded for those who declare types.
    import msgspec  # noqa: PLC0415

    # Made once, and for nothing else: it refuses now what it could not read then.
    msgspec.json.Decoder(kind)

    def convert(data: Any, at: str) -> Any:
        try:
            return msgspec.convert(data, kind, strict=False)
        except msgspec.ValidationError as error:
            raise told_by_msgspec(str(error), data, at=at) from error

    return convert


def _by_pydantic(kind: Any) -> Convert:
    import pydantic  # noqa: PLC0415 - the user has it, as one of the types is its

    try:
        adapter: Any = pydantic.TypeAdapter(kind)
    except pydantic.errors.PydanticUserError as error:
        raise TypeError(str(error)) from error

    def convert(data: Any, at: str) -> Any:
        try:
            return adapter.validate_python(data)
        except pydantic.ValidationError as error:
            found = error.errors(include_url=False, include_context=False)
            raise told_by_pydantic(found, at=at) from error

    return convert


def _holds_model(kind: Any) -> bool:
    """Tell whether a type is a model of pydantic, or holds one."""
    pydantic = sys.modules.get("pydantic")
    if pydantic is None:
        return False
    return any(
        isinstance(it, type) and issubclass(it, pydantic.BaseModel) for it in _inside(kind, [])
    )


def _inside(kind: Any, seen: list[Any]) -> Iterator[Any]:
    if any(kind is it for it in seen):
        return
    seen.append(kind)
    yield kind
    for part in get_args(kind):
        yield from _inside(part, seen)
    if isinstance(kind, type) and (dataclasses.is_dataclass(kind) or typing.is_typeddict(kind)):
        try:
            hints = typing.get_type_hints(kind)
        except NameError:
            return  # whoever reads the type says what is missing
        for part in hints.values():
            yield from _inside(part, seen)
    if isinstance(kind, types.GenericAlias):
        yield from _inside(kind.__origin__, seen)
