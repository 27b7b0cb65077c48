"""What to do about an error, by its kind: said by the panel, and by a frame."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["hint"]

#: How the rows are sent again is written differently beside a run and beside a frame.
_AGAIN: Final = "{again} sends them again."
_TOO_FAST: Final = (
    "The server asks for a slower pace: give a rate such as rate='5/s', or a smaller "
    f"max_concurrency. {_AGAIN}"
)
_TOO_LONG: Final = (
    "No answer in time: allow more with {limit}, or ask the server for less at once with a "
    f"smaller max_concurrency. {_AGAIN}"
)
#: The limits that a time-out may be of, when its text does not say which.
_ANY_LIMIT: Final = "the client's timeout= or attempt_timeout="
_LIMIT: Final = re.compile(r"\b(?:[a-z]+_)?timeout=")
_SERVER: Final = f"The server failed or is overloaded. Once it is well again, {_AGAIN}"
_OWN_CODE: Final = (
    "Raised by the function itself or by what reads the answer: run.errors holds the whole error."
)

_BY_STATUS: Final = {
    400: "The server does not understand the request: compare the first one with the API's manual.",
    401: "The key is missing, wrong or expired: check the client's headers or auth.",
    402: "The account has nothing left to spend, or the plan does not cover this.",
    403: "The key is valid but may not do this: check what it is allowed to do.",
    404: "Nothing is there: check the path and the values that fill it.",
    405: "The path exists but not for this method: check method=.",
    408: _TOO_LONG,
    409: "The request clashes with what is stored: it may have been done already.",
    410: "It was there once and has been removed.",
    413: "The body is larger than the server accepts: send less at a time.",
    415: "The server wants another kind of body: json= and content= are not the same.",
    422: "The server understood the request and rejects its values: see which field it names.",
    425: f"The server was not ready yet. {_AGAIN}",
    429: _TOO_FAST,
}
_BY_NAME: Final = {
    "AuthenticationError": _BY_STATUS[401],
    "BadEncoding": "The answer is not in the character set it claims: try parse='bytes'.",
    "BatchFailed": (
        "A run within this one was stopped by its own errors: .run of the error holds its frame."
    ),
    "BudgetExceeded": (
        "A run within this one reached its limit of cost: raise max_cost, and its "
        "retry_failed() goes on with the rest."
    ),
    "CircuitOpen": f"Too many failures in a row, so nothing was sent for a while. {_AGAIN}",
    "ClosedError": "The client was closed while the run was going on: make a new one.",
    "ConfigurationError": "This row cannot be sent as it is: check the values it was made of.",
    "Conflict": _BY_STATUS[409],
    "ConnectionFailed": (
        "No connection: check the address, the network, the proxy and the server's certificate."
    ),
    "ConnectionLost": (
        "The connection broke, so the server may have done the work; repeat only what is safe "
        "to repeat."
    ),
    "DecodeError": "The answer is not what parse= expects: look at it with parse='text'.",
    "MissingCredential": "The client has no key for this call: give headers= or auth=.",
    "NotFound": _BY_STATUS[404],
    "PermissionDenied": _BY_STATUS[403],
    "RateLimited": _TOO_FAST,
    "RequestTimeout": _TOO_LONG,
    "ServerError": _SERVER,
    "StreamStalled": "The stream went silent: allow a longer pause, or try again.",
    "TimeoutError": _TOO_LONG,
    "TooLarge": "The answer is larger than max_body= allows: raise it, or stream the answer.",
    "UnwantedAnswer": (
        "The answer came, and retry_value= refused it each time: look at .value of the error, or "
        "allow more attempts."
    ),
}
_STATUS: Final = re.compile(r"\b([45]\d\d)\b")
_FIRST_SERVER_ERROR: Final = 500


def hint(kind: str, *, again: str = "run.retry_failed()", said: str = "") -> str | None:
    """Return one sentence on what to do about errors of this kind, or None if nobody knows.

    Args:
        kind: the name of the error's class, with the HTTP status where there is one.
        again: what to write to have the rows sent again.
        said: the text of one of the errors, which may name the limit that was too short.

    >>> hint("NotFound 404")
    'Nothing is there: check the path and the values that fill it.'
    >>> hint("APIError 418") is None
    True
    """
    known = _known(kind)
    if known is None:
        return None
    named = _LIMIT.search(said)
    return known.format(again=again, limit=_ANY_LIMIT if named is None else named[0])


def _known(kind: str) -> str | None:
    status = _STATUS.search(kind)
    if status is not None:
        code = int(status[1])
        known = _BY_STATUS.get(code)
        return _SERVER if known is None and code >= _FIRST_SERVER_ERROR else known
    name = kind.partition(" ")[0]
    known = _BY_NAME.get(name)
    if known is None and "timeout" in name.lower():
        return _TOO_LONG
    return _OWN_CODE if known is None and name in _PYTHONS_OWN else known


_PYTHONS_OWN: Final = frozenset(
    {
        "AssertionError",
        "AttributeError",
        "IndexError",
        "KeyError",
        "LookupError",
        "NameError",
        "RecursionError",
        "RuntimeError",
        "StopIteration",
        "TypeError",
        "UnboundLocalError",
        "ValueError",
        "ZeroDivisionError",
    }
)
