"""What the tests of the transports share: sending one request, and the doubles of a network."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.client.transports.aiohttp_transport import AiohttpTransport
    from notebook_kit.client.transports.pieces import HttpxPieces

T = TypeVar("T")

#: Errors after which a request was surely not seen by the server.
NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.LocalProtocolError,
    httpx.UnsupportedProtocol,
)


#: Both transports, as the tests use them.
Transport: TypeAlias = "AiohttpTransport | HttpxPieces"


class Make(Protocol):
    """Makes the transport that a test runs with."""

    name: str

    def __call__(self, **options: Any) -> Transport: ...


def timeouts(default: float | None = 30.0, **phases: float | None) -> dict[str, Any]:
    """Return the extensions of a request with these timeouts."""
    times = dict.fromkeys(("connect", "read", "write", "pool"), default)
    return {"timeout": {**times, **phases}}


async def begin(
    transport: Transport, url: str, method: str = "GET", **options: Any
) -> httpx.Response:
    """Send a request; the body of the answer is still to be read."""
    options.setdefault("extensions", timeouts())
    return await transport.handle_async_request(httpx.Request(method, url, **options))


async def read(response: httpx.Response) -> bytes:
    """Read the raw body of an answer to its end."""
    assert isinstance(response.stream, httpx.AsyncByteStream)
    try:
        return b"".join([part async for part in response.stream])
    finally:
        await response.aclose()


async def send(
    transport: Transport, url: str, method: str = "GET", **options: Any
) -> tuple[httpx.Response, bytes]:
    """Send a request and read its answer to the end."""
    response = await begin(transport, url, method, **options)
    return response, await read(response)


async def elsewhere(function: Callable[..., T], *args: Any) -> T:
    """Run something that blocks without blocking the loop."""
    return await asyncio.to_thread(function, *args)


async def turns(count: int = 5) -> None:
    """Let the loop go round so many times."""
    for _ in range(count):
        await asyncio.sleep(0)


async def until(condition: Callable[[], bool], within_s: float = 20.0) -> None:
    """Poll a condition that nothing announces, and fail when it does not come true."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.001)


def run_script(source: str, *args: str, within_s: float) -> subprocess.CompletedProcess[str]:
    """Run a script in a fresh interpreter."""
    return subprocess.run(
        [sys.executable, "-c", source, *args],
        capture_output=True,
        text=True,
        timeout=within_s,
        check=False,
    )
