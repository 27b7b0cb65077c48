"""Interpreters end and fork with requests in flight, and say nothing about it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from notebook_kit.testing import answer, never_answer
from tests.transport.helpers import run_script

if TYPE_CHECKING:
    from notebook_kit.testing import FaultServer
    from tests.transport.helpers import Make

_HEAD = """
import asyncio, os, sys, threading
import httpx
from notebook_kit.client.transports.aiohttp_transport import AiohttpTransport
from notebook_kit.client.transports.pieces import HttpxPieces
make = {"aiohttp": AiohttpTransport, "pieces": HttpxPieces}[sys.argv[1]]
url = sys.argv[2]

async def get(transport, path):
    response = await transport.handle_async_request(httpx.Request("GET", url + path))
    body = b"".join([part async for part in response.stream])
    await response.aclose()
    return body
"""

_EXIT_OF_A_RUN = """
async def main():
    transport = make()
    print(await get(transport, "/ok"))
    tasks = [asyncio.ensure_future(get(transport, "/never")) for _ in range(20)]
    while transport.connections.open < 20:
        await asyncio.sleep(0.001)
    print("in flight")

asyncio.run(main())
"""

_EXIT_BESIDE_A_THREAD = """
loop = asyncio.new_event_loop()
threading.Thread(target=loop.run_forever, daemon=True).start()
transport = make()
print(asyncio.run_coroutine_threadsafe(get(transport, "/ok"), loop).result(10))
for _ in range(20):
    asyncio.run_coroutine_threadsafe(get(transport, "/never"), loop)
import time
deadline = time.monotonic() + 20
while transport.connections.open < 20 and time.monotonic() < deadline:
    time.sleep(0.001)
print("in flight")
"""

_FORK = """
async def ask(path):
    async with make() as fresh:
        return await get(fresh, path)

async def main():
    async with make() as transport:
        print(await get(transport, "/ok"), flush=True)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                print("child", asyncio.run(ask("/ok")), flush=True)
                code = 0
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        print("status", status, flush=True)
        print(await get(transport, "/ok"), transport.statistics().opened_total)

asyncio.run(main())
"""


@pytest.mark.parametrize(
    "script", [_EXIT_OF_A_RUN, _EXIT_BESIDE_A_THREAD], ids=["asyncio.run", "thread"]
)
def test_exit_with_requests_in_flight(server: FaultServer, make: Make, script: str) -> None:
    """An interpreter that ends while requests are in flight ends at once, silently, with code 0."""
    server.when("/ok", answer("ok"))
    server.when("/never", never_answer())
    result = run_script(_HEAD + script, make.name, server.url, within_s=10)
    assert result.stdout.split("\n")[:2] == ["b'ok'", "in flight"]
    assert (result.returncode, result.stderr) == (0, "")
    assert server.connections.wait_open(0, 3.0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.skipif(sys.platform == "darwin", reason="macOS forbids much in a forked child")
def test_a_forked_child_uses_a_transport_of_its_own(server: FaultServer, make: Make) -> None:
    """A child forked beside a live transport can use a fresh one, and the parent's goes on."""
    server.when("/ok", answer("ok"))
    result = run_script(_HEAD + _FORK, make.name, server.url, within_s=10)
    assert result.stderr == ""
    assert result.stdout.splitlines() == ["b'ok'", "child b'ok'", "status 0", "b'ok' 1"]


def test_importing_the_transports_imports_no_aiohttp() -> None:
    """aiohttp is imported by the first request, not by making a client."""
    script = """
import sys
from notebook_kit.client.transports import TransportOptions, make_transport
transport, name = make_transport(TransportOptions())
print(name, "aiohttp" in sys.modules)
"""
    result = run_script(script, within_s=10)
    assert (result.stdout, result.stderr) == ("aiohttp False\n", "")
