"""Resources of several kinds in one manager: opened in order of need, closed in reverse."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.integrations.files import FileReader, FileWriter
from notebook_kit.integrations.local_cache import LocalCache
from notebook_kit.integrations.redis import SharedCache
from notebook_kit.integrations.websocket import WebSocket
from notebook_kit.lifetime import AsyncResource, ResourceManager
from notebook_kit.testing import nothing_left_open
from tests.loops import in_loop
from tests.servers.websocket import WebSocketServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers.redis import RedisServer

NAMES = ["reader", "shared", "local", "socket", "writer"]


@pytest.fixture
def server() -> Iterator[WebSocketServer]:
    """A server that sends back what it is sent; nothing of ours is open afterwards."""
    with WebSocketServer() as it, nothing_left_open():
        yield it


def managed(path: Path, redis: str, socket: str, log: list[str]) -> ResourceManager:
    """A manager of one of each kind, which notes what it closes."""
    path.write_text("ZRH\nGVA\n")
    manager = ResourceManager()

    def noting(name: str, resource: AsyncResource) -> AsyncResource:
        real = resource._close

        async def close() -> None:
            log.append(name)
            await real()

        resource._close = close  # type: ignore[method-assign]
        return resource

    kinds: list[AsyncResource] = [
        FileReader(path),
        SharedCache(redis),
        LocalCache(),
        WebSocket(socket),
        FileWriter(path.with_name("copy.txt")),
    ]
    for name, resource in zip(NAMES, kinds, strict=True):
        manager.add(name, noting(name, resource))
    return manager


@in_loop
async def test_one_of_each(
    redis_server: RedisServer, server: WebSocketServer, tmp_path: Path
) -> None:
    """Lines go through all of them into another file, and all is closed, the last first."""
    path, log = tmp_path / "lines.txt", list[str]()
    async with managed(path, redis_server.url, server.url, log) as manager:
        kinds = sorted(it.kind for it in nk.open_resources() if it.kind != "manager")
        assert kinds == ["cache", "cache", "file", "file", "websocket"]

        async def echoed(line: str) -> Any:
            await manager["socket"].send(line)
            return await manager["socket"].receive()

        async for line in manager["reader"]:
            value = await manager["shared"].get(line.strip(), lambda _, line=line: echoed(line))
            await manager["local"].set(line, value)
            await manager["writer"].write(await manager["local"].get(line))
    assert log == NAMES[::-1]
    assert await asyncio.to_thread((tmp_path / "copy.txt").read_text) == "ZRH\nGVA\n"


@in_loop
async def test_one_that_cannot_be_opened(
    redis_server: RedisServer, server: WebSocketServer, tmp_path: Path
) -> None:
    """Those before it are closed again, and its error is told as it is."""
    log = list[str]()
    manager = managed(tmp_path / "lines.txt", redis_server.url, f"{server.url}/status/503", log)
    with pytest.raises(nk.ServerError, match="answered 503"):
        await manager.open()
    assert log == ["local", "shared", "reader"]
    assert nk.open_resources() == []


@in_loop
async def test_a_server_that_is_gone_when_they_close(
    redis_server: RedisServer, server: WebSocketServer, tmp_path: Path
) -> None:
    """Stops none of the others from closing."""
    log = list[str]()
    async with managed(tmp_path / "lines.txt", redis_server.url, server.url, log):
        redis_server.kill()
        server.kill()
    assert log == NAMES[::-1]
