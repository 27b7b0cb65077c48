"""Errors of httpx become errors of the kit here, most specific first, and nowhere else."""

from __future__ import annotations

import json
import socket
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import httpx

from notebook_kit.client.charsets import beginning
from notebook_kit.client.transports.body_bounds import BodyTooLarge, cut_at
from notebook_kit.client.transports.route import is_port
from notebook_kit.client.unsaid import unsaid, words_of
from notebook_kit.errors import (
    APIError,
    ConfigurationError,
    ConnectionFailed,
    ConnectionLost,
    DecodeError,
    RequestError,
    RequestTimeout,
    TooLarge,
    TransportError,
    api_error_class,
)
from notebook_kit.errors.groups import leaves_of, parts
from notebook_kit.markup import shorten
from notebook_kit.numbers import plural
from notebook_kit.policies import asked_wait, classify
from notebook_kit.policies.sizes import size_text
from notebook_kit.redact import redact_url, scrub, scrub_fields, scrub_told

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from notebook_kit.client.time_limits import AttemptLimit

__all__ = [
    "after_redirect",
    "api_error",
    "described",
    "out_of_time",
    "redirect_error",
    "several",
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
    return ConnectionFailed(f"{call}: could not connect: {text}", call=call)


def _lost(text: str, call: str) -> RequestError:
    said = f"{call}: it ended before the whole answer had come: {text}"
    return ConnectionLost(said, call=call)


def _redirects(text: str, call: str) -> RequestError:
    return RequestError(f"{call}: redirected too often. {text}", call=call)


def _decoding(text: str, call: str) -> RequestError:
    return DecodeError(f"{call}: the answer cannot be decompressed: {text}", call=call)


def _too_large(text: str, call: str) -> RequestError:
    return TooLarge(f"{call}: {text}.", call=call)


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
    (BodyTooLarge, _too_large),
    (httpx.DecodingError, _decoding),
)
#: What the system and Python raise, where a transport of the user's own lets it through. What is
#: derived from them is raised as it is, for who knows it.
_OF_THE_SYSTEM: Final[dict[type[Exception], Callable[[str, str], RequestError]]] = {
    **dict.fromkeys(
        (socket.gaierror, ConnectionRefusedError, ssl.SSLCertVerificationError), _failed
    ),
    **dict.fromkeys((ConnectionError, ConnectionResetError, ConnectionAbortedError), _lost),
    **dict.fromkeys((BrokenPipeError, EOFError, ssl.SSLError, ssl.SSLEOFError), _lost),
    TimeoutError: _timeout("request", maybe_sent=True),
}
#: What httpx says of a redirect whose target it cannot make a URL of.
_BAD_TARGET: Final = "Invalid URL in location header: "
#: What Python says of a port that is too large, where a transport has let it through.
_BAD_PORT: Final = "port must be 0-65535"
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


def translate(
    error: Exception, request: httpx.Request, *, max_redirects: int | None = None
) -> Exception:
    """Return the kit's error for one raised while sending a request; foreign ones as they are.

    Where it tells of one redirect too many, ``max_redirects`` is how many were followed, if known.
    """
    if isinstance(error, ExceptionGroup):
        return _of_group(error, request)
    call = _describe(request)
    hop = stopped_at(error, request)
    was_redirected = hop.url != request.url
    where = f"{call}, redirected to {_describe(hop)}" if was_redirected else call
    said = words_of(error)
    text = scrub(_IN_OTHER_WORDS.get(said, said))
    if isinstance(error, httpx.TooManyRedirects) and max_redirects is not None:
        text = f"{plural(max_redirects, 'redirect')} in a row were followed, and {text}"
    if (misled := _misled(error, request, text, where)) is not None:
        return RequestError(misled, call=call, attempts=1)
    if isinstance(error, _INVALID) or _is_of_port(error):
        return ConfigurationError(f"{where} cannot be sent: {text}")
    if isinstance(error, httpx.StreamConsumed):
        message = f"{call}: its body can be read once only and was sent already: give bytes."
        return ConfigurationError(message)
    make = next((make for kind, make in _TABLE if isinstance(error, kind)), None)
    make = make or _OF_THE_SYSTEM.get(type(error))
    if make is None:
        return error
    made = make(text or unsaid(error), where)
    made.call = call
    if isinstance(error, BodyTooLarge) and isinstance(made, TooLarge):
        made.max_body, made.size, made.status_code = error.most, error.size, error.status
    if isinstance(made, TransportError) and hop.method != request.method:
        # What led from a POST to a GET has processed the POST.
        made.maybe_sent = True
    return made


def _misled(error: Exception, request: httpx.Request, text: str, where: str) -> str | None:
    """Return what is said of a redirect that led to what cannot be asked, if that is it."""
    call = _describe(request)
    # A request that was built has a URL: one that is none can only be a redirect's.
    if isinstance(error, httpx.InvalidURL) or text.startswith(_BAD_TARGET):
        target = text.removeprefix(_BAD_TARGET).rstrip(".")
        return f"{call} answered with a redirect to what is no URL: {target}."
    if isinstance(error, _INVALID) and where != call:
        return f"{where}, which cannot be asked: {text}"
    if _is_of_port(error) and is_port(request.url.port):
        return f"{call} answered with a redirect to a port that there is not: {text}"
    return None


def _is_of_port(error: Exception) -> bool:
    return isinstance(error, OverflowError) and _BAD_PORT in str(error)


def _of_group(group: ExceptionGroup[Exception], request: httpx.Request) -> Exception:
    """Return one error for several: that of the first which the kit knows, and what the others say.

    Of code of the user's the only one is raised as it is, and several become one of ours.
    """
    leaves = [it for it in leaves_of(group) if isinstance(it, Exception)]
    translated = [translate(it, request) for it in leaves]
    if len(leaves) == 1:
        return translated[0]
    known = next((at for at, it in enumerate(translated) if it is not leaves[at]), None)
    if known is None:
        return several(leaves, _describe(request))
    others = scrub(parts([it for it in leaves if it is not leaves[known]]))
    made = translated[known]
    made.args = (f"{str(made).rstrip('. ')}; beside that {others}",)
    return made


def several(leaves: Sequence[BaseException], call: str) -> RequestError:
    """Return the one error for several that code of the user's has raised together."""
    message = f"{call}: several errors at once: {scrub_told(parts(list(leaves)))}"
    return RequestError(message, call=call, attempts=1)


def out_of_time(request: httpx.Request, limit: AttemptLimit) -> RequestTimeout:
    """Return the error of an attempt that took longer than its limit."""
    call = _describe(request)
    message = f"{call}: no answer within {limit}."
    return RequestTimeout(message, phase="attempt", call=call, attempts=1, elapsed_s=limit.limit_s)


def api_error(response: httpx.Response) -> APIError:
    """Return the error for an answer of 400 or more, or of a status that there is not."""
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
    cut = cut_at(response.extensions)
    said = None
    if len(content) <= _BODY_READ:
        with suppress(ValueError, RecursionError):
            said = _message_in(json.loads(content))
    text = said or beginning(response, 4 * _BODY_SHOWN)
    at = "" if cut is None else f" (its body was cut at {size_text(cut)})"
    return ": " + shorten(scrub_fields(text), _BODY_SHOWN) + at


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
