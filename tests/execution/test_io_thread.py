"""The I/O thread: one per process, gone at exit, made anew after a fork."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from notebook_kit.execution import io_loop, on_io_loop, submit
from notebook_kit.execution.io_thread import THREAD_NAME

if TYPE_CHECKING:
    import asyncio


def run_script(script: str) -> subprocess.CompletedProcess[str]:
    """Run a script in a process of its own, warnings as errors."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_one_thread_runs_one_loop() -> None:
    """Work submitted from any thread runs on the same loop, in the thread of that name."""

    async def where() -> tuple[str, bool]:
        return threading.current_thread().name, on_io_loop()

    assert submit(where()).result(timeout=20) == (THREAD_NAME, True)
    assert not on_io_loop()
    loops: list[asyncio.AbstractEventLoop] = []
    threads = [threading.Thread(target=lambda: loops.append(io_loop())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(loops) == {io_loop()}


def test_exit_with_calls_in_flight_is_clean_and_quick() -> None:
    """A script that ends while a run and a call are under way exits with 0 and says nothing."""
    script = """
import asyncio
import notebook_kit as nk

server = nk.demo.serve(latency="30 s")
client = nk.Client(server.url)
run = client.map("/airports/{iata}", ["ZRH"] * 100, progress=False)

async def main():
    task = asyncio.ensure_future(asyncio.wait_for(asyncio.shield(run), 0.2))
    try:
        await task
    except TimeoutError:
        print("leaving")

asyncio.run(main())
"""
    done = run_script(script)
    assert (done.returncode, done.stdout, done.stderr) == (0, "leaving\n", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_works_and_its_parents_run_is_lost_there() -> None:
    """After a fork the child's calls work on a loop of its own; a parent's run never hangs it."""
    script = """
import os, sys, warnings
import notebook_kit as nk

warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of any fork with threads
server = nk.demo.serve(latency=0)
client = nk.Client(server.url)
assert client.get("/airports/ZRH").result().status_code == 200
server.switches.latency_s = 0.2
run = client.map("/airports/{iata}", ["ZRH"] * 20, progress=False)
pid = os.fork()
if pid == 0:
    assert run.state.value == "lost", run.state
    try:
        run.result(timeout=20)
    except nk.BatchFailed as error:
        assert "forked" in str(error)
    run.cancel()
    fresh = nk.Client(server.url)
    assert fresh.get("/airports/GVA").result(timeout=20).status_code == 200
    assert client.get("/airports/GVA").result(timeout=20).status_code == 200
    print("child", flush=True)
    sys.exit(0)
_, status = os.waitpid(pid, 0)
assert status == 0, status
assert run.result(timeout=20)["status"].eq("ok").all()
print("parent")
"""
    done = run_script(script)
    assert done.stdout == "child\nparent\n", done.stderr
    assert done.returncode == 0
