"""What has come for one request, read to its end before anybody looked at it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import httpx

from notebook_kit.client.fast.names import names_of
from notebook_kit.client.guise import safe_headers
from notebook_kit.client.measured import set_decoder
from notebook_kit.client.response import Response
from notebook_kit.client.transports.aiohttp_transport import extensions_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from notebook_kit.client.fast.names import Names
    from notebook_kit.client.transports import RequestPhases

__all__ = ["Came"]

_GOOD: Final = range(200, 300)
#: What is left of a stream that was read.
_OVER: Final = httpx.ByteStream(b"")


class Came:
    """An answer, or the error that came in its place, or after a part of it.

    Attributes:
        message: aiohttp's, with the head of the answer; None where none came.
        pieces: the body as it came, undecoded.
        phases: where the time went; None where no head came.
        failure: what was raised, or None.
        took: seconds from the first step to the last.
        names: which headers there are; of an answer that was looked at.
    """

    __slots__ = ("failure", "message", "names", "phases", "pieces", "took")

    def __init__(self) -> None:
        self.message: Any = None
        self.pieces: list[bytes] = []
        self.phases: RequestPhases | None = None
        self.failure: Exception | None = None
        self.took = 0.0
        self.names: Names | None = None

    @property
    def is_ordinary(self) -> bool:
        """Whether it is a good answer with which httpx would do nothing but read it."""
        message = self.message
        if self.failure is not None or message is None or message.code not in _GOOD:
            return False
        names = self.names = names_of(message.raw_headers)
        return not names.sets_cookie

    @property
    def length(self) -> int:
        """How many bytes of the body came."""
        return sum(map(len, self.pieces))

    @property
    def raw(self) -> bytes:
        """The whole body, undecoded."""
        return self.pieces[0] if len(self.pieces) == 1 else b"".join(self.pieces)

    def response(
        self,
        request: httpx.Request | None = None,
        *,
        default_encoding: str | Callable[[bytes], str] = "utf-8",
        most: int | None = None,
    ) -> Response:
        """Return an ordinary answer as httpx would have given it, read and decoded.

        Args:
            request: what was asked.
            default_encoding: of text whose answer names none.
            most: how many bytes its body may have, decompressed; None for any number.

        Raises:
            httpx.DecodingError: when it cannot be decoded, or becomes too much.
        """
        assert self.phases is not None  # noqa: S101 - an ordinary answer has a head
        response = Response(
            self.message.code,
            headers=self.message.raw_headers,
            stream=_Read(self.pieces),
            request=request,
            extensions=extensions_of(self.message, self.phases),
            default_encoding=default_encoding,
        )
        if self.names is None or self.names.is_encoded:
            set_decoder(response, most)
            response.read()
        else:
            # What reading it would do, at half of its price.
            response._content = raw = self.raw  # noqa: SLF001 - as `read` does
            response._num_bytes_downloaded = len(raw)  # noqa: SLF001 - as `read` does
            response.is_stream_consumed = response.is_closed = True
        # It holds the pieces, and so the body a second time.
        response.stream = _OVER
        response.elapsed = timedelta(seconds=self.took)
        safe_headers(response.headers)
        return response

    def again(self) -> httpx.Response:
        """Return, or raise, what a transport would have returned or raised."""
        if self.phases is None:
            assert self.failure is not None  # noqa: S101 - one of the two has come
            raise self.failure
        return httpx.Response(
            self.message.code,
            headers=self.message.raw_headers,
            stream=_Again(self.pieces, self.failure),
            extensions=extensions_of(self.message, self.phases),
        )


class _Read(httpx.AsyncByteStream, httpx.SyncByteStream):
    """A body that is there."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Any:
        return iter(filter(None, self._pieces))

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


class _Again(httpx.AsyncByteStream):
    """A body that came, and how it broke off, if it did."""

    def __init__(self, pieces: list[bytes], failure: Exception | None) -> None:
        self._pieces = pieces
        self._failure = failure

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in filter(None, self._pieces):
            yield piece
        if self._failure is not None:
            raise self._failure
