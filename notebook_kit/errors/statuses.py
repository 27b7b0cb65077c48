"""Answers with an error status: their classes, and which of them a status has."""

from __future__ import annotations

from typing import Any

from notebook_kit.errors.calls import RequestError

__all__ = [
    "APIError",
    "AuthenticationError",
    "Conflict",
    "NotFound",
    "PermissionDenied",
    "RateLimited",
    "ServerError",
    "api_error_class",
]


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
    """5xx: the server failed, is overloaded or is being restarted.

    A status that HTTP does not have, below 100 or above 599, is taken for one too (RFC 9110, 15).
    """


_BY_STATUS: dict[int, type[APIError]] = {
    401: AuthenticationError,
    403: PermissionDenied,
    404: NotFound,
    409: Conflict,
    429: RateLimited,
}
_FIRST_STATUS = 100
_FIRST_SERVER_ERROR = 500


def api_error_class(status_code: int) -> type[APIError]:
    """Return the error class for an HTTP status of 400 or more, or one that there is not.

    >>> api_error_class(404).__name__, api_error_class(502).__name__, api_error_class(418).__name__
    ('NotFound', 'ServerError', 'APIError')
    >>> api_error_class(999).__name__
    'ServerError'
    """
    if status_code >= _FIRST_SERVER_ERROR or status_code < _FIRST_STATUS:
        return ServerError
    return _BY_STATUS.get(status_code, APIError)
