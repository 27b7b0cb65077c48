"""What goes wrong with one call: it is not sent, no whole answer comes, or it cannot be used."""

from __future__ import annotations

from typing import Any

from notebook_kit.errors.base import NotebookKitError
from notebook_kit.errors.effort import with_effort, with_pause

__all__ = [
    "CircuitOpen",
    "ConnectionFailed",
    "ConnectionLost",
    "DecodeError",
    "MissingCredential",
    "RequestError",
    "RequestTimeout",
    "StreamStalled",
    "TooLarge",
    "TransportError",
    "UnwantedAnswer",
]


class RequestError(NotebookKitError):
    """One call went wrong.

    Where it is what a call of its own ended with, its text ends with how often and for how long
    that was tried. Of a row the columns of the frame tell it.

    Attributes:
        call: the call as ``"GET https://host/path"``, secrets removed, or None.
        attempts: how often it was sent or tried.
        elapsed_s: seconds from the first attempt to the error, or None where nothing was tried.
        maybe_processed_before: whether an attempt before the last may have been processed.
    """

    maybe_processed_before = False
    #: How often and for how long it was tried, in words; "" where columns tell it.
    _effort = ""
    #: That the server asks for a longer wait than there is, in words.
    _pause = ""

    def __init__(
        self,
        message: str = "",
        *,
        call: str | None = None,
        attempts: int = 0,
        elapsed_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.call = call
        self.attempts = attempts
        self.elapsed_s = elapsed_s

    def __str__(self) -> str:
        return with_effort(with_pause(super().__str__(), self._pause), self._effort)


class MissingCredential(RequestError):
    """The call needs a credential and none was given; nothing was sent."""


class CircuitOpen(RequestError):
    """Nothing was sent, because the server failed too often: its circuit breaker is open.

    Attributes:
        retry_at_s: seconds until it is tried again, or None while one probe is under way.
    """

    def __init__(
        self, message: str = "", *, retry_at_s: float | None = None, **carried: Any
    ) -> None:
        super().__init__(message, **carried)
        self.retry_at_s = retry_at_s


class TransportError(RequestError):
    """No whole answer came back.

    Attributes:
        maybe_sent: False when the server surely saw nothing of the request, so that even a POST
            is safe to repeat; True when it may have been processed.
    """

    def __init__(self, message: str = "", *, maybe_sent: bool = True, **carried: Any) -> None:
        super().__init__(message, **carried)
        self.maybe_sent = maybe_sent


class ConnectionFailed(TransportError, ConnectionError):
    """No connection could be made: name not found, refused, TLS not agreed. Surely not sent."""

    def __init__(self, message: str = "", *, maybe_sent: bool = False, **carried: Any) -> None:
        super().__init__(message, maybe_sent=maybe_sent, **carried)


class ConnectionLost(TransportError, ConnectionError):
    """The connection broke, or the answer was cut short or unreadable. Maybe sent."""


class RequestTimeout(TransportError, TimeoutError):
    """A time limit passed.

    Attributes:
        phase: which limit: ``"connect"``, ``"pool"``, ``"read"``, ``"write"``, ``"call"``,
            ``"attempt"``, ``"item"`` or ``"batch"``.
    """

    def __init__(self, message: str = "", *, phase: str = "attempt", **carried: Any) -> None:
        super().__init__(message, **carried)
        self.phase = phase


class StreamStalled(TransportError, TimeoutError):
    """A stream said nothing for longer than its ``stall_timeout`` while it was listened to."""


class DecodeError(RequestError):
    """The answer came but cannot be read as what was asked for (bad JSON, wrong charset).

    Attributes:
        status_code: the HTTP status that it came with, or None where that is not known.
    """

    def __init__(
        self, message: str = "", *, status_code: int | None = None, **carried: Any
    ) -> None:
        super().__init__(message, **carried)
        self.status_code = status_code


class TooLarge(RequestError):
    """The body of a good answer is larger than ``max_body`` allows; it is not tried again.

    Where the status is an error, the body is cut there, and the error is the one of that status.

    Attributes:
        max_body: how many bytes it may have.
        size: how many it has, or was found to have before it was given up.
        status_code: the HTTP status that it came with, or None where that is not known.
    """

    def __init__(
        self,
        message: str = "",
        *,
        max_body: int = 0,
        size: int = 0,
        status_code: int | None = None,
        **carried: Any,
    ) -> None:
        super().__init__(message, **carried)
        self.max_body = max_body
        self.size = size
        self.status_code = status_code


class UnwantedAnswer(RequestError):
    """The answer came, and the caller's own check of it (``Retry(retry_value=...)``) said no.

    Attributes:
        value: the answer; None after pickling.
    """

    _left_behind = ("value",)

    def __init__(self, message: str = "", *, value: Any = None, **carried: Any) -> None:
        super().__init__(message, **carried)
        self.value = value
