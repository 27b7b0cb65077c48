"""What the requests of a map are made of: the same for all rows, or made of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.client.bodies import uploads
from notebook_kit.client.checks import prepared
from notebook_kit.client.columns import per_row, varies
from notebook_kit.client.row_sending import OF_SENDING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["divided", "ready", "settled", "varying_of"]

#: Options of a request that may differ from row to row.
_PER_ROW: Final = (
    *("params", "headers", "json", "data", "content", "files", "cookies", "timeout", "extensions"),
    *OF_SENDING,
)
#: Options whose columns are written as a path writes them.
_AS_TEXT: Final = ("params", "headers", "cookies")


def settled(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that may vary, with what can be read only once read into a list.

    Raises:
        ConfigurationError: for files that are none.

    >>> settled({"headers": iter([("x-a", "1")]), "method": "GET"})
    {'headers': [('x-a', '1')]}
    """
    found = {name: value for name, value in options.items() if name in _PER_ROW}
    if isinstance(found.get("headers"), Iterator):
        found["headers"] = list(found["headers"])
    if found.get("files") is not None and not varies(found["files"]):
        found["files"] = uploads(found["files"])
    return found


def divided(options: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what is said of sending, and what of the requests themselves.

    >>> divided({"auth": ("me", "word"), "params": {"page": 2}})
    ({'auth': ('me', 'word')}, {'params': {'page': 2}})
    """
    sending = {name: value for name, value in options.items() if name in OF_SENDING}
    return sending, {name: value for name, value in options.items() if name not in sending}


def varying_of(parts: Mapping[str, Any]) -> dict[str, Callable[[Any], Any]]:
    """Return what makes those parts of requests of an item that are not the same for all.

    >>> varying = varying_of({"params": lambda row: {"id": row}, "json": 1})
    >>> {name: make(7) for name, make in varying.items()}
    {'params': {'id': 7}}
    """
    return {
        name: per_row(value, as_text=name in _AS_TEXT)
        for name, value in parts.items()
        if varies(value)
    }


def ready(options: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of a request as they are sent, checked, with files that were read.

    Raises:
        ConfigurationError: for what cannot be sent.
    """
    if options.get("files") is not None:
        options["files"] = uploads(options["files"])
    return prepared(options)
