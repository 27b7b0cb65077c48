"""Objects that are written as their text alone: which they are, and a warning that says so."""

from __future__ import annotations

import dataclasses
import warnings
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["note_text_alone", "warning_of_texts"]

#: Packages whose objects say in their text all that they are.
_SAID_IN_FULL: Final = (
    *("builtins", "numpy", "pandas", "datetime", "decimal", "fractions", "ipaddress", "pathlib"),
    *("re", "types", "uuid", "zoneinfo"),
)
_LEVELS: Final = 6
_found: ContextVar[dict[type, None] | None] = ContextVar("found", default=None)


def note_text_alone(kind: type) -> None:
    """Note that an object of this class is written as its text, where somebody wants to know."""
    found = _found.get()
    if found is not None and kind.__module__.partition(".")[0] not in _SAID_IN_FULL:
        found[kind] = None


@contextmanager
def warning_of_texts(frame: pd.DataFrame) -> Iterator[None]:
    """Warn once, after the work, of objects in the frame that were written as their text alone."""
    found: dict[type, None] = {}
    token = _found.set(found)
    try:
        yield
    finally:
        _found.reset(token)
    if not found:
        return
    kinds = tuple(found)
    where = _columns_with(frame, kinds) or "the labels"
    message = (
        f"Objects of the class {', '.join(kind.__name__ for kind in kinds)} in {where} were "
        "written as their text, of which they cannot be made again. Dictionaries, dataclasses and "
        "models of pydantic are written with their fields: have the function return such, or put "
        "them in before, as in frame['result'] = frame['result'].map(vars, na_action='ignore')."
    )
    warnings.warn(message, UserWarning, stacklevel=4)


def _columns_with(frame: pd.DataFrame, kinds: tuple[type, ...]) -> str:
    names = [
        repr(name)
        for at, name in enumerate(frame.columns)
        if pd.api.types.is_object_dtype(frame.dtypes.iloc[at])
        and any(_holds(value, kinds) for value in frame.iloc[:, at].tolist())
    ]
    return ("the columns " if len(names) > 1 else "the column ") + ", ".join(names) if names else ""


def _holds(value: Any, kinds: tuple[type, ...]) -> bool:
    """Tell whether a value is of these classes, or has one that is inside of it."""
    level = [value]
    for _ in range(_LEVELS):
        if any(isinstance(it, kinds) for it in level):
            return True
        level = [inner for it in level for inner in _inside(it)]
    return False


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value.values(), *value]
    if isinstance(value, (list, tuple, set, frozenset)):
        return list(value)
    with suppress(Exception):
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return [getattr(value, field.name, None) for field in dataclasses.fields(value)]
        if hasattr(type(value), "model_dump"):
            return [*vars(value).values(), *(getattr(value, "model_extra", None) or {}).values()]
    return []
