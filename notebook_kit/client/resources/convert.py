"""Answers as what an endpoint says that they are: dataclasses, typed dictionaries, models."""

from __future__ import annotations

import functools
import typing
from typing import TYPE_CHECKING, Any, Final

import httpx

from notebook_kit import typed
from notebook_kit.client.parse import parser
from notebook_kit.client.resources.mismatch import unreadable
from notebook_kit.client.translate import redirect_error
from notebook_kit.errors import DecodeError
from notebook_kit.redact import scrub

if TYPE_CHECKING:
    from collections.abc import Callable

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
    make = typed.converter(kind, of=of)

    def convert(data: Any, response: Response | None, at: str) -> Any:
        try:
            return make(data, at)
        except typed.Mismatch as error:
            raise unreadable(str(error), response) from error

    return convert
