from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

import notebook_kit as nk
from notebook_kit.testing import FaultServer
from tests.client.streaming.servers import Feed, endless

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A server whose answers never end."""
    with FaultServer() as it:
        it.when("/x", endless(b"line\n" * 100, pause_s=0.002))
        it.when("/quiet", Feed(b"one\n").reaction)
        yield it


def run(script: str, url: str) -> subprocess.CompletedProcess[str]:
    """Run a script in an interpreter that shows every warning and makes it an error."""
    # That a first import on a loop takes its time is no news here; errors of asyncio are.
    quiet = "import logging\nlogging.getLogger('asyncio').setLevel(logging.ERROR)\n"
    made = f"import asyncio\nimport notebook_kit as nk\nclient = nk.Client({url!r})\n"
    return subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", quiet + made + textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


SCRIPTS = {
    "a reader that is still there": """
        lines = iter(client.stream("/x").lines())
        next(lines)
        """,
    "a wait in another thread": """
        import threading
        def read():
            try:
                for line in client.stream("/quiet").lines():
                    begun.set()
            except nk.ClosedError:
                pass
        begun = threading.Event()
        threading.Thread(target=read, daemon=True).start()
        begun.wait()
        """,
    "a loop that was left": """
        async def main():
            async for line in client.stream("/x").lines():
                break
        for _ in range(3):
            asyncio.run(main())
        """,
    "a loop that was never run to its end": """
        async def main():
            async for line in client.stream("/quiet").lines():
                pass
        loop = asyncio.new_event_loop()
        task = loop.create_task(main())
        loop.run_until_complete(asyncio.sleep(0.2))
        task.cancel()
        loop.run_until_complete(asyncio.wait([task]))
        loop.close()
        """,
    "an opened stream": """
        opened = client.stream("/x").__enter__()
        """,
    "an asynchronous iterator that outlives its loop": """
        async def main():
            lines = aiter(client.stream("/x").lines())
            await anext(lines)
            return lines
        lines = asyncio.run(main())
        """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_interpreter_ends_in_silence(name: str, server: FaultServer) -> None:
    """With streams in whatever state: exit code 0, not a word, and the connection is gone."""
    done = run(SCRIPTS[name], server.url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert server.connections.opened >= 1
    assert server.connections.wait_open(0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_child_does_not_wait_for_its_parent_s_stream(server: FaultServer) -> None:
    """It is told so at once; the parent reads on."""
    client = nk.Client(server.url)
    lines = iter(client.stream("/x").lines())
    first = [next(lines) for _ in range(200)]
    child = os.fork()
    if child == 0:
        try:
            for _ in range(1_000_000):
                next(lines)
        except nk.ClosedError:
            os._exit(0)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert first + [next(lines) for _ in range(200)] == ["line"] * 400
    del lines
    client.close()
