"""Requests while a tape is in force: what comes is taken down, or what was taken down is given.

It stands where every hop of every request passes, above the connections and HTTP's rules for kept
answers. A client that was lent keeps its transport to itself: there a whole call is one exchange,
redirects and all.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import httpx

from notebook_kit.client.measured import read_whole
from notebook_kit.client.response import GIVEN_AGAIN
from notebook_kit.client.taped_stream import STREAMED, Played, Taken
from notebook_kit.client.translate import described
from notebook_kit.client.transports.measures import CAME, SENT
from notebook_kit.client.unsaid import unsaid, words_of
from notebook_kit.errors import ConfigurationError, ReplayMismatch
from notebook_kit.redact import scrub
from notebook_kit.tapes import slot
from notebook_kit.tapes.credentials import credentials
from notebook_kit.tapes.exchange import CUT, LATE, LONG, Came, Failed, Sent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from notebook_kit.tapes.player import Player
    from notebook_kit.tapes.recorder import Recorder, Taking

__all__ = ["lent_by_tape", "sent_by_tape", "tell_late", "tell_limit"]

#: The key of a request's extensions under which lies the `_Limit` of its attempt.
_LIMIT: Final = "nk_limit"
#: What a transport, or a client that was lent, may raise, by name: nothing else that a tape names
#: is ever raised.
_ERRORS: Final = {
    kind.__name__: kind
    for kind in vars(httpx).values()
    if isinstance(kind, type) and issubclass(kind, httpx.RequestError)
}


class _Limit(NamedTuple):
    """When an attempt is over, and the error that tells of it.

    Attributes:
        at: in seconds of the loop's clock.
        late: makes the error.
    """

    at: float
    late: Callable[[], Exception]


def tell_limit(request: httpx.Request, limit_s: float, late: Callable[[], Exception]) -> None:
    """Let a tape know when an attempt is over: that is an outcome, and other cuts are none."""
    if slot.tape is None:
        return
    at = asyncio.get_running_loop().time() + limit_s
    request.extensions[_LIMIT] = _Limit(at, late)


def tell_late(request: httpx.Request, late: Callable[[], Exception]) -> None:
    """Let a tape know that an answer is cut off because its time is over."""
    tell_limit(request, 0.0, late)


async def sent_by_tape(
    tape: Recorder | Player,
    request: httpx.Request,
    send: Callable[[httpx.Request], Awaitable[httpx.Response]],
) -> httpx.Response:
    """Do what a transport does.

    Raises:
        ReplayMismatch: where the tape does not hold the request.
        httpx.RequestError: as it came, or as it was recorded.
    """
    if CAME in request.extensions or not tape.is_ours:
        return await send(request)
    await request.aread()
    sent = _sent(request)
    if tape.plays is False:
        await tape.room()
        return await _recorded(tape.take(sent), request, send(request))
    came = tape.play(sent)
    if came is None:
        return await send(request)
    tell_sent = request.extensions.get(SENT)
    if tell_sent is not None:
        tell_sent()
    return _played(came, request)


async def lent_by_tape(
    tape: Recorder | Player,
    request: httpx.Request,
    send: Callable[..., Awaitable[httpx.Response]],
    options: dict[str, Any],
) -> httpx.Response:
    """Do what the ``send`` of a client does that was lent, with these options.

    Raises:
        ConfigurationError: for a body that can be read once only.
        ReplayMismatch: where the tape does not hold the request.
        httpx.RequestError: as it came, or as it was recorded.
    """
    if not tape.is_ours:
        return await send(request, **options)
    if not hasattr(request, "_content"):
        message = (
            "While a tape is in force, a client that was given as http_client= cannot send a body "
            "that comes piece by piece: give content= as bytes."
        )
        raise ConfigurationError(message)
    sent = _sent(request)
    if tape.plays is True:
        came = tape.play(sent)
        if came is None:
            return await send(request, **options)
        response = _played(came, request)
        response.request = _last_request(came, request)
        response.elapsed = timedelta(0)
    else:
        await tape.room()
        answer = send(request, **{**options, "stream": True})
        response = await _recorded(tape.take(sent), request, answer, is_lent=True)
    return response if options.get("stream") else await read_whole(response, request)


def _sent(request: httpx.Request) -> Sent:
    return Sent(request.method, str(request.url), _pairs(request), request.content)


def _pairs(message: httpx.Request | httpx.Response) -> list[tuple[str, str]]:
    # By `raw`: what is shown of headers has no credentials, which are to be found here.
    raw: list[tuple[bytes, bytes]] = message.headers.raw
    return [(name.decode("latin-1"), text.decode("latin-1")) for name, text in raw]


async def _recorded(
    taking: Taking,
    request: httpx.Request,
    coming: Awaitable[httpx.Response],
    *,
    is_lent: bool = False,
) -> httpx.Response:
    """Wait for an answer and take down what came, or what was raised."""

    def failed(error: BaseException) -> Failed:
        return _failed(error, request)

    try:
        response = await coming
    except BaseException as error:
        if is_lent:
            taking.also = _words_of(request, getattr(error, "_request", None))
        taking.over(Came(None, {}, (), failed(error)))
        raise
    if is_lent:
        taking.also = _words_of(request, response.request, *(it.request for it in response.history))
    stream = response.stream
    assert isinstance(stream, httpx.AsyncByteStream)  # noqa: S101 - it came by such a transport
    taken = Taken(stream, taking, response.status_code, _head(response), failed)
    if STREAMED in request.extensions:
        # The limit was for its opening; from here on its reader decides.
        request.extensions.pop(_LIMIT, None)
        taken.follow()
    response.stream = taken
    return response


def _words_of(*requests: httpx.Request | None) -> frozenset[str]:
    """Return the credentials in headers and URLs, those too that came in while it was sent."""
    found = (credentials(str(it.url), _pairs(it)) for it in requests if it is not None)
    return frozenset[str]().union(*found)


def _failed(error: BaseException, request: httpx.Request) -> Failed:
    kind = type(error).__name__
    if isinstance(error, asyncio.CancelledError):
        limit = request.extensions.get(_LIMIT)
        late = isinstance(limit, _Limit) and asyncio.get_running_loop().time() >= limit.at
        return Failed(LATE if late else CUT, "")
    known = _ERRORS.get(kind) is type(error)
    if not isinstance(error, Exception):
        return Failed(CUT, "")
    # Of one without words, those of what is behind it: nothing is behind it when it comes again.
    return Failed(kind if known else CUT, scrub(words_of(error)) or unsaid(error))


def _head(response: httpx.Response) -> dict[str, Any]:
    pairs = _pairs(response)
    if hasattr(response, "_decoder"):
        # It comes decompressed from a client of another package, whatever the headers say.
        pairs = [(name, text) for name, text in pairs if name.lower() not in _OF_COMPRESSED]
    head: dict[str, Any] = {
        "version": response.http_version,
        "reason": response.extensions.get("reason_phrase", b"").decode("latin-1"),
        "headers": pairs,
    }
    if GIVEN_AGAIN in response.extensions:
        head["again"] = True
    if response.history:
        head |= {"method": response.request.method, "url": str(response.request.url)}
    return head


_OF_COMPRESSED: Final = ("content-encoding", "content-length")


def _played(came: Came, request: httpx.Request) -> httpx.Response:
    """Return, or raise, what came when it was recorded."""

    def fail() -> None:
        if came.failure is not None:
            raise _error(came.failure, request)

    if came.status is None:
        fail()
    head = came.head
    extensions: dict[str, Any] = {
        "http_version": str(head.get("version", "HTTP/1.1")).encode("ascii", "replace"),
        "reason_phrase": str(head.get("reason", "")).encode("latin-1", "replace"),
    }
    if head.get("again"):
        extensions[GIVEN_AGAIN] = True
    return httpx.Response(
        came.status or 0,
        headers=[(_latin(name), _latin(text)) for name, text in head["headers"]],
        stream=Played(came.pieces, fail),
        extensions=extensions,
    )


def _latin(text: str) -> bytes:
    return text.encode("latin-1", "replace")


def _error(failure: Failed, request: httpx.Request) -> Exception:
    limit = request.extensions.get(_LIMIT)
    if failure.kind == LATE:
        if isinstance(limit, _Limit):
            return limit.late()
        return httpx.ReadTimeout("The time for this attempt was over.", request=request)
    if failure.kind not in _ERRORS:
        call = described(request.method, request.url)
        why = (
            "this is all that a tape keeps of an answer that is so long."
            if failure.kind == LONG
            else "when the tape was recorded, the answer was read up to here only. Record it anew, "
            "and read all of it."
        )
        return ReplayMismatch(f"{call}: {why}", call=call)
    return _ERRORS[failure.kind](failure.text, request=request)


def _last_request(came: Came, request: httpx.Request) -> httpx.Request:
    url = came.head.get("url")
    with suppress(httpx.InvalidURL, TypeError):
        if isinstance(url, str):
            return httpx.Request(str(came.head.get("method", request.method)), url)
    return request
