"""Answers of any kind as data that can be compared part by part."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any, Final

from notebook_kit.frames.calls.restored import decoded

__all__ = ["plain"]

_PLAIN: Final = (str, int, float, bool, bytes, type(None), dict, list)
#: The repr of a class that does not say what is in it.
_NO_REPR: Final[Any] = object.__repr__


def plain(value: Any) -> Any:
    """Return a value as plain data where its class tells what is in it, or as it is.

    Models of pydantic, dataclasses, arrays, columns, responses and objects that hold nothing but
    attributes are opened, one level deep.

    >>> import numpy as np
    >>> plain(np.array([1, 2])), plain({"a": 1})
    ([1, 2], {'a': 1})
    """
    if type(value) in _PLAIN or isinstance(value, type):
        return value
    for opened in (_array(value), _model(value), _response(value), _attributes(value)):
        if opened is not None:
            return opened
    return value


def _array(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    as_list = getattr(value, "tolist", None)
    return as_list() if callable(as_list) else None


def _model(value: Any) -> Any:
    dump = getattr(value, "model_dump", None)
    if callable(dump):
        return dump()
    if not is_dataclass(value):
        return None
    return {field.name: getattr(value, field.name, None) for field in fields(value)}


def _response(value: Any) -> Any:
    if not hasattr(value, "status_code") or not hasattr(value, "content"):
        return None
    body = getattr(value, "text", value.content)
    return {"status_code": value.status_code, "body": decoded(body)}


def _attributes(value: Any) -> Any:
    if type(value).__repr__ is not _NO_REPR or not hasattr(value, "__dict__"):
        return None
    return dict(vars(value))
