"""Copies of answers and errors, so that nobody spoils those of others; the bytes are shared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import httpx

from notebook_kit.client.guise import disguise, safe_headers
from notebook_kit.client.response import Response
from notebook_kit.errors import RequestError

if TYPE_CHECKING:
    from notebook_kit.policies import Cache

__all__ = ["copy_of", "error_copy", "is_keepable", "size_of"]

#: What of an exchange is still of interest when it is over; the rest holds connections and runs.
_KEPT_OF_RESPONSE: Final = ("http_version", "reason_phrase")
_KEPT_OF_REQUEST: Final = ("timeout",)
_GOOD: Final = range(200, 300)


def is_keepable(response: Response, policy: Cache) -> bool:
    """Tell whether an answer may be given again: a good one, not too long, that stands alone.

    An error may be where the policy says so.
    """
    status = response.status_code
    wanted = status in _GOOD or (policy.keeps_status(status) and not response.history)
    if not wanted or len(response.content) > policy.max_item_bytes:
        return False
    # So a server says that something which is not in the request decides on the answer.
    return bool(response.headers.get("vary") != "*")


def size_of(response: httpx.Response) -> int:
    """Return how long an answer and its request are: their bodies and headers, in bytes."""
    request = response.request
    lines = (*response.headers.raw, *request.headers.raw)
    # A body that came piece by piece is not kept.
    sent = len(request.content) if hasattr(request, "_content") else 0
    own = len(response.content) + sent + sum(len(name) + len(value) for name, value in lines)
    return own + sum(map(size_of, response.history))


def copy_of(response: Response, source: Literal["network", "cache", "fallback"]) -> Response:
    """Return a copy of an answer that was read to its end, and say where it comes from."""
    made = Response.__new__(type(response))
    state = dict(response.__dict__)
    # Made of the headers and the body when it is asked for, and may be changed.
    state.pop("_cookies", None)
    made.__dict__.update(state)
    made.headers = _headers(response.headers)
    made.extensions = _some(response.extensions, _KEPT_OF_RESPONSE)
    # That of a transport holds the answer that it belongs to.
    made.stream = httpx.ByteStream(response.content)
    history: list[Any] = [
        copy_of(it, source) for it in response.history if isinstance(it, Response)
    ]
    made.history = history
    made.next_request = None
    made.request = _request(response.request)
    made.source = source
    return made


def _headers(headers: httpx.Headers) -> httpx.Headers:
    made = httpx.Headers(headers)
    safe_headers(made)
    return made


def _some(extensions: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: extensions[name] for name in names if name in extensions}


def _request(request: httpx.Request) -> httpx.Request:
    made = request.__class__.__new__(request.__class__)
    made.__dict__.update(request.__dict__)
    made.headers = _headers(request.headers)
    made.extensions = _some(request.extensions, _KEPT_OF_REQUEST)
    disguise(made)
    return made


def error_copy(error: BaseException) -> BaseException:
    """Return an error of its own for one more who waited; foreign errors are shared."""
    if not isinstance(error, RequestError):
        return error
    made = type(error).__new__(type(error), *error.args)
    made.args = error.args
    made.__dict__.update(error.__dict__)
    if notes := getattr(error, "__notes__", ()):
        made.__notes__ = [*notes]
    made.__cause__ = error.__cause__
    return made
