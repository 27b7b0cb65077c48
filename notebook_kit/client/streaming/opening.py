"""How the opening of a stream differs from a call: its answer comes without its body."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, Final

import httpx
from httpx._decoders import IdentityDecoder

from notebook_kit.client.decoding import decompressed
from notebook_kit.client.response import Response
from notebook_kit.client.streaming.source import Source
from notebook_kit.client.taped_stream import STREAMED
from notebook_kit.client.transports.body_bounds import bounds_of, tell_cut
from notebook_kit.client.transports.piece_stream import close

__all__ = ["Opening"]

#: Of the body of an error so much is read, within so many seconds; the rest is never asked for.
_ERROR_BYTES: Final = 64 * 1024
_ERROR_S: Final = 5.0


class Opening:
    """What each attempt to open a stream is told.

    Args:
        stall_s: seconds that the server may be silent, or None.
    """

    def __init__(self, stall_s: float | None) -> None:
        self._stall_s = stall_s
        self._timeouts: dict[str, Any] = {}

    def prepare(self, request: httpx.Request) -> bool:
        """Let silence count against the stream's own limit until the head of the answer is here.

        Returns:
            True, which is what httpx is told so that it leaves the body unread.
        """
        self._timeouts = request.extensions.setdefault("timeout", {})
        self._timeouts["read"] = self._stall_s
        # The kit's transport looks here for the body, httpx's where `opened` has changed it.
        self._timeouts["body"] = None
        request.extensions[STREAMED] = True
        return True

    def opened(self) -> None:
        """From here on the stream's own clock counts, which knows whether anybody listens."""
        self._timeouts["read"] = None

    async def failed(self, answer: Response) -> Response:
        """Return the answer of an error with the beginning of its body, its connection released."""
        assert isinstance(answer.stream, httpx.AsyncByteStream)  # noqa: S101 - it came by one
        source = Source(answer.stream)
        raw, most = b"", min(_ERROR_BYTES, bounds_of(answer.request).most or _ERROR_BYTES)
        with suppress(Exception):  # what it said is a help, and its status is the news
            async with asyncio.timeout(_ERROR_S):
                async for part in source:
                    raw += part
                    if len(raw) > most:
                        tell_cut(answer.extensions, most)
                        break
        await close(source)
        return _whole(answer, _beginning(answer, raw[:most], most))


def _beginning(answer: Response, raw: bytes, most: int) -> bytes:
    """Return what the beginning of a body says, without its content-encoding."""
    said = b""
    with suppress(httpx.DecodingError):
        for piece in decompressed(answer.headers.get("content-encoding", ""), [raw]):
            said += piece
            if len(said) > most:
                tell_cut(answer.extensions, most)
                break
    return said[:most]


def _whole(answer: Response, body: bytes) -> Response:
    made = httpx.Response(
        answer.status_code,
        headers=answer.headers,
        stream=httpx.ByteStream(body),
        request=answer.request,
        extensions=answer.extensions,
        history=answer.history,
    )
    made._decoder = IdentityDecoder()  # noqa: SLF001 - it is decompressed, whatever the head says
    made.read()
    return Response.adopt(made)
