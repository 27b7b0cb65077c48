"""Fixtures of the suite of faults."""

from __future__ import annotations

import asyncio
import os
import threading

import pytest

from notebook_kit.execution.io_thread import submit


@pytest.fixture(scope="session", autouse=True)
def _threads_that_look_up_hosts() -> None:
    """Have the I/O loop start the threads that look up names of hosts; they stay as long as it."""
    count = getattr(os, "process_cpu_count", os.cpu_count)  # as a pool of threads counts
    most = min(32, (count() or 1) + 4)
    all_there = threading.Barrier(most)

    async def begin() -> None:
        loop = asyncio.get_running_loop()
        await asyncio.gather(*[loop.run_in_executor(None, all_there.wait, 10) for _ in range(most)])

    submit(begin()).result(20)
