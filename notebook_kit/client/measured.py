"""Answers that are read whole, within their bounds: in bytes, decompressed, and in time."""

from __future__ import annotations

from typing import Final

import httpx
from httpx._decoders import ContentDecoder

from notebook_kit.client.decoding import BoundedDecoder, codings_of
from notebook_kit.client.taped_stream import STREAMED, Taken
from notebook_kit.client.transports.body_bounds import (
    BodyTooLarge,
    BoundedBody,
    Excess,
    bounds_of,
    check_told,
)
from notebook_kit.client.transports.patience import whole_s

__all__ = ["measured", "read_whole", "set_decoder"]

_WITHOUT_BODY: Final = frozenset({204, 304})


async def measured(response: httpx.Response, request: httpx.Request) -> httpx.Response:
    """Have what httpx reads of an answer be bounded; one that is read as a stream is left as it is.

    The body of an answer whose status is an error is cut where that of a good one is refused.

    Raises:
        BodyTooLarge: when its head says that it is too large.
    """
    stream = response.stream
    if STREAMED in request.extensions or not isinstance(stream, httpx.AsyncByteStream):
        return response
    bounds = bounds_of(request)
    # What is given up here is given up in a replay, too: a tape keeps what has come of it.
    give_up = stream.follow if isinstance(stream, Taken) else None
    status = response.status_code
    excess = Excess(bounds.most, status, response.extensions, give_up)
    try:
        if request.method != "HEAD" and status not in _WITHOUT_BODY:
            check_told(response.headers.get("content-length"), bounds.most, status)
            set_decoder(response, bounds.most, excess)
    except BodyTooLarge as error:
        excess.give_up()
        await stream.aclose()
        error.request = request
        raise
    read = (request.extensions.get("timeout") or {}).get("read")
    limit_s = whole_s(read) if bounds.ends else None
    response.stream = BoundedBody(stream, excess, limit_s)
    return response


async def read_whole(response: httpx.Response, request: httpx.Request) -> httpx.Response:
    """Read an answer within its bounds, and let go of its connection where that goes wrong.

    Raises:
        BaseException: whatever reading it raises.
    """
    try:
        response = await measured(response, request)
        await response.aread()
    except BaseException:
        await response.aclose()
        raise
    return response


def set_decoder(response: httpx.Response, most: int | None, excess: Excess | None = None) -> None:
    """Have httpx decompress an answer in steps, to its very end, and not to more than this."""
    # What a client of another package has decompressed has a decoder already, which does nothing.
    if "content-encoding" in response.headers and not hasattr(response, "_decoder"):
        decoder: ContentDecoder
        try:
            codings = codings_of(response.headers["content-encoding"])
            decoder = BoundedDecoder(codings, most, excess)
        except httpx.DecodingError as error:
            decoder = _Refusing(error)
        response._decoder = decoder  # noqa: SLF001 - httpx would make one of the headers


class _Refusing(ContentDecoder):
    """Reads what cannot be decoded to its end, which saves the connection, and then says so.

    Of nothing nothing has to be undone.
    """

    def __init__(self, error: httpx.DecodingError) -> None:
        self._error = error
        self._is_empty = True

    def decode(self, data: bytes) -> bytes:
        self._is_empty = self._is_empty and not data
        return b""

    def flush(self) -> bytes:
        if self._is_empty:
            return b""
        raise self._error
