"""Answers as what an endpoint says that they are: dataclasses, typed dictionaries, models.

`msgspec` reads them, and `pydantic` where a type is one of its models or holds one; both are
imported when they are first needed.
"""

from __future__ import annotations

import dataclasses
import functools
import sys
import types
import typing
from typing import TYPE_CHECKING, Any, Final, get_args

import httpx

from notebook_kit.client.parse import parser
from notebook_kit.client.resources.mismatch import mismatch, mismatches
from notebook_kit.client.translate import redirect_error
from notebook_kit.errors import ConfigurationError, DecodeError
from notebook_kit.redact import scrub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from notebook_kit.client.response import Response

__all__ = ["Convert", "converter", "is_typed", "reader"]

#: Makes a typed value of plain data; given the data, the answer that it stands in, which is named
#: in errors, and where it stands there.
Convert: typing.TypeAlias = "Callable[[Any, Response | None, str], Any]"

_AUTO: Final = parser("auto")
_EMPTY: Final = (204, 205, 304)


def reader(answer: Any, *, of: str) -> Callable[[Response], Any]:
    """Return the function that makes of an answer what an endpoint gives.

    Args:
        answer: see `EndpointSpec.answer`.
        of: what the endpoint is called, for errors.

    Raises:
        ConfigurationError: for a type that nothing can be made into.
    """
    if _is_response(answer):
        return lambda response: response
    read = _typed(converter(answer, of=of)) if is_typed(answer) else _READERS.get(answer, _AUTO)
    return functools.partial(_read, read)


def is_typed(answer: Any) -> bool:
    """Tell whether an answer is made into an object of a type, and not taken as it comes.

    >>> is_typed(bytes), is_typed(list[int])
    (False, True)
    """
    if answer in (None, Any, object) or _is_response(answer):
        return False
    return answer not in _READERS


def _is_response(answer: Any) -> bool:
    return isinstance(answer, type) and issubclass(answer, httpx.Response)


def _read(read: Callable[[Response], Any], response: Response) -> Any:
    if response.has_redirect_location:
        # Nobody asked for the page that says where the answer is.
        raise redirect_error(response)
    return read(response)


def _text(response: Response) -> str:
    try:
        return response.text
    except Exception as error:
        message = f"{response._call()}: the text cannot be read: {scrub(str(error))}"  # noqa: SLF001 - its other half
        call, status = response._call(), response.status_code  # noqa: SLF001 - as above
        raise DecodeError(message, call=call, attempts=1, status_code=status) from error


def _typed(convert: Convert) -> Callable[[Response], Any]:
    def read(response: Response) -> Any:
        # An answer without a body is None, for a type that allows it.
        is_empty = not response.content or response.status_code in _EMPTY
        return convert(None if is_empty else response.json(), response, "")

    return read


_READERS: Final[dict[Any, Callable[[Response], Any]]] = {
    bytes: lambda response: response.content,
    str: _text,
    type(None): lambda _response: None,
}


def converter(kind: Any, *, of: str) -> Convert:
    """Return the function that makes a value of a type of plain data.

    Raises:
        ConfigurationError: for a type that nothing can be made into.
    """
    if kind is None or kind is Any or kind is object:
        return lambda data, _response, _at: data
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

    def convert(data: Any, response: Response | None, at: str) -> Any:
        try:
            return msgspec.convert(data, kind, strict=False)
        except msgspec.ValidationError as error:
            raise mismatch(str(error), data, response, at=at) from error

    return convert


def _by_pydantic(kind: Any) -> Convert:
    import pydantic  # noqa: PLC0415 - the user has it, as one of the types is its

    try:
        adapter: Any = pydantic.TypeAdapter(kind)
    except pydantic.errors.PydanticUserError as error:
        raise TypeError(str(error)) from error

    def convert(data: Any, response: Response | None, at: str) -> Any:
        try:
            return adapter.validate_python(data)
        except pydantic.ValidationError as error:
            found = error.errors(include_url=False, include_context=False)
            raise mismatches(found, response, at=at) from error

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
