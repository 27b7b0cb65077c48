"""Interpreters that end with requests in flight: with their own exit code, at once, in silence."""

from __future__ import annotations

import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import pytest

from notebook_kit.testing import FaultServer, answer, never_answer, stall_mid_body
from tests.client.processes import run_strictly

if TYPE_CHECKING:
    from collections.abc import Iterator

IN_FLIGHT: Final = 5
#: Seconds from the last line of a script to its end, at most.
AT_ONCE_S: Final = 20
#: What is under way when the interpreter ends.
WORKS: Final = {
    "a run": """
run = client.map(PATH, range(20), max_concurrency=IN_FLIGHT, progress=False)
under_way()
try:
    # Of a run that nobody waits for a warning would tell.
    run.result(timeout=0.01)
except TimeoutError:
    pass
""",
    "a run that is awaited in a thread": """
async def wait():
    await client.map(PATH, range(20), max_concurrency=IN_FLIGHT, progress=False)
threading.Thread(target=asyncio.run, args=[wait()], daemon=True).start()
under_way()
""",
    "calls that are awaited in a thread": """
async def wait():
    await asyncio.gather(*[client.get(PATH) for _ in range(IN_FLIGHT)])
threading.Thread(target=asyncio.run, args=[wait()], daemon=True).start()
under_way()
""",
    "synchronous calls in threads": """
for _ in range(IN_FLIGHT):
    threading.Thread(target=client.sync.get, args=[PATH], daemon=True).start()
under_way()
""",
    "tasks that a loop leaves": """
async def main():
    tasks = [asyncio.create_task(client.get(PATH).send()) for _ in range(IN_FLIGHT)]
    await asyncio.to_thread(under_way)
asyncio.run(main())
""",
    "tasks of a loop that is dropped": """
async def main():
    for _ in range(IN_FLIGHT):
        tasks.append(asyncio.ensure_future(client.get(PATH).send()))
    await asyncio.to_thread(under_way)
tasks, loop = [], asyncio.new_event_loop()
loop.run_until_complete(main())
loop.run_until_complete(asyncio.sleep(0))
for task in tasks:
    task.cancel()
loop.run_until_complete(asyncio.wait(tasks))
loop.close()
""",
}
#: How it ends: the last line, the exit code, and what is said on standard error.
ENDS: Final = {
    "its last line": ("pass", 0, ""),
    "sys.exit()": ("sys.exit()", 0, ""),
    "sys.exit(3)": ("sys.exit(3)", 3, ""),
    "sys.exit with a message": ("sys.exit('enough')", 1, "enough\n"),
    "an exception": ("raise ValueError('mine')", 1, "ValueError: mine\n"),
    "an interrupt": ("raise KeyboardInterrupt", -2, "KeyboardInterrupt\n"),
}
SCRIPT: Final = """
from notebook_kit.execution import io_thread
# What does not end when it is told to is waited for so long.
io_thread._SHUTDOWN_S = 60
client = nk.Client(URL, max_connections=IN_FLIGHT)
assert client.get("/ok").result().text == "ok"

def under_way():
    assert becomes(lambda: client.stats.in_flight == IN_FLIGHT), client.stats
    assert becomes(lambda: to_server() == IN_FLIGHT), to_server()

WORK
print(time.monotonic(), flush=True)
END
"""
PATHS: Final = ("/never", "/stalls")
ALL: Final = list(itertools.product(WORKS, ENDS))


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A server that answers some requests, others never, and others by half."""
    with FaultServer() as it:
        it.when("/ok", answer("ok"))
        it.when("/never", never_answer())
        it.when("/stalls", stall_mid_body())
        yield it


def _wrong(server: FaultServer, work: str, end: str, path: str) -> str | None:
    """Return what was wrong with one exit, if anything."""
    last, code, said = ENDS[end]
    constants = f"PATH, IN_FLIGHT = {path!r}, {IN_FLIGHT}\n"
    source = SCRIPT.replace("WORK", WORKS[work]).replace("END", last)
    returned, output, errors = run_strictly(constants + source, server.url)
    took_s = time.monotonic() - float(output or "nan")
    as_it_should = errors == said
    if said.startswith(("ValueError", "KeyboardInterrupt")):
        # The traceback of the script itself, of one frame, and nothing else.
        as_it_should = errors.startswith("Traceback") and errors.endswith(said)
        as_it_should &= errors.count("Traceback") == 1 and errors.count("\n") <= len("three")
    if returned == code and as_it_should and took_s < AT_ONCE_S:
        return None
    return f"{work}, {end}, {path}: code {returned}, {took_s:.1f} s to the end, and\n{errors}"


def _check(server: FaultServer, cases: list[tuple[str, str, str]], at_once: int) -> None:
    with ThreadPoolExecutor(at_once) as threads:
        found = threads.map(lambda case: _wrong(server, *case), cases)
        wrong = [it for it in found if it is not None]
    assert not wrong, "\n".join(wrong)
    assert server.connections.wait_open(0)


def test_exits_with_requests_in_flight(server: FaultServer) -> None:
    """Exit code and standard error are the script's own: each work and each end once."""
    cases = [(work, end, PATHS[0]) for work, end in zip(WORKS, ENDS, strict=True)]
    cases += [(*ALL[0], PATHS[1]), (*ALL[-1], PATHS[1])]
    _check(server, cases, at_once=2)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_hundred_exits_with_requests_in_flight(server: FaultServer) -> None:
    """The same for all of them together, three times over, at both moments of a request."""
    cases = list(itertools.product(WORKS, ENDS, PATHS)) * 3
    assert len(cases) >= 200
    _check(server, cases, at_once=4)
