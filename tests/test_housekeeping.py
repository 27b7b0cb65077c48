"""Closing everything, nested loops, and a thousand clients that nobody closes."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import nbformat
import pytest
from nbclient import NotebookClient

import notebook_kit as nk
from notebook_kit.execution import submit
from notebook_kit.lifetime import register

if TYPE_CHECKING:
    from pathlib import Path

#: Uses 1,000 clients once each and drops them; what is left is counted from outside and inside.
DROP_CLIENTS = """
import asyncio, gc, time, warnings
import psutil
import notebook_kit as nk

warnings.simplefilter("error")
process = psutil.Process()

def to_server():
    return [c for c in process.net_connections("inet") if c.raddr and c.raddr.port == PORT]

async def use():
    for _ in range(100):
        client = nk.Client(f"http://127.0.0.1:{PORT}")
        assert (await client.get("/airports/ZRH")).status_code == 200
    del client

def settled():
    gc.collect()
    deadline = time.monotonic() + 20
    while (to_server() or nk.open_resources()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return len(to_server()), len(nk.open_resources())
"""
COUNT = 1000


def _check(stdout: str, demo: nk.demo.DemoServer) -> None:
    assert stdout.strip().splitlines()[-1] == "(0, 0)"
    assert demo.stats().requests == COUNT
    assert demo.stats().connections_opened == COUNT


def test_a_thousand_dropped_clients_in_a_script(demo: nk.demo.DemoServer) -> None:
    """B11: 1,000 clients used once in repeated asyncio.run and dropped leave no socket open."""
    ends = "\nfor _ in range(10):\n    asyncio.run(use())\nprint(settled())\n"
    script = f"PORT = {demo.port}\n{DROP_CLIENTS}{ends}"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    _check(done.stdout, demo)


@pytest.mark.slow
@pytest.mark.kernel
def test_a_thousand_dropped_clients_in_a_kernel(demo: nk.demo.DemoServer, tmp_path: Path) -> None:
    """B11: the same in a notebook, with top-level await in ten cells."""
    sources = [f"PORT = {demo.port}\n{DROP_CLIENTS}", *["await use()"] * 10, "print(settled())"]
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in sources]
    )
    client = NotebookClient(
        notebook,
        timeout=60,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(tmp_path)}},
    )
    client.execute()
    outputs = [output for cell in notebook.cells for output in cell.outputs]
    assert [output.get("name") for output in outputs] == ["stdout"]
    _check(outputs[0].text, demo)


def test_close_all_goes_on_after_a_failure_and_reports_it() -> None:
    """One failing close does not stop the rest, and is raised with its message."""
    closed: list[str] = []

    class Owner:
        """Something that is open."""

    async def good() -> None:
        closed.append("good")

    async def bad() -> None:
        closed.append("bad")
        message = "would not close"
        raise OSError(message)

    owners = [Owner(), Owner(), Owner()]
    for owner, aclose in zip(owners, (good, bad, good), strict=True):
        register(owner, kind="thing", name="t", close_soon=lambda: None, aclose=aclose)
    with pytest.raises(nk.NotebookKitError, match="OSError: would not close"):
        nk.close_all()
    assert closed == ["good", "bad", "good"]
    assert nk.open_resources() == []


def test_close_all_waits_no_longer_than_it_is_told() -> None:
    """After that it says so, and closing goes on."""
    release, closed = threading.Event(), threading.Event()

    class Owner:
        """Something that is open."""

    async def slow() -> None:
        while not release.is_set():
            await asyncio.sleep(0.005)
        closed.set()

    owner = Owner()
    register(owner, kind="thing", name="t", close_soon=lambda: None, aclose=slow)
    with pytest.raises(TimeoutError, match=r"Not done after 0\.05 s"):
        nk.close_all(timeout="50 ms")
    assert not closed.is_set()
    release.set()
    assert closed.wait(20)
    with pytest.raises(nk.ConfigurationError, match="timeout='later'"):
        nk.close_all(timeout="later")


def test_close_all_on_the_io_thread_raises_at_once() -> None:
    """Called where it would block itself it says so."""

    async def inside() -> None:
        nk.close_all()

    with pytest.raises(nk.WouldDeadlock):
        submit(inside()).result(timeout=20)


def test_allow_nested_run() -> None:
    """After nk.allow_nested_run() asyncio.run() works inside a running loop; never before."""
    script = """
import asyncio, warnings
import notebook_kit as nk

async def inner():
    return 42

async def outer():
    coroutine = inner()
    try:
        asyncio.run(coroutine)
    except RuntimeError:
        coroutine.close()
        nk.allow_nested_run()
        print(asyncio.run(inner()))

asyncio.run(outer())
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.stdout, done.stderr) == ("42\n", "")


def test_a_client_outlives_the_loops_it_is_used_in(demo: nk.demo.DemoServer) -> None:
    """A6: one client in several asyncio.run() works and keeps its one connection."""
    client = nk.Client(demo.url)

    async def use() -> int:
        return (await client.get("/airports/ZRH")).status_code

    assert [asyncio.run(use()) for _ in range(5)] == [200] * 5
    assert demo.stats().connections_opened == 1
    client.close()
