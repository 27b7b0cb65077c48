"""Tracebacks that say where, and hold nothing.

A frame keeps what its function was called with, credentials among it, and IPython's Verbose mode
writes that out. So the frames of the package, and of the libraries it sends through, are replaced
in what is raised to a user: by ones of the same file, line and function, without any value. Frames
of anybody else's code stay what they are.
"""

from __future__ import annotations

import sys
from types import FunctionType, TracebackType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, FrameType

__all__ = ["PACKAGE", "chain_of", "hollow"]

PACKAGE: Final = "notebook_kit"

#: What a request passes through on its way, and what waits for it.
_ON_THE_WAY: Final = frozenset(
    {
        *(PACKAGE, "httpx", "httpx2", "httpcore", "httpcore2", "aiohttp", "anyio", "sniffio"),
        *("h11", "h2", "hpack", "socksio", "yarl", "multidict", "hishel", "truststore"),
        *("asyncio", "concurrent", "contextlib", "threading", "ssl", "http", "urllib", "json"),
        *("encodings", "codecs", "msgspec", "sqlite3"),
        *("websockets", "redis", "aiosqlite", "asyncpg"),
    }
)
_IS_HOLLOW: Final = "_notebook_kit_hollow"
#: Of the table that tells the line of each instruction: an entry for up to eight of two bytes each,
#: which says a line and no columns, and the bits of a number in each further byte.
_LINE_ALONE: Final = 0x80 | 13 << 3
_MOST: Final = 8
_BITS: Final = 6


def _template() -> Any:
    return _getframe()  # type: ignore[name-defined]  # noqa: F821 - in the globals it is run with


_CODE: Final[CodeType] = _template.__code__


def hollow(traceback: TracebackType | None) -> TracebackType | None:
    """Return a traceback whose frames of the package and its libraries hold no values."""
    links = []
    while traceback is not None:
        links.append(traceback)
        traceback = traceback.tb_next
    made: TracebackType | None = None
    for link in reversed(links):
        if link.tb_next is made and not _is_on_the_way(link.tb_frame):
            made = link
        else:
            made = _copy(link, made)
    return made


def chain_of(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all that it was raised from, or while; of groups, their members too."""
    seen: set[int] = set()
    left = [error]
    while left:
        one = left.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        if isinstance(one, BaseExceptionGroup):
            left += one.exceptions
        left += (it for it in (one.__cause__, one.__context__) if it is not None)


def _is_on_the_way(frame: FrameType) -> bool:
    package = str(frame.f_globals.get("__name__")).partition(".")[0]
    return package in _ON_THE_WAY and _IS_HOLLOW not in frame.f_globals


def _copy(link: TracebackType, below: TracebackType | None) -> TracebackType:
    frame = link.tb_frame
    if not _is_on_the_way(frame):
        return TracebackType(below, frame, link.tb_lasti, link.tb_lineno)
    return TracebackType(below, _without_values(frame, link.tb_lineno), 0, link.tb_lineno)


def _without_values(frame: FrameType, line: int) -> FrameType:
    of = frame.f_code
    code = _CODE.replace(
        co_filename=of.co_filename,
        co_name=of.co_name,
        co_qualname=of.co_qualname,
        co_firstlineno=of.co_firstlineno,
        co_linetable=_one_line(line - of.co_firstlineno),
    )
    known = {"__name__": frame.f_globals.get("__name__"), _IS_HOLLOW: True}
    made: FrameType = FunctionType(code, {**known, "_getframe": sys._getframe})()  # noqa: SLF001
    return made


def _one_line(delta: int) -> bytes:
    """Return the table in which all is on one line, so many below the first of the function."""
    table = bytearray()
    left = len(_CODE.co_code) // 2
    while left > 0:
        covered = min(left, _MOST)
        table.append(_LINE_ALONE | covered - 1)
        table += _number(0 if left < len(_CODE.co_code) // 2 else delta)
        left -= covered
    return bytes(table)


def _number(value: int) -> bytes:
    left = -value << 1 | 1 if value < 0 else value << 1
    written = bytearray()
    while left >> _BITS:
        written.append(1 << _BITS | left & (1 << _BITS) - 1)
        left >>= _BITS
    written.append(left)
    return bytes(written)
