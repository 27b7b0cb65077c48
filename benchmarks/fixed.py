"""A server that gives every request the same small JSON document, as fast as a loop can.

Nothing is looked up, measured or logged, so that what is compared is the callers.
``python -m benchmarks.fixed --serve`` serves until it is ended.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Final

__all__ = ["DOCUMENT"]

#: The same airport as the demo API gives.
DOCUMENT: Final = (
    b'{"iata":"ZRH","name":"Zurich Airport","city":"Zurich","country":"CH",'
    b'"latitude":47.4647,"longitude":8.5492,"elevation_ft":1416,"runways":3}'
)
_END: Final = b"\r\n\r\n"
_ANSWER: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
    b"Date: Sat, 21 Nov 2026 12:00:00 GMT\r\nServer: fixed\r\n\r\n%s"
) % (len(DOCUMENT), DOCUMENT)


class _Fixed(asyncio.Protocol):
    """Answers each head that comes; requests have no bodies."""

    def __init__(self) -> None:
        self._came = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        data = self._came + data
        heads = data.count(_END)
        self._came = b"" if data.endswith(_END) else data.rpartition(_END)[2] if heads else data
        if heads:
            self._transport.write(_ANSWER * heads)


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Fixed, "127.0.0.1", 0, backlog=1024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__" and "--serve" in sys.argv:
    asyncio.run(_serve())
