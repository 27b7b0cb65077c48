"""Processes that end with resources open: in a script, on a signal, and in a kernel."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest
from jupyter_client.manager import KernelManager

from tests.client.processes import run_strictly, start_strictly
from tests.widgets.kernels import environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Three resources that need each other, and one alone; what is done to them is written to a file.
RESOURCES: Final = """
import asyncio, pathlib
import notebook_kit as nk

def say(line):
    with pathlib.Path(LOG).open("a") as file:
        file.write(line + chr(10))

class Part(nk.AsyncResource):
    def __init__(self, name):
        self.name = name

    async def _open(self):
        say(f"open {self.name}")

    async def _close(self):
        await asyncio.sleep(0.01)
        say(f"close {self.name}")

manager = nk.ResourceManager()
manager.add("database", Part("database"))
manager.add("cache", Part("cache"), needs=["database"])
manager.add("service", Part("service"), needs=["cache"])
alone = Part("alone")
"""
IN_REVERSE: Final = ["close service", "close cache", "close database"]
#: What an interrupted cell ends with, as kernels differ.
ENDED: Final = ("CancelledError", "KeyboardInterrupt")
#: How a script ends with what it has opened: its last lines, and the code that it ends with.
SCRIPTS: Final = {
    "left open at the end of asyncio.run": (
        """
async def main():
    await manager.open()
asyncio.run(main())
""",
        0,
    ),
    "left open on a loop that nobody closed": (
        """
import warnings
# The loop is the script's own to close, and it says of a resource that it "was not closed".
warnings.filterwarnings("ignore", "unclosed", ResourceWarning)
loop = asyncio.new_event_loop()
loop.run_until_complete(manager.open())
# Somebody has told it to stop, and it has not run since.
loop.call_soon(loop.stop)
sys.exit(3)
""",
        3,
    ),
    "interrupted in the block": (
        """
async def main():
    async with manager:
        signal.raise_signal(signal.SIGINT)
        await asyncio.Event().wait()
asyncio.run(main())
""",
        -signal.SIGINT,
    ),
    "failed in the block": (
        """
async def main():
    async with manager:
        raise ValueError("mine")
asyncio.run(main())
""",
        1,
    ),
}


def closed(log: Path) -> list[str]:
    """Return what was closed, in order."""
    return [line for line in log.read_text("utf-8").splitlines() if line.startswith("close")]


@pytest.mark.parametrize("how", SCRIPTS)
def test_a_script_closes_what_it_opened(how: str, tmp_path: Path) -> None:
    """In reverse order, with the script's own exit code and no word of a warning."""
    log = tmp_path / "log.txt"
    source, code = SCRIPTS[how]
    head = f"import signal\nLOG = {str(log)!r}\n{RESOURCES}"
    returned, _, errors = run_strictly(head + source, "")
    assert (returned, closed(log)) == (code, IN_REVERSE), errors
    assert "Warning" not in errors
    assert "left open" not in errors


#: A run with a resource in it, of which one call waits for the signal to come.
SERVICE: Final = """
async def work(number):
    assert manager["service"].is_open
    if number == 3:
        print("ready", flush=True)
        while not shutdown.requested:
            await asyncio.sleep(0.001)
        say("the call ends")
    await asyncio.sleep(0.01)
    return number

async def run():
    await alone.open()
    async with manager:
        frame = await nk.map(work, range(1_000), max_concurrency=1, progress=False)
        say(f"{(frame['status'] == 'ok').sum()} done")
"""
#: Where the block of the shutdown stands.
SHUTDOWNS: Final = {
    "inside asyncio.run": """
async def main():
    global shutdown
    with nk.graceful_shutdown() as shutdown:
        await run()
asyncio.run(main())
""",
    "around asyncio.run": """
with nk.graceful_shutdown() as shutdown:
    asyncio.run(run())
""",
}


@pytest.mark.skipif(sys.platform == "win32", reason="nobody sends SIGTERM there")
@pytest.mark.parametrize("where", SHUTDOWNS)
def test_a_termination_signal_closes_within_graceful_shutdown(where: str, tmp_path: Path) -> None:
    """What is under way ends, then all is closed in reverse; the exit code is the signal's."""
    log = tmp_path / "log.txt"
    source = f"LOG = {str(log)!r}\n" + RESOURCES + SERVICE + SHUTDOWNS[where]
    with start_strictly(source, "") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM, errors
    lines = log.read_text("utf-8").splitlines()
    first = lines.index("the call ends")
    done = int(lines[first + 1].removesuffix(" done"))
    assert 4 <= done < 1_000
    assert lines[first + 2 :] == [*IN_REVERSE, "close alone"], errors


class Cells:
    """A kernel that has the resources."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "log.txt"
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel(cwd=str(folder), env=environment(), stderr=subprocess.DEVNULL)
        self.client = self.manager.client()
        self.client.start_channels()

    def execute(self, code: str) -> None:
        """Execute a cell to its end."""
        told = self.client.execute(code, reply=True, timeout=60)["content"]
        assert told["status"] == "ok", told

    def interrupted(self, code: str) -> str:
        """Execute a cell, interrupt it when it has printed a line, and say how it ended."""
        # After an error a kernel refuses what comes next for a while.
        waiting = self.client.execute(code, stop_on_error=False)
        while not self.client.get_iopub_msg(timeout=60)["content"].get("text"):
            pass
        self.manager.interrupt_kernel()
        # Nothing is sent meanwhile: a message would wake the kernel's loop.
        while (it := self.client.get_shell_msg(timeout=60))["parent_header"]["msg_id"] != waiting:
            pass
        return str(it["content"].get("ename"))


@pytest.fixture
def cells(tmp_path: Path) -> Iterator[Cells]:
    it = Cells(tmp_path)
    try:
        it.client.wait_for_ready(timeout=60)
        it.execute(f"LOG = {str(it.log)!r}\n{RESOURCES}")
        yield it
    finally:
        it.client.stop_channels()
        it.manager.shutdown_kernel(now=True)
        it.manager.context.destroy()


@pytest.mark.kernel
@pytest.mark.parametrize("how", ["shutdown", "restart"])
def test_the_end_of_a_kernel_closes_what_its_cells_opened(how: str, cells: Cells) -> None:
    """Newest first; the loop of a kernel is told to stop, and is run once more for that."""
    cells.execute("await manager.open(); await alone.open()")
    end = cells.manager.shutdown_kernel if how == "shutdown" else cells.manager.restart_kernel
    end()
    assert closed(cells.log) == ["close alone", *IN_REVERSE]


@pytest.mark.kernel
def test_the_stop_button_ends_what_a_cell_waits_for(cells: Cells) -> None:
    """In a block, in one of a pool, in an opening: it acts, all is closed, the next cell works."""
    inside = """
print("inside", flush=True)
await asyncio.Event().wait()
"""
    block = f"async with manager:{inside}".replace("\n", "\n    ")
    assert cells.interrupted(block) in ENDED
    assert closed(cells.log) == IN_REVERSE

    cells.execute("pool = nk.ResourcePool(lambda: Part('pooled'), max_size=1)")
    block = f"async with pool.acquire():{inside}".replace("\n", "\n    ")
    assert cells.interrupted(block) in ENDED

    cells.execute(
        "class Endless(Part):\n    async def _open(self):" + inside.replace("\n", "\n        ")
    )
    assert cells.interrupted("await Endless('endless').open()") in ENDED
    cells.execute("await pool.close()\nassert nk.open_resources() == []")
    assert closed(cells.log)[3:] == ["close pooled"]
