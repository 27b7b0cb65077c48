"""Answers that are objects with fields, as the dictionaries that they would be in a file."""

from __future__ import annotations

import dataclasses
import sys
from contextlib import suppress
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = ["as_records", "hint_of_objects"]

#: Objects inside of each other that are opened.
_DEEPEST: Final = 50
_PLAIN: Final = frozenset({dict, list, tuple, str, int, float, bool, bytes, type(None)})


def as_records(answers: list[Any]) -> list[Any]:
    """Return answers with dictionaries for models of pydantic, dataclasses and structs.

    The very list where there is none of them; what is inside of other answers stays as it is, and
    so is what is inside of one that holds itself, or of one that goes too deep.

    >>> as_records([SimpleNamespace(n=1), 2])
    [{'n': 1}, 2]
    """
    kinds = set(map(type, answers)) - _PLAIN
    records = {kind for kind in kinds if _has_fields(kind)}
    if not records:
        return answers
    return [_whole(it) if type(it) in records else it for it in answers]


def _has_fields(kind: type) -> bool:
    if dataclasses.is_dataclass(kind) or kind is SimpleNamespace:
        return True
    models = sys.modules.get("pydantic")
    return hasattr(kind, "__struct_fields__") or (
        models is not None and issubclass(kind, models.BaseModel)
    )


class _EndlessError(Exception):
    """An object is inside of itself, or too deep."""


def _whole(answer: Any) -> Any:
    with suppress(_EndlessError):
        return _opened(answer, ())
    with suppress(Exception):
        return {name: getattr(answer, name) for name in _names(answer)}
    return answer


def _opened(value: Any, outer: tuple[int, ...]) -> Any:
    """Return a value with dictionaries for the objects in it.

    Args:
        value: anything.
        outer: the objects that it is inside of.
    """
    kind = type(value)
    if kind is dict:
        return {key: _opened(it, outer) for key, it in value.items()}
    if kind is list:
        return [_opened(it, outer) for it in value]
    if kind in _PLAIN or not _has_fields(kind):
        return value
    if id(value) in outer or len(outer) > _DEEPEST:
        raise _EndlessError
    inside = (*outer, id(value))
    # A class of the user's may fail at being asked, which is no matter of other rows.
    try:
        if hasattr(kind, "model_dump"):
            return _opened(value.model_dump(warnings=False), inside)
        return {name: _opened(getattr(value, name), inside) for name in _names(value)}
    except _EndlessError:
        raise
    except Exception:  # noqa: BLE001 - as above
        return value


def _names(value: Any) -> Collection[str]:
    if dataclasses.is_dataclass(value):
        return [field.name for field in dataclasses.fields(value)]
    names: Collection[str] = getattr(type(value), "__struct_fields__", None) or list(vars(value))
    return names


def hint_of_objects(values: Sequence[Any]) -> str:
    """Return a sentence that says how objects can be opened, if there are such; else nothing."""
    kind = next(
        (it for it in map(type, values) if it not in _PLAIN and it.__module__ != "numpy"), None
    )
    if kind is None:
        return ""
    return (
        f" There are objects of the class {kind.__name__}, of which nobody knows the fields: make "
        "dictionaries of them, as in frame.assign(result=frame['result'].map(vars, "
        "na_action='ignore')).calls.expand(...), or return dataclasses or models of pydantic, "
        "which are opened, with schema= too."
    )
