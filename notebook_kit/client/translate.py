"""Errors of httpx become errors of the kit here, most specific first, and nowhere else."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import httpx

from notebook_kit.errors import (
    APIError,
    ConfigurationError,
    ConnectionFailed,
    ConnectionLost,
    DecodeError,
    RequestError,
    RequestTimeout,
    TransportError,
    api_error_class,
)
from notebook_kit.markup import shorten
from notebook_kit.policies import asked_wait, classify
from notebook_kit.redact import redact_url, scrub, scrub_fields

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.client.time_limits import AttemptLimit

__all__ = [
    "after_redirect",
    "api_error",
    "described",
    "out_of_time",
    "redirect_error",
    "stopped_at",
    "translate",
]

_BODY_SHOWN: Final = 200
_BODY_READ: Final = 100_000


def _timeout(phase: str, *, maybe_sent: bool) -> Callable[[str, str], RequestError]:
    def make(text: str, call: str) -> RequestError:
        said = f"{call}: the {phase} time limit passed. {text}"
        return RequestTimeout(said.strip(), phase=phase, maybe_sent=maybe_sent, call=call)

    return make


def _failed(text: str, call: str) -> RequestError:
    return ConnectionFailed(f"{call}: could not connect: {text or 'no reason given'}", call=call)


def _lost(text: str, call: str) -> RequestError:
    why = text or "the connection was closed"
    said = f"{call}: it ended before the whole answer had come: {why}"
    return ConnectionLost(said, call=call)


def _redirects(text: str, call: str) -> RequestError:
    return RequestError(f"{call}: redirected too often. {text}", call=call)


def _decoding(text: str, call: str) -> RequestError:
    return DecodeError(f"{call}: the answer cannot be decompressed: {text}", call=call)


#: Most specific first: the first class that fits decides.
_TABLE: Final[tuple[tuple[type[Exception], Callable[[str, str], RequestError]], ...]] = (
    (httpx.ConnectTimeout, _timeout("connect", maybe_sent=False)),
    (httpx.PoolTimeout, _timeout("pool", maybe_sent=False)),
    (httpx.ReadTimeout, _timeout("read", maybe_sent=True)),
    (httpx.WriteTimeout, _timeout("write", maybe_sent=True)),
    (httpx.TimeoutException, _timeout("request", maybe_sent=True)),
    (httpx.ConnectError, _failed),
    (httpx.ProxyError, _failed),
    (httpx.TransportError, _lost),
    (httpx.TooManyRedirects, _redirects),
    (httpx.DecodingError, _decoding),
)
#: What httpx says of a redirect whose target it cannot make a URL of.
_BAD_TARGET: Final = "Invalid URL in location header: "
#: What httpx and h11 say, and what it means.
_IN_OTHER_WORDS: Final = {
    "Receive buffer too long": "a line of the answer's head is longer than 100 kB",
    "Exceeded maximum allowed redirects.": "max_redirects= of the client says how often is allowed",
    "Received server _SWITCH_UPGRADE event without a pending proposal": (
        "the server switched to another protocol, which it was not asked to"
    ),
    "bad Content-Length": "the answer's Content-Length is not a number of bytes",
}
#: Faults of the request itself: nothing was sent, and sending it again would not help.
_INVALID: Final = (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL)


def described(method: str, url: httpx.URL) -> str:
    """Return a request as ``"GET https://host/path"``, secrets removed."""
    return f"{method} {redact_url(str(url))}"


def _describe(request: httpx.Request) -> str:
    return described(request.method, request.url)


def stopped_at(error: Exception, request: httpx.Request) -> httpx.Request:
    """Return the request that was under way when this was raised: behind a redirect, another."""
    if isinstance(error, httpx.RequestError):
        with suppress(RuntimeError):  # it was never said
            return error.request
    return request


def translate(error: Exception, request: httpx.Request) -> Exception:
    """Return the kit's error for one raised while sending a request; foreign ones as they are."""
    if isinstance(error, ExceptionGroup):
        return translate(error.exceptions[0], request)
    call = _describe(request)
    hop = stopped_at(error, request)
    was_redirected = hop.url != request.url
    where = f"{call}, redirected to {_describe(hop)}" if was_redirected else call
    said = str(error)
    text = scrub(_IN_OTHER_WORDS.get(said, said))
    # A request that was built has a URL: one that is none can only be a redirect's.
    misled = None
    if isinstance(error, httpx.InvalidURL) or text.startswith(_BAD_TARGET):
        target = text.removeprefix(_BAD_TARGET).rstrip(".")
        misled = f"{call} answered with a redirect to what is no URL: {target}."
    elif isinstance(error, _INVALID) and was_redirected:
        misled = f"{where}, which cannot be asked: {text}"
    if misled is not None:
        return RequestError(misled, call=call, attempts=1)
    if isinstance(error, _INVALID):
        return ConfigurationError(f"{where} cannot be sent: {text}")
    if isinstance(error, httpx.StreamConsumed):
        message = f"{call}: its body can be read once only and was sent already: give bytes."
        return ConfigurationError(message)
    make = next((make for kind, make in _TABLE if isinstance(error, kind)), None)
    if make is None:
        return error
    made = make(text, where)
    made.call = call
    if isinstance(made, TransportError) and hop.method != request.method:
        # What led from a POST to a GET has processed the POST.
        made.maybe_sent = True
    return made


