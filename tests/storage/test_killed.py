"""Processes that end in the middle of a run, in either way."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.storage.helpers import kept, select

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = """
import asyncio, os, sys, time
import notebook_kit as nk

async def work(number):
    await asyncio.sleep(0.004)
    os.write(1, f"{number} {time.monotonic()}\\n".encode())
    return number

path, count, end = sys.argv[1:]
run = nk.map(work, range(int(count)), max_concurrency=1, progress=False, checkpoint=path)
if end == "wait":
    run.result()
else:
    while run.snapshot().ok < 20:
        time.sleep(0.005)
"""

ON_A_LOOP_OF_ITS_OWN = """
import asyncio, os, sys
import notebook_kit as nk

async def work(number):
    await asyncio.sleep(0.002)
    os.write(1, b"done\\n")
    return number

async def start():
    run = nk.map(work, range(100_000), max_concurrency=1, progress=False, checkpoint=sys.argv[1])
    while run.snapshot().ok < 20:
        await asyncio.sleep(0)

loop = asyncio.new_event_loop()
loop.run_until_complete(start())
"""
#: Seconds that an outcome may wait to be kept, and those that a busy machine is given on top.
LATE_S = 0.2 + 0.3


def start(folder: Path, count: int, end: str, script_text: str = SCRIPT) -> subprocess.Popen[bytes]:
    script = folder / "script.py"
    script.write_text(script_text)
    command = [sys.executable, str(script), str(folder / "work.db"), str(count), end]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no such signal here")
def test_a_killed_process_loses_the_last_moment_only(tmp_path: Path) -> None:
    """After SIGKILL all that settled before the last 0.2 s is kept; a rerun does the rest."""
    process = start(tmp_path, 100_000, "wait")
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(150)]
    killed = time.monotonic()
    process.kill()
    lines += process.communicate(timeout=30)[0].splitlines()
    settled = {int(number): float(at) for number, at in (line.split() for line in lines)}
    safe = {number for number, at in settled.items() if at < killed - LATE_S}
    again = start(tmp_path, len(settled), "wait")
    done_again = {int(line.split()[0]) for line in again.communicate(timeout=60)[0].splitlines()}
    assert again.returncode == 0
    assert len(safe) >= 10
    assert not done_again & safe
    assert done_again <= set(settled)
    assert kept(tmp_path / "work.db") >= len(settled)
    assert select(tmp_path / "work.db", "PRAGMA integrity_check") == [("ok",)]


def test_a_process_that_ends_without_waiting_keeps_what_was_done(tmp_path: Path) -> None:
    """At the interpreter's exit, what has settled is written and nothing hangs."""
    process = start(tmp_path, 100_000, "leave")
    output = process.communicate(timeout=60)[0]
    assert process.returncode == 0
    assert 20 <= kept(tmp_path / "work.db") <= len(output.splitlines())


def test_a_loop_that_just_stops_keeps_what_was_done(tmp_path: Path) -> None:
    """When a kernel ends, its loop stands still; every outcome that it had seen is written."""
    process = start(tmp_path, 0, "", ON_A_LOOP_OF_ITS_OWN)
    output = process.communicate(timeout=60)[0]
    assert process.returncode == 0
    assert kept(tmp_path / "work.db") == len(output.splitlines()) >= 20
