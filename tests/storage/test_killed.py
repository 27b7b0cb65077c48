"""Processes that end in the middle of a run, in either way."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.storage.counting import log_of, serving
from tests.storage.helpers import kept, select, wait_for

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

POSTS = """
import sys
import notebook_kit as nk

url, path, count, durable = sys.argv[1:]
client = nk.Client(url, retry=0)
run = client.map(
    "/items/{item}", range(int(count)), method="POST", rate="1500/s", max_concurrency=20,
    checkpoint=path, durable=durable == "durable", progress=False,
)
frame = run.result()
assert frame["status"].eq("ok").all()
assert [answer["n"] for answer in frame["result"]] == list(range(int(count)))
print(len(frame), frame["item"].nunique(), run.snapshot().reused)
"""
#: As many as may be in flight in that run.
AT_ONCE = 20

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


def on_disk(path: Path) -> set[int]:
    """Return the items whose answers the file holds."""
    if not path.exists():
        return set()
    rows = select(path, "SELECT item_value FROM outcomes WHERE status = 'ok'")
    return {int(value) for (value,) in rows}


def kill_and_resume(folder: Path, *, kills: int, count: int, how: str) -> Counter[str]:
    """Send POSTs, kill who does so at random moments, go on each time; count what came of it.

    Returns:
        ``extra`` requests, those ``allowed``, and those for items that were on disk: ``again``.
    """
    path = folder / "work.db"
    script = folder / "posts.py"
    script.write_text(POSTS)
    chance = random.Random(7)
    kept_before: list[tuple[set[int], int]] = []
    allowed = 0
    with serving() as url:
        command = [sys.executable, str(script), url, str(path), str(count), how]
        for _ in range(kills):
            before = len(log_of(url))
            # The random moment; however fast the machine is, something is left for the last one.
            until = before + chance.randrange(1, count * 6 // (10 * kills))
            with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
                wait_for(lambda: len(log_of(url)) >= until, 60.0)  # noqa: B023 - waited for here
                killed = time.monotonic()
                process.kill()
            log = log_of(url)
            kept_before.append((on_disk(path), len(log)))
            # What had settled that late was sent at most so long before.
            late = killed - LATE_S - AT_ONCE * 0.01
            recent = sum(1 for _, at in log[before:] if at > late)
            allowed += AT_ONCE + (0 if how == "durable" else recent)
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        rows, different, _ = map(int, done.stdout.split())
        assert rows == different == count
        log = log_of(url)
    assert select(path, "PRAGMA integrity_check") == [("ok",)]
    assert on_disk(path) == set(range(count))
    again = sum(1 for there, at in kept_before for number, _ in log[at:] if number in there)
    return Counter(extra=len(log) - count, allowed=allowed, again=again)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no such signal here")
@pytest.mark.parametrize("how", ["usual", "durable"])
@pytest.mark.parametrize(
    ("kills", "count"),
    [(2, 500), pytest.param(20, 10_000, marks=[pytest.mark.slow, pytest.mark.timeout(600)])],
)
def test_nothing_that_was_kept_is_paid_for_twice(
    tmp_path: Path, kills: int, count: int, how: str
) -> None:
    """Killed at random moments and resumed, a run of POSTs sends again what was under way at most.

    Every item is in the last frame once, with its own answer. Sent once more were those in flight,
    and those settled so late that they were not on disk yet; with durable=True only the former.
    """
    counted = kill_and_resume(tmp_path, kills=kills, count=count, how=how)
    assert counted["again"] == 0
    assert counted["extra"] <= counted["allowed"]