def out_of_time(request: httpx.Request, limit: AttemptLimit) -> RequestTimeout:
    """Return the error of an attempt that took longer than its limit."""
    call = _describe(request)
    message = f"{call}: no answer within {limit}."
    return RequestTimeout(message, phase="attempt", call=call, attempts=1, elapsed_s=limit.limit_s)


def api_error(response: httpx.Response) -> APIError:
    """Return the error for an answer of 400 or more."""
    call = _describe(response.request)
    status = response.status_code
    reason = f" {response.reason_phrase}" if response.reason_phrase else ""
    body = _piece_of(response)
    carried: dict[str, Any] = {
        "status_code": status,
        "response": response,
        "retry_after_s": asked_wait(response.headers.get),
        "call": call,
        "attempts": 1,
    }
    return api_error_class(status)(f"{call} answered {status}{reason}{body}", **carried)


def after_redirect(error: APIError, request: httpx.Request, *, safe: bool) -> RequestError:
    """Return the error for a request that was led to where this one arose.

    What led from a POST to a GET has processed the POST. That the GET was turned away must not be
    taken, by policies, for a POST that was turned away: then it is no `APIError`.
    """
    led_to = error.response.request.method
    if safe or led_to == request.method or not classify(error).refused:
        return error
    asked = _describe(request)
    message = f"{asked} was processed, but what it led to could not be read: {error}"
    return RequestError(message, call=asked, attempts=1)


def redirect_error(response: httpx.Response) -> APIError:
    """Return the error for a redirect that was not followed, in a map."""
    call, status = _describe(response.request), response.status_code
    where = redact_url(str(response.headers.get("location", "")))
    message = (
        f"{call} answered {status} {response.reason_phrase}, which points to {where}: ask there, "
        "or make the client with follow_redirects=True."
    )
    return APIError(message, status_code=status, response=response, call=call, attempts=1)


def _piece_of(response: httpx.Response) -> str:
    """Return what the server said about it: its message where it gave one, else how it began."""
    content = response.content
    if not content or b"\x00" in content[:_BODY_SHOWN]:
        return ""
    said = None
    if len(content) <= _BODY_READ:
        with suppress(ValueError, RecursionError):
            said = _message_in(json.loads(content))
    text = said or content[: 4 * _BODY_SHOWN].decode("utf-8", "replace")
    return ": " + shorten(scrub_fields(text), _BODY_SHOWN)


def _message_in(body: Any) -> str | None:
    """Return the sentence in an error body; these names cover most of the APIs there are."""
    if isinstance(body, str):
        return body
    if not isinstance(body, dict):
        return None
    for name in ("message", "detail", "error", "title", "error_description"):
        found = _message_in(body.get(name))
        if found:
            return found
    return None
