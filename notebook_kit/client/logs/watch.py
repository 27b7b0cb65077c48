"""Every request of a client, from its beginning to its end: counted, and told at debug level."""

from __future__ import annotations

import asyncio
import contextvars
import itertools
import logging
import time
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self, cast

import httpx

from notebook_kit.client.logs.stats import ClientStats
from notebook_kit.client.transports.measures import SENT
from notebook_kit.decorators.tally import Tally
from notebook_kit.errors import APIError
from notebook_kit.logs import catch_up, kit_logger
from notebook_kit.numbers import size, took
from notebook_kit.redact import redact_url, text_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from notebook_kit.client.transports.measures import TransportStatistics

__all__ = ["ATTEMPT", "REQUEST_LOG", "Attempt", "Watch", "body_length", "current_row"]

REQUEST_LOG: Final = kit_logger("notebook_kit.request")
#: The key of a request's extensions under which its `Attempt` lies, where somebody listens.
ATTEMPT: Final = "nk_attempt"

#: The attempt that the row of a run is at, for what is done inside of it.
current_row: Final[contextvars.ContextVar[Attempt | None]] = contextvars.ContextVar(
    "notebook_kit_row", default=None
)
_numbers = itertools.count(1)


class Attempt(NamedTuple):
    """Which attempt of what: ``call 7, attempt 2``.

    >>> str(Attempt("call 7", 2))
    'call 7, attempt 2'
    """

    of: str
    number: int

    def __str__(self) -> str:
        return f"{self.of}, attempt {self.number}"


class Watch:
    """Counts the requests of one client, and writes their lines; for use on the I/O loop.

    Attributes:
        retries: attempts that were not the first of their call.
        sent_bytes: of bodies.
        received_bytes: of bodies.
        last_s: when the last request began, as `time.perf_counter`, or None if none did.
    """

    __slots__ = (
        "_began",
        "_ended",
        "_since",
        "_tally",
        "last_s",
        "received_bytes",
        "retries",
        "sent_bytes",
    )

    def __init__(self) -> None:
        self._tally = Tally()
        self._since = datetime.now(UTC)
        self._began = time.monotonic()
        self._ended: float | None = None
        self.retries = 0
        self.sent_bytes = 0
        self.received_bytes = 0
        self.last_s: float | None = None

    # Requests

    def sends(self, length: int) -> float:
        """Count a request with such a body that is about to be sent, and return the time."""
        self._tally.began()
        self.sent_bytes += length
        self.last_s = now = time.perf_counter()
        return now

    def received(self, began: float, length: int) -> None:
        """Count the whole answer to it: so many bytes."""
        self._tally.ended(time.perf_counter() - began)
        self.received_bytes += length

    def cut(self, began: float, error: BaseException) -> None:
        """Count that it was cancelled."""
        self._tally.ended(time.perf_counter() - began, error)

    def handed_on(self) -> None:
        """Do not count it: somebody else does, from its beginning."""
        self._tally.in_flight -= 1

    @staticmethod
    def is_told() -> bool:
        """Whether each request is told in the log, so that the counts above are not enough."""
        return REQUEST_LOG.isEnabledFor(logging.DEBUG)

    def began(self, request: httpx.Request) -> float:
        """Take note that a request is about to be sent, and return the time."""
        self._tally.began()
        if request.method != "GET":
            self.sent_bytes += body_length(request)
        if REQUEST_LOG.isEnabledFor(logging.DEBUG):
            _tell_beginning(request)
        self.last_s = now = time.perf_counter()
        return now

    def answered(self, began: float, request: httpx.Request, answer: httpx.Response) -> None:
        """Take note that the answer to it has come: all of it, or the head of a stream."""
        told = REQUEST_LOG.isEnabledFor(logging.DEBUG)
        status = f"{answer.status_code} {answer.reason_phrase}".rstrip() if told else ""
        if not answer.is_closed:
            if told:
                _tell(request, f"{status}, head in {took(time.perf_counter() - began)}")
            stream = cast("httpx.AsyncByteStream", answer.stream)
            answer.stream = _Watched(stream, partial(self._streamed, began, request))
            return
        took_s, length = time.perf_counter() - began, _length(answer)
        self._tally.ended(took_s)
        self.received_bytes += length
        if told:
            _tell(request, f"{status}, {size(length)} in {took(took_s)}")

    def _streamed(
        self, began: float, request: httpx.Request, length: int, error: BaseException | None
    ) -> None:
        """Take note that the body of a stream has ended, or was left."""
        took_s = time.perf_counter() - began
        self._tally.ended(took_s, error)
        self.received_bytes += length
        if REQUEST_LOG.isEnabledFor(logging.DEBUG):
            how = "" if error is None else f", by {type(error).__name__}: {text_of(error)}"
            _tell(request, f"stream over after {size(length)} in {took(took_s)}{how}")

    def failed(self, began: float, request: httpx.Request, error: BaseException) -> None:
        """Take note that it ended in an error, or was cancelled."""
        took_s = time.perf_counter() - began
        self._tally.ended(took_s, error)
        if isinstance(error, APIError) and error.response is not None:
            self.received_bytes += _length(error.response)
        if not REQUEST_LOG.isEnabledFor(logging.DEBUG):
            return
        if isinstance(error, Exception):
            kind = type(error).__name__
            _tell(request, f"failed after {took(took_s)}: {kind}: {text_of(error)}")
        else:
            _tell(request, f"cancelled after {took(took_s)}")

    # The numbers

    def ended(self) -> None:
        """Stop the clock: the client is closed."""
        if self._ended is None:
            self._ended = time.monotonic()

    def stats(self, connections: TransportStatistics | None) -> ClientStats:
        """Return the numbers of this moment, with those of the connections; from any thread."""
        until = time.monotonic() if self._ended is None else self._ended
        numbers = self._tally.stats(elapsed_s=until - self._began)
        return ClientStats(
            since=self._since,
            elapsed_s=numbers.elapsed_s,
            requests=numbers.calls,
            succeeded=numbers.succeeded,
            failed=numbers.failed,
            cancelled=numbers.cancelled,
            in_flight=numbers.in_flight,
            most_in_flight=numbers.most_in_flight,
            retries=self.retries,
            total_s=numbers.total_s,
            mean_s=numbers.mean_s,
            longest_s=numbers.longest_s,
            sent_bytes=self.sent_bytes,
            received_bytes=self.received_bytes,
            connections_opened=None if connections is None else connections.opened_total,
            connections_reused=None if connections is None else connections.reused_total,
            errors=numbers.errors,
        )


