"""A server that counts what it is sent, in a process of its own, so that it outlives who is killed.

``POST /items/N`` is noted with its time and answered after a moment with ``{"n": N}``; ``GET /log``
gives all that was noted, as pairs of N and the time of `time.monotonic`.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["log_of", "serving"]

_MOMENT_S = 0.01
_log: list[tuple[int, float]] = []


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii").lower()
            method, path, _ = head.split(" ", 2)
            length = head.partition("content-length:")[2].partition("\r\n")[0]
            await reader.readexactly(int(length or 0))
            if method == "get":
                content = json.dumps(_log).encode()
            else:
                number = int(path.rpartition("/")[2])
                _log.append((number, time.monotonic()))
                await asyncio.sleep(_MOMENT_S)
                content = json.dumps({"n": number}).encode()
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                % (len(content), content)
            )
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()  # Whoever called was killed.


async def _serve() -> None:
    server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


@contextmanager
def serving() -> Iterator[str]:
    """Give the address of such a server."""
    command = [sys.executable, "-m", "tests.storage.counting"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def log_of(url: str) -> list[tuple[int, float]]:
    """Return what the server was sent so far."""
    with urllib.request.urlopen(f"{url}/log", timeout=30) as answer:  # noqa: S310 - our own server
        return [(number, at) for number, at in json.load(answer)]


if __name__ == "__main__":
    asyncio.run(_serve())
