"""Values as plain data that JSON can hold: objects, enums and dates as APIs want them."""

from __future__ import annotations

import base64
import dataclasses
import sys
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final
from uuid import UUID

from notebook_kit.redact import Secret

__all__ = ["plain"]

_AS_THEY_ARE: Final = (str, int, float, type(None), Secret)


def plain(value: Any) -> Any:
    """Return the value as dicts, lists, text and numbers, as it is written into a body.

    Dates are written in ISO form, enums as their value, decimals and UUIDs as text, bytes as
    base64. What is not known stays as it is, for the writer of JSON to refuse.

    >>> plain({"day": date(2026, 1, 31), "tags": {"a"}})
    {'day': '2026-01-31', 'tags': ['a']}
    """
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, _AS_THEY_ARE):
        return value
    if isinstance(value, Mapping):
        return {_key(key): plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple, AbstractSet)):
        return [plain(part) for part in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    return _scalar(value)


def _key(key: Any) -> Any:
    return plain(key) if not isinstance(key, str) else key


def _scalar(value: Any) -> Any:
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, (Decimal, UUID)):
        return str(value)
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    return _foreign(value)


def _foreign(value: Any) -> Any:
    """Return what other libraries made; they are imported already if it is theirs."""
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        return plain(value.tolist())
    msgspec = sys.modules.get("msgspec")
    if msgspec is not None and isinstance(value, msgspec.Struct):
        return msgspec.to_builtins(value)
    if hasattr(type(value), "model_dump"):  # a model of pydantic
        return plain(value.model_dump(mode="json", by_alias=True))
    if hasattr(type(value), "__attrs_attrs__"):
        return {it.name: plain(getattr(value, it.name)) for it in type(value).__attrs_attrs__}
    return value
