"""Faults of closing an answer: they never take the place of the error that came first.

httpx closes the answer when reading it has failed. If a transport of the user's own fails at that
too, it is that fault which comes out, and what went wrong with the call would be behind it.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.errors import RequestError
from notebook_kit.markup import shorten
from notebook_kit.policies import FailureKind, classify
from notebook_kit.redact import text_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from types import TracebackType

    from notebook_kit.client.transports.piece_stream import Closeable

__all__ = ["add_faults", "close_and_tell", "closing_error", "first_error_raised", "is_of_closing"]

_CLOSING: Final = "aclose"
#: Whose closing of an answer it is.
_CLOSERS: Final = frozenset({"httpx", "httpx2"})
_CLOSE_S: Final = 1.0
_SHOWN: Final = 300
#: What these say of closing is that the connection is gone already.
_OF_THE_NETWORK: Final = frozenset({"anyio", "h11", "h2", "httpcore", "httpcore2", "ssl"})


async def first_error_raised(
    faults: list[Exception], send: Callable[..., Awaitable[Any]], *args: Any, **options: Any
) -> Any:
    """Return what sending gives; of two errors the first is raised, and a fault of closing noted.

    Args:
        faults: where faults of closing are noted.
        send: sends.
        args: for it.
        options: for it.

    Raises:
        BaseException: whatever sending raises.
    """
    try:
        return await send(*args, **options)
    except Exception as fault:
        first = _before_closing(fault)
        if first is fault:
            raise
        faults.append(fault)
        if not isinstance(first, Exception):
            # A cancellation: it is on its way to who says that the time is over.
            add_faults(first, faults)
    # Outside of the block: that the fault came in between is told in a note.
    raise first


def _before_closing(fault: BaseException) -> BaseException:
    """Return the error that an answer was closed because of, or the error itself."""
    one: BaseException | None = fault if is_of_closing(fault) else None
    seen: set[int] = set()
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        if not _is_in_closing(one.__traceback__):
            return one
        one = one.__context__
    return fault


def is_of_closing(error: BaseException) -> bool:
    """Tell whether an error was raised when an answer was closed."""
    return _is_in_closing(error.__traceback__, _CLOSERS)


def _is_in_closing(traceback: TracebackType | None, packages: frozenset[str] | None = None) -> bool:
    while traceback is not None:
        frame = traceback.tb_frame
        package = str(frame.f_globals.get("__name__")).partition(".")[0]
        if frame.f_code.co_name == _CLOSING and (packages is None or package in packages):
            return True
        traceback = traceback.tb_next
    return False


def add_faults(error: BaseException, faults: Sequence[Exception]) -> None:
    """Note on an error that closing failed as well."""
    for fault in faults:
        note = f"notebook_kit: closing the answer failed as well: {_said(fault)}"
        # The same object may be raised by every call, and a frozen class takes no note.
        with suppress(Exception):
            if note not in getattr(error, "__notes__", ()):
                error.add_note(note)


def closing_error(call: str, fault: Exception) -> RequestError:
    """Return the error of a call of which nothing failed but the closing of its answer."""
    error = RequestError(
        f"{call}: closing the answer failed: {_said(fault)}", call=call, attempts=1
    )
    error.__cause__ = fault
    return error


def _said(fault: Exception) -> str:
    return shorten(f"{type(fault).__name__}: {text_of(fault)}", _SHOWN).rstrip(": ")


async def close_and_tell(it: Closeable) -> Exception | None:
    """Close something within a second, and return what code of the user's has raised, or None.

    That the connection is gone already, or takes long to go, is nothing to be told.
    """
    try:
        async with asyncio.timeout(_CLOSE_S):
            await it.aclose()
    except Exception as fault:  # noqa: BLE001 - handed on
        of_network = type(fault).__module__.partition(".")[0] in _OF_THE_NETWORK
        if of_network or classify(fault).kind is not FailureKind.OTHER:
            return None
        return fault
    return None
