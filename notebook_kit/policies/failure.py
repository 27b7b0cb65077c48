"""What went wrong with one attempt, read off what the error carries and not off its class.

So the errors of httpx, aiohttp, requests and the openai SDK are understood as well as our own, and
none of those libraries has to be imported.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from notebook_kit.errors import (
    APIError,
    ClosedError,
    ConfigurationError,
    DecodeError,
    MissingCredential,
    TransportError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Failure", "FailureKind", "classify", "retry_after_seconds"]

_STATUS_RANGE = range(400, 600)
#: Names, anywhere in the class tree of a foreign error, of faults from before the request was sent.
_NOT_SENT = frozenset(
    {
        "ConnectError",
        "ConnectTimeout",
        "PoolTimeout",
        "ClientConnectorError",
        "ConnectionTimeoutError",
        "ConnectionRefusedError",
        "gaierror",
        "NewConnectionError",
    }
)
_BROKEN_TRANSPORT = frozenset(
    {
        "TransportError",
        "ClientConnectionError",
        "ClientPayloadError",
        "APIConnectionError",
        "ConnectionError",
        "ChunkedEncodingError",
    }
)
_TIMED_OUT = frozenset({"TimeoutError", "TimeoutException", "Timeout", "APITimeoutError"})
#: Faults of the request itself that httpx counts among those of the transport; they never heal.
_UNSENDABLE = frozenset({"UnsupportedProtocol", "LocalProtocolError"})


class FailureKind(StrEnum):
    """The kinds that policies tell apart."""

    INVALID = "invalid"
    """The item itself cannot be sent; nothing was."""
    TRANSPORT = "transport"
    """No whole answer came back."""
    TIMEOUT = "timeout"
    """A time limit passed."""
    STATUS = "status"
    """The server answered 4xx or 5xx."""
    OTHER = "other"
    """Anything else: an answer that can't be read, an error of the user's own function."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed attempt, as policies see it.

    Attributes:
        kind: what sort of fault it was.
        error: the exception itself.
        status_code: the HTTP status, or None.
        retry_after_s: seconds the server asked to wait, or None; what is no time is None.
        maybe_sent: False when the server surely saw nothing.
    """

    kind: FailureKind
    error: BaseException
    status_code: int | None = None
    retry_after_s: float | None = None
    maybe_sent: bool = True

    def __post_init__(self) -> None:
        # An error can be made by anyone, and a wait of NaN would never be over.
        if self.retry_after_s is not None and not 0 <= self.retry_after_s < math.inf:
            object.__setattr__(self, "retry_after_s", None)


def retry_after_seconds(value: str | None, *, now: Callable[[], float] = time.time) -> float | None:
    """Return the seconds that a Retry-After header asks for, in either of its two forms.

    A date in the past is zero; what can't be read is None.

    >>> retry_after_seconds("1.5")
    1.5
    >>> retry_after_seconds("Thu, 01 Jan 1970 00:01:40 GMT", now=lambda: 90.0)
    10.0
    """
    if not value:
        return None
    try:
        wait = float(value)
    except ValueError:
        try:
            date = parsedate_to_datetime(value)
        except (TypeError, ValueError, OverflowError):
            return None
        # HTTP dates are in GMT, also in the old form that does not say so (RFC 9110, 5.6.7).
        wait = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now()
    return max(0.0, wait) if math.isfinite(wait) else None


def classify(error: BaseException) -> Failure:
    """Return what the error says about the attempt.

    >>> classify(TimeoutError()).kind
    <FailureKind.TIMEOUT: 'timeout'>
    """
    if isinstance(error, (ConfigurationError, MissingCredential, ClosedError)):
        return Failure(FailureKind.INVALID, error, maybe_sent=False)
    if isinstance(error, DecodeError):
        return Failure(FailureKind.OTHER, error)
    if isinstance(error, APIError):
        return Failure(FailureKind.STATUS, error, error.status_code, error.retry_after_s)
    if isinstance(error, TransportError):
        timed_out = isinstance(error, TimeoutError)
        kind = FailureKind.TIMEOUT if timed_out else FailureKind.TRANSPORT
        return Failure(kind, error, maybe_sent=error.maybe_sent)
    return _classify_foreign(error)


def _classify_foreign(error: BaseException) -> Failure:
    status_code = _status_of(error)
    if status_code is not None:
        wait = retry_after_seconds(_header_of(error, "retry-after"))
        return Failure(FailureKind.STATUS, error, status_code, wait)
    names = {base.__name__ for base in type(error).__mro__}
    if names & _UNSENDABLE:
        return Failure(FailureKind.OTHER, error, maybe_sent=False)
    maybe_sent = not (names & _NOT_SENT)
    if names & _TIMED_OUT:
        return Failure(FailureKind.TIMEOUT, error, maybe_sent=maybe_sent)
    if names & _BROKEN_TRANSPORT or names & _NOT_SENT:
        return Failure(FailureKind.TRANSPORT, error, maybe_sent=maybe_sent)
    return Failure(FailureKind.OTHER, error)


def _status_of(error: BaseException) -> int | None:
    for holder in (error, _read(error, "response")):
        for name in ("status_code", "status"):
            value = _read(holder, name)
            if isinstance(value, int) and value in _STATUS_RANGE:
                return int(value)
    return None


def _header_of(error: BaseException, name: str) -> str | None:
    for holder in (_read(error, "response"), error):
        get = _read(_read(holder, "headers"), "get")
        for written in (name, name.title()):
            try:
                value = get(written)
            except Exception:  # noqa: BLE001, S112 - whatever this is, it holds no headers
                continue
            if isinstance(value, str):
                return value
    return None


def _read(holder: object, name: str) -> Any:
    try:
        return getattr(holder, name, None)
    except Exception:  # noqa: BLE001 - a property may raise anything, httpx's own do
        return None
