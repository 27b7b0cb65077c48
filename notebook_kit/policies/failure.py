"""What went wrong with one attempt, read off what the error carries and not off its class.

So the errors of httpx, aiohttp, requests and the openai SDK are understood as well as our own, and
none of those libraries has to be imported.
"""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from notebook_kit.errors import (
    APIError,
    CircuitOpen,
    ClosedError,
    ConfigurationError,
    DecodeError,
    MissingCredential,
    NotebookKitError,
    RequestError,
    TooLarge,
    TransportError,
)
from notebook_kit.policies.carried import attribute_of, headers_of, status_of
from notebook_kit.policies.hints import RateHint, asked_wait, read_hint, retry_after_seconds
from notebook_kit.policies.quota import is_quota_gone

__all__ = ["Failure", "FailureKind", "answered_with", "classify", "retry_after_seconds"]

_MANY_REQUESTS: Final = 429
_UNAVAILABLE: Final = 503
#: Names, anywhere in the class tree of a foreign error, of faults from before the request was sent.
_NOT_SENT = frozenset(
    {
        "ConnectError",
        "ConnectTimeout",
        "PoolTimeout",
        "ClientConnectorError",
        "ConnectionTimeoutError",
        "ConnectionRefusedError",
        "ConnectTimeoutError",
        "gaierror",
        "NewConnectionError",
        "SSLCertVerificationError",
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
        "IncompleteRead",
    }
)
_TIMED_OUT = frozenset({"TimeoutError", "TimeoutException", "Timeout", "APITimeoutError"})
#: Faults of the request itself that httpx counts among those of the transport.
_UNSENDABLE = frozenset({"UnsupportedProtocol", "LocalProtocolError"})
#: How far errors are followed that wrap others; a ring of them would never end.
_DEEPEST: Final = 10
#: Where an error keeps the status of the answer that it arose from, beside what it has itself.
_ANSWERED: Final = "_notebook_kit_answered_with"


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
        hint: what the server said of its limits, or None.
        quota_gone: the server says that the account has nothing left to spend.
        maybe_processed_before: whether an attempt before it may have been processed.
    """

    kind: FailureKind
    error: BaseException
    status_code: int | None = None
    retry_after_s: float | None = None
    maybe_sent: bool = True
    hint: RateHint | None = None
    quota_gone: bool = False
    maybe_processed_before: bool = False

    def __post_init__(self) -> None:
        # An error can be made by anyone, and a wait of NaN would never be over.
        if self.retry_after_s is not None and not 0 <= self.retry_after_s < math.inf:
            object.__setattr__(self, "retry_after_s", None)

    @property
    def refused(self) -> bool:
        """Whether the server turned it away unprocessed because of pace: come back later."""
        if self.status_code == _UNAVAILABLE:
            return self.retry_after_s is not None
        return self.status_code == _MANY_REQUESTS and not self.quota_gone


def classify(error: BaseException) -> Failure:
    """Return what the error says about the attempt.

    A group that holds a single error says what that one says. A foreign error that was raised from
    another one, or is made of it, says what that one says where it says less itself.

    >>> classify(ExceptionGroup("in a task group", [TimeoutError()])).kind
    <FailureKind.TIMEOUT: 'timeout'>
    """
    failure = _classify(error, _DEEPEST)
    answered = attribute_of(error, _ANSWERED)
    if failure.status_code is None and isinstance(answered, int):
        return replace(failure, status_code=answered)
    return failure


def answered_with(error: BaseException, status_code: int) -> None:
    """Note that an error arose from an answer with that status, which the error does not say.

    >>> answered_with(error := KeyError("name"), 200)
    >>> classify(error).kind, classify(error).status_code
    (<FailureKind.OTHER: 'other'>, 200)
    """
    # A class may refuse it; then nobody knows, as before.
    with suppress(Exception):
        setattr(error, _ANSWERED, status_code)


def _classify(error: BaseException, deepest: int) -> Failure:
    leaf = _only_leaf(error)
    if isinstance(leaf, NotebookKitError):
        failure = _classify_own(leaf)
        if isinstance(leaf, RequestError) and leaf.maybe_processed_before:
            failure = replace(failure, maybe_processed_before=True)
    else:
        failure = _classify_foreign(leaf)
        # An interrupt is not a failed attempt, whatever it interrupted.
        within = _wrapped(leaf) if deepest and isinstance(leaf, Exception) else None
        if within is not None and failure.kind is not FailureKind.STATUS:
            failure = _read_through(failure, _classify(within, deepest - 1))
    return failure if leaf is error else replace(failure, error=error)


def _only_leaf(error: BaseException) -> BaseException:
    """Return the one error in a group, in however many groups, or the error as it is."""
    for _ in range(_DEEPEST):
        if not isinstance(error, BaseExceptionGroup) or len(error.exceptions) != 1:
            break
        error = error.exceptions[0]
    return error


def _classify_own(error: NotebookKitError) -> Failure:
    if isinstance(error, (ConfigurationError, MissingCredential, ClosedError)):
        return Failure(FailureKind.INVALID, error, maybe_sent=False)
    if isinstance(error, APIError):
        return _classify_status(error, error.status_code, error.retry_after_s)
    if isinstance(error, TransportError):
        late = isinstance(error, TimeoutError)
        kind = FailureKind.TIMEOUT if late else FailureKind.TRANSPORT
        return Failure(kind, error, maybe_sent=error.maybe_sent)
    failure = _classify_foreign(error)
    if isinstance(error, (DecodeError, TooLarge)):
        return replace(failure, status_code=error.status_code)
    return replace(failure, maybe_sent=False) if isinstance(error, CircuitOpen) else failure


def _classify_foreign(error: BaseException) -> Failure:
    status_code = status_of(error)
    if status_code is not None:
        return _classify_status(error, status_code, None)
    names = {base.__name__ for base in type(error).__mro__}
    if names & _UNSENDABLE:
        return Failure(FailureKind.OTHER, error, maybe_sent=False)
    maybe_sent = not names & _NOT_SENT
    # urllib3 derives what it raises for a refused connection from a time limit.
    if names & _TIMED_OUT and "NewConnectionError" not in names:
        return Failure(FailureKind.TIMEOUT, error, maybe_sent=maybe_sent)
    if names & (_BROKEN_TRANSPORT | _NOT_SENT):
        return Failure(FailureKind.TRANSPORT, error, maybe_sent=maybe_sent)
    return Failure(FailureKind.OTHER, error)


def _classify_status(error: BaseException, status_code: int, wait: float | None) -> Failure:
    get = headers_of(error)
    wait = asked_wait(get) if wait is None else wait
    gone = is_quota_gone(error, status_code, wait)
    kind = FailureKind.STATUS
    return Failure(kind, error, status_code, wait, hint=read_hint(get), quota_gone=gone)


def _read_through(outer: Failure, inner: Failure) -> Failure:
    """Return the outer failure with what only the error within it says."""
    if outer.kind is FailureKind.OTHER:
        silent = inner.kind in (FailureKind.OTHER, FailureKind.INVALID)
        return replace(inner, error=outer.error) if outer.maybe_sent and not silent else outer
    if inner.kind not in (FailureKind.TRANSPORT, FailureKind.TIMEOUT):
        return outer
    kind = FailureKind.TIMEOUT if inner.kind is FailureKind.TIMEOUT else outer.kind
    return replace(outer, kind=kind, maybe_sent=outer.maybe_sent and inner.maybe_sent)


def _wrapped(error: BaseException) -> BaseException | None:
    """Return the error that this one was raised from, or is made of as requests does it."""
    # What was being handled while it was raised, its __context__, need not have to do with it.
    if error.__cause__ is not None:
        return error.__cause__
    made_of = attribute_of(error, "args")
    first = made_of[0] if isinstance(made_of, tuple) and made_of else None
    return first if isinstance(first, BaseException) else None
