"""What lands in the ``result`` column: the ``parse`` option of a map."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import shown

if TYPE_CHECKING:
    from notebook_kit.client.response import Response

__all__ = ["Parse", "kind_of", "parser"]

#: ``"auto"`` goes by the content type; a function is given the whole `Response`.
Parse: TypeAlias = (
    Literal["auto", "json", "text", "bytes", "response"] | Callable[["Response"], Any]
)

_TEXTS: Final = ("application/xml", "application/javascript")


def kind_of(media_type: str) -> Literal["json", "text", "bytes"]:
    """Return what ``"auto"`` reads a body of this media type as.

    >>> kind_of("application/problem+json"), kind_of("image/png")
    ('json', 'bytes')
    """
    if media_type == "application/json" or media_type.endswith("+json"):
        return "json"
    if media_type.startswith("text/") or media_type in _TEXTS:
        return "text"
    return "bytes"


def _auto(response: Response) -> Any:
    if not response.content:
        return None
    return _PARSERS[kind_of(response.media_type)](response)


_PARSERS: dict[str, Callable[[Response], Any]] = {
    "auto": _auto,
    "json": lambda response: response.json(),
    "text": lambda response: response.text,
    "bytes": lambda response: response.content,
    "response": lambda response: response,
}


def parser(parse: Parse) -> Callable[[Response], Any]:
    """Return the function that makes a result of an answer.

    Raises:
        ConfigurationError: for an unknown word, or an async function.
    """
    if callable(parse):
        call = getattr(parse, "__call__", None)  # noqa: B004 - its kind matters
        if inspect.iscoroutinefunction(parse) or inspect.iscoroutinefunction(call):
            message = (
                "parse= is an async function: the answer is there already, so give an ordinary "
                "one; for what needs more calls, map over the results."
            )
            raise ConfigurationError(message)
        return parse
    if parse not in tuple(_PARSERS):  # a list, say, has no hash
        known = ", ".join(map(repr, _PARSERS))
        message = f"parse={shown(parse)} must be one of {known} or a function."
        raise ConfigurationError(message)
    return _PARSERS[parse]
