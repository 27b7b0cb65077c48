"""Failures of an earlier run: as text in a checkpoint, and as errors again."""

from __future__ import annotations

import functools
import json
from typing import Any, Final

from notebook_kit import errors
from notebook_kit.errors import NotebookKitError, StorageError
from notebook_kit.errors.groups import with_parts
from notebook_kit.policies import Failure, FailureKind
from notebook_kit.redact import scrub, scrub_told

__all__ = ["EarlierFailure", "kept_failure", "restored_failure", "writable"]

_OWN: Final = f"{errors.__name__}."
#: Characters of a message that are kept: an answer of megabytes may be part of it. So many are
#: looked at, because of a secret that is cut in two nobody would know the first half.
_LONGEST: Final = 20_000
_LOOKED_AT: Final = 1_000_000


class EarlierFailure(StorageError):
    """An error of another library, or of the user's own, as a checkpoint kept it.

    It carries the message and the name of the class, and is of a class that bears that name.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        return _earlier_failure, (type(self).__name__, str(self))


@functools.lru_cache(maxsize=256)
def _class_named(name: str) -> type[EarlierFailure]:
    return type(name, (EarlierFailure,), {"__doc__": EarlierFailure.__doc__})


def _earlier_failure(name: str, text: str) -> EarlierFailure:
    return _class_named(name)(text)


def kept_failure(error: BaseException) -> tuple[str, str, str]:
    """Return class, message and plain attributes (as JSON) of an error, secrets removed."""
    kind = type(error)
    try:
        text = scrub(with_parts(error)[:_LOOKED_AT])[:_LONGEST]
    except Exception as broken:  # noqa: BLE001 - a user's __str__ may raise anything
        text = f"(its message cannot be read: {type(broken).__name__})"
    name = writable(f"{kind.__module__}.{kind.__qualname__}")
    carried = {
        attribute: _plain(value)
        for attribute, value in vars(error).items()
        if attribute != "__notes__" and name.startswith(_OWN)
    }
    return name, writable(scrub_told(text)), json.dumps(carried)


def writable(text: str) -> str:
    """Return a text as SQLite takes it: half a surrogate pair, as in file names, is none."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def restored_failure(
    name: object, text: object, carried: object, *, status_code: int, timed_out: bool
) -> Failure:
    """Return the failure that was kept: an error of ours as it was, others as `EarlierFailure`.

    Raises:
        ValueError: for what was not written by `kept_failure`.

    >>> restored_failure("builtins.ValueError", "odd", "{}", status_code=0, timed_out=False).error
    ValueError('odd')
    """
    if not (isinstance(name, str) and isinstance(text, str) and isinstance(carried, str)):
        message = "an error that is no text"
        raise ValueError(message)  # noqa: TRY004 - what a file holds is no type of the caller's
    module, _, short = name.rpartition(".")
    kind = getattr(errors, short, None) if f"{module}." == _OWN else None
    error: BaseException
    if isinstance(kind, type) and issubclass(kind, NotebookKitError):
        error = kind.__new__(kind, text)
        error.args = (text,)
        vars(error).update(_carried(kind, carried))
    else:
        error = _earlier_failure(short, text)
    why = FailureKind.TIMEOUT if timed_out else FailureKind.OTHER
    return Failure(why, error, status_code or None)


def _carried(kind: type, text: str) -> dict[str, Any]:
    """Return what an error carries: plain values, under no name that the class gives a method."""
    try:
        carried = json.loads(text)
    except RecursionError:
        carried = None
    if not isinstance(carried, dict):
        message = "an error whose parts cannot be read"
        raise ValueError(message)  # noqa: TRY004 - what a file holds is no type of the caller's
    return {
        name: _plain(value)
        for name, value in carried.items()
        if not name.startswith("_") and not hasattr(kind, name)
    }


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return scrub(value)
    return value if value is None or type(value) in (bool, int, float) else None
