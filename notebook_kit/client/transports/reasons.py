"""Why something did not work, in the words of the system, out of what libraries wrap it in."""

from __future__ import annotations

import os
import socket
import ssl
from typing import Final

import httpx

__all__ = ["in_plain_words", "reason_of", "root_of"]

#: What asyncio and anyio say where several addresses were tried; the reason stands behind it.
_WRAPPED: Final = ("All connection attempts failed", "Multiple exceptions")


def reason_of(error: BaseException) -> str:
    """Return why the system did not do it, in its own words where it has any.

    What asyncio puts there instead tells of its own calls.

    >>> reason_of(ConnectionRefusedError(111, "Connect call failed"))
    'Connection refused'
    """
    has_other_numbers = isinstance(error, (ssl.SSLError, socket.gaierror))
    if isinstance(error, OSError) and error.errno and not has_other_numbers:
        return os.strerror(error.errno)
    verdict = getattr(error, "verify_message", "")
    if verdict:
        return f"the certificate was not accepted ({verdict})"
    return getattr(error, "strerror", None) or str(error)


def root_of(error: BaseException) -> BaseException:
    """Return the error that says something, behind those without words; a group's first one.

    >>> try:
    ...     raise OSError("") from ConnectionResetError(104, "reset")
    ... except OSError as error:
    ...     type(root_of(error)).__name__
    'ConnectionResetError'
    """
    seen: set[int] = set()
    while id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
            continue
        behind = error.__cause__ or error.__context__
        if behind is None or (str(error) and not _is_wrapping(error)):
            break
        error = behind
    return error


def in_plain_words(error: BaseException) -> BaseException:
    """Return an error of the network with the system's words, where it has none of its own.

    >>> in_plain_words(httpx.ReadError("told"))
    ReadError('told')
    """
    root = root_of(error)
    words = reason_of(root)
    if not isinstance(error, httpx.NetworkError) or root is error or not words:
        return error
    return type(error)(words)


def _is_wrapping(error: BaseException) -> bool:
    text = str(error)
    behind = error.__cause__ or error.__context__
    return text.startswith(_WRAPPED) or isinstance(behind, OSError) or text == str(behind)
