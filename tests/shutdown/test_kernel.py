"""Signals in a notebook: the cell ends in good order, and the kernel lives on."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.widgets.kernels import Kernel, running_kernel

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.skipif(sys.platform == "win32", reason="signals are not sent to oneself there"),
]

SETUP = """
import asyncio, os, signal, threading, time
import notebook_kit as nk
from notebook_kit.shutdown import graceful_shutdown

async def item(number):
    if number == 50:
        os.kill(os.getpid(), NAME)
    await asyncio.sleep(0.001)
    return number

def again():
    "Send two more signals, one after the other."
    for _ in range(2):
        time.sleep(0.2)
        os.kill(os.getpid(), NAME)
"""
#: The kernel has a handler of its own for each cell.
CELL = """
before = [signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)]
try:
    {block}
finally:
    same = before == [signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)]
"""
BLOCKS = {
    "awaited": """
    with graceful_shutdown():
        frame = await nk.map(item, range(1_000), max_concurrency=5, progress=False)
""",
    "waited for": """
    with graceful_shutdown():
        run = nk.map(item, range(1_000), max_concurrency=5, progress=False, loop="kit")
        frame = run.result()
""",
    "busy": """
    async def forever(number):
        await asyncio.sleep(0 if number < 50 else 600)

    with graceful_shutdown(on_signal=lambda _: threading.Thread(target=again).start()):
        run = nk.map(forever, range(1_000), progress=False)
        while run.snapshot().in_flight < 10:
            await asyncio.sleep(0.001)
        os.kill(os.getpid(), NAME)
        try:
            await asyncio.sleep(60)
        finally:
            frame = run.frame
""",
}


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    with running_kernel(tmp_path_factory.mktemp("kernel")) as kernel:
        kernel.execute(SETUP)
        yield kernel


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize(
    ("name", "left"), [("SIGINT", "KeyboardInterrupt"), ("SIGTERM", "SystemExit")]
)
def test_a_cell_is_left_and_the_kernel_lives_on(
    kernel: Kernel, block: str, name: str, left: str
) -> None:
    """The rows are there, the handlers of the kernel are back, and the next cell works."""
    kernel.execute(f"NAME = signal.{name}")
    with pytest.raises(AssertionError, match=left):
        kernel.execute(CELL.format(block=BLOCKS[block].strip()))
    kernel.read_until(lambda message: message["content"].get("execution_state") == "idle")
    assert kernel.printed("same, len(frame), (frame['status'] == 'ok').sum() >= 50") == (
        "True 1000 True"
    )
    kernel.execute("frame = await nk.map(item, range(5), progress=False)")
    assert kernel.printed("(frame['status'] == 'ok').tolist()") == str([True] * 5)
