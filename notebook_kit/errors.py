"""Every error that notebook_kit raises, and what each one carries.

::

    NotebookKitError
    ├── ConfigurationError (ValueError)         cannot work
    ├── ClosedError (RuntimeError)              used after it was closed
    ├── WouldDeadlock (RuntimeError)            a wait that blocks itself
    ├── RequestError                            one call went wrong: .call .attempts .elapsed_s
    │   ├── MissingCredential
    │   ├── CircuitOpen                         not sent, the server keeps failing: .retry_at_s
    │   ├── TransportError                      .maybe_sent
    │   │   ├── ConnectionFailed (ConnectionError)    surely not sent
    │   │   ├── ConnectionLost (ConnectionError)      maybe sent
    │   │   ├── RequestTimeout (TimeoutError)         .phase
    │   │   ├── StreamStalled (TimeoutError)          nothing more came
    │   │   └── distributed.WorkerLost                a worker of a cluster ended
    │   ├── APIError                            .status_code .response .retry_after_s
    │   │   ├── AuthenticationError  401
    │   │   ├── PermissionDenied     403
    │   │   ├── NotFound             404
    │   │   ├── Conflict             409
    │   │   ├── RateLimited          429
    │   │   └── ServerError          5xx
    │   ├── DecodeError                         the answer cannot be read
    │   └── UnwantedAnswer                      refused by the caller's own check: .value
    ├── BatchError                              .run
    │   ├── BatchFailed                         stopped by errors, or broken
    │   └── BudgetExceeded                      stopped at its limit of cost
    └── StorageError
        ├── CheckpointMismatch
        └── CheckpointCorrupt

All of them pickle, with what they carry; a live run or a response does not travel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "APIError",
    "AuthenticationError",
    "BatchError",
    "BatchFailed",
    "BudgetExceeded",
    "CheckpointCorrupt",
    "CheckpointMismatch",
    "CircuitOpen",
    "ClosedError",
    "ConfigurationError",
    "Conflict",
    "ConnectionFailed",
    "ConnectionLost",
    "DecodeError",
    "MissingCredential",
    "NotFound",
    "NotebookKitError",
    "PermissionDenied",
    "RateLimited",
    "RequestError",
    "RequestTimeout",
    "ServerError",
    "StorageError",
    "StreamStalled",
    "TransportError",
    "UnwantedAnswer",
    "WouldDeadlock",
    "api_error_class",
]


def _rebuild(cls: type[NotebookKitError], args: tuple[Any, ...], state: dict[str, Any]) -> Any:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class NotebookKitError(Exception):
    """The base of every error of this package.

    >>> issubclass(ConfigurationError, NotebookKitError)
    True
    """

    #: Attributes that belong to this process and are left behind when the error is pickled.
    _left_behind: tuple[str, ...] = ()

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        state = {
            name: (None if name in self._left_behind else value)
            for name, value in self.__dict__.items()
        }
        return _rebuild, (type(self), self.args, state)


class ConfigurationError(NotebookKitError, ValueError):
    """An option, a template or an argument that cannot work; raised before anything is sent."""


class ClosedError(NotebookKitError, RuntimeError):
    """A client, pool or resource was used after it was closed."""


class WouldDeadlock(NotebookKitError, RuntimeError):
    """A synchronous wait for something that needs the very loop that would be blocked."""


class RequestError(NotebookKitError):
    """One call went wrong.

    Attributes:
        call: the call as ``"GET https://host/path"``, secrets removed, or None.
        attempts: how often it was sent or tried.
        elapsed_s: seconds from the first attempt to the error, or None where nothing was tried.
        maybe_processed_before: whether an attempt before the last may have been processed.
    """

    maybe_processed_before = False

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


class APIError(RequestError):
    """The server answered with an error status.

    Attributes:
        status_code: the HTTP status.
        response: the whole answer, or None after pickling.
        retry_after_s: seconds the server asked to wait, or None.

    >>> str(NotFound("GET http://host/x answered 404", status_code=404))
    'GET http://host/x answered 404'
    """

    _left_behind = ("response",)

    def __init__(
        self,
        message: str = "",
        *,
        status_code: int,
        response: Any = None,
        retry_after_s: float | None = None,
        **carried: Any,
    ) -> None:
        super().__init__(message, **carried)
        self.status_code = status_code
        self.response = response
        self.retry_after_s = retry_after_s


class AuthenticationError(APIError):
    """401: the credential is missing, wrong or no longer valid."""


class PermissionDenied(APIError):
    """403: the credential is known but not allowed to do this."""


class NotFound(APIError):
    """404: there is nothing at that path."""


class Conflict(APIError):
    """409: the request clashes with the present state of the resource."""


class RateLimited(APIError):
    """429: too many requests; ``retry_after_s`` says how long the server asked to wait."""


class ServerError(APIError):
    """5xx: the server failed, is overloaded or is being restarted."""


_BY_STATUS: dict[int, type[APIError]] = {
    401: AuthenticationError,
    403: PermissionDenied,
    404: NotFound,
    409: Conflict,
    429: RateLimited,
}
_FIRST_SERVER_ERROR = 500


def api_error_class(status_code: int) -> type[APIError]:
    """Return the error class for an HTTP status of 400 or more.

    >>> api_error_class(404).__name__, api_error_class(502).__name__, api_error_class(418).__name__
    ('NotFound', 'ServerError', 'APIError')
    """
    if status_code >= _FIRST_SERVER_ERROR:
        return ServerError
    return _BY_STATUS.get(status_code, APIError)


class DecodeError(RequestError):
    """The answer came but cannot be read as what was asked for (bad JSON, wrong charset)."""


class UnwantedAnswer(RequestError):
    """The answer came, and the caller's own check of it (``Retry(retry_value=...)``) said no.

    Attributes:
        value: the answer; None after pickling.
    """

    _left_behind = ("value",)

    def __init__(self, message: str = "", *, value: Any = None, **carried: Any) -> None:
        super().__init__(message, **carried)
        self.value = value


class BatchError(NotebookKitError):
    """A whole run went wrong.

    Attributes:
        run: the run, whose ``frame`` holds everything that was finished; None after pickling.
    """

    _left_behind = ("run",)

    def __init__(self, message: str = "", *, run: Any = None) -> None:
        super().__init__(message)
        self.run = run


class BatchFailed(BatchError):
    """The run was stopped by its errors, or its input broke."""


class BudgetExceeded(BatchError):
    """The run was stopped because going on would have cost more than ``max_cost``."""


class StorageError(NotebookKitError):
    """A checkpoint or cache file could not be used."""


class CheckpointMismatch(StorageError):
    """The checkpoint was written by another function, template or client."""


class CheckpointCorrupt(StorageError):
    """The checkpoint file is damaged, or is not one of ours."""