class _Watched(httpx.AsyncByteStream):
    """The body of a stream, which tells once when it is over, how long it was and what broke it."""

    def __init__(
        self,
        stream: httpx.AsyncByteStream,
        tell: Callable[[int, BaseException | None], None],
    ) -> None:
        self._stream = stream
        self._parts: AsyncIterator[bytes] | None = None
        self._tell: Callable[[int, BaseException | None], None] | None = tell
        self._length = 0
        self._error: BaseException | None = None

    def __aiter__(self) -> Self:
        if self._parts is None:
            self._parts = aiter(self._stream)
        return self

    async def __anext__(self) -> bytes:
        assert self._parts is not None  # noqa: S101 - made when it was begun
        try:
            chunk = await anext(self._parts)
        except StopAsyncIteration:
            raise
        except (Exception, asyncio.CancelledError) as error:
            self._error = error
            raise
        self._length += len(chunk)
        return chunk

    async def aclose(self) -> None:
        """Close it, and tell."""
        tell, self._tell = self._tell, None
        try:
            await self._stream.aclose()
        finally:
            if tell is not None:
                tell(self._length, self._error)


def body_length(request: httpx.Request) -> int:
    """Return the length of a request's body in bytes; 0 where it is not known beforehand."""
    content = getattr(request, "_content", None)
    if content is not None:
        return len(content)
    said = request.headers.get("content-length", "")
    return int(said) if said.isdecimal() else 0


def _length(answer: httpx.Response) -> int:
    # What an answer that was made in place says of itself is 0; what it holds is what came.
    return answer.num_bytes_downloaded or len(getattr(answer, "_content", b""))


def _tell_beginning(request: httpx.Request) -> None:
    extensions: dict[str, Any] = request.extensions
    attempt = extensions.setdefault(
        ATTEMPT, current_row.get() or Attempt(f"request {next(_numbers)}", 1)
    )
    _tell(request, f"{request.method} {redact_url(str(request.url))}")
    tell_sent = extensions.get(SENT)

    def sent() -> None:
        REQUEST_LOG.debug("%s: sent", attempt)
        if tell_sent is not None:
            tell_sent()

    extensions[SENT] = sent


def _tell(request: httpx.Request, what: str) -> None:
    catch_up()
    REQUEST_LOG.debug("%s: %s", request.extensions.get(ATTEMPT, "a request"), what)
