"""Forked and spawned children: each client works there or says why not, and the parent's go on."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from notebook_kit.testing import FaultServer, answer
from tests.client.crowds import all_at_once
from tests.client.processes import HEAD, run_strictly

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork") or sys.platform == "darwin", reason="children are not forked here"
)

SETUP: Final = """
import traceback, warnings
import pandas  # whose first import takes longer than all that is measured here
warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of any fork with threads

from notebook_kit.client import closing
from notebook_kit.client.transports import aiohttp_transport, piece_stream, pieces
from notebook_kit.execution import crew, io_thread, waiter

# Who gives up does so after a minute.
closing._LONGEST_WAIT_S = io_thread._SHUTDOWN_S = waiter._PATIENCE_S = crew.GRACE_S = 60
aiohttp_transport._CLOSE_S = piece_stream._CLOSE_S = pieces._CLOSE_S = 60

def at_once(use):
    "A second is what is promised; what would hang or be given up takes a minute."
    began = time.monotonic()
    use()
    assert time.monotonic() - began < 20, time.monotonic() - began

def in_child(*uses):
    "Fork, use clients in the child, and tell whether all went well."
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            for use in uses:
                at_once(use)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

def inherited():
    assert client.get("/ok").result().text == "ok"
    assert asyncio.run(awaited(client)) == "ok"
    frame = client.map("/ok", [1, 2], parse="text", progress=False).result()
    assert frame["result"].tolist() == ["ok"] * 2

def fresh():
    with nk.Client(URL) as api:
        assert api.get("/ok").text == "ok"

def closed():
    client.close()
    try:
        client.get("/ok").result()
    except nk.ClosedError:
        return
    raise AssertionError("a closed client sends")

def closed_all():
    nk.close_all()
    assert nk.open_resources() == []
    fresh()

async def awaited(client):
    return (await client.get("/ok")).text

def begun():
    "Return a client that has a connection."
    client = nk.Client(URL)
    client.get("/ok").result()
    return client
"""
#: While nothing is under way: all in one process, each with a client of its own.
AT_REST: Final = {
    "from the main thread": """
assert in_child(inherited, fresh, closed, closed_all) == 0
assert in_child(fresh) == in_child(closed) == in_child(closed_all) == 0
client.get("/ok").result()
assert client.stats.connections_opened == 1, client.stats
""",
    "from a thread": """
def work():
    codes.append(in_child(inherited, fresh, closed, closed_all))

codes = []
thread = threading.Thread(target=work)
thread.start()
thread.join()
assert codes == [0]
inherited()
""",
    "a child that ends in good order": """
sys.stdout.flush()
child = os.fork()
if child == 0:
    inherited()
    sys.exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
inherited()
""",
    "a grandchild": """
def again():
    assert client.get("/ok").result().text == "ok"
    if os.fork() == 0:
        client.get("/ok").result()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.wait()[1]) == 0
assert in_child(again) == 0
""",
}
#: While calls are under way, in a process each.
UNDER_WAY: Final = {
    "with requests in flight": """
def call():
    answers.append(client.sync.get("/held").text)

answers = []
threads = [threading.Thread(target=call, daemon=True) for _ in range(5)]
for thread in threads:
    thread.start()
run = client.map("/held", range(5), max_concurrency=5, parse="text", progress=False)
assert becomes(lambda: client.stats.in_flight == 10)

def lost():
    assert run.state.value == "lost", run.state
    try:
        run.result()
    except nk.BatchFailed as error:
        assert "forked" in str(error)
    else:
        raise AssertionError("a run of the parent has ended here")
    run.cancel()
    try:
        asyncio.run(waits_for(run))
    except nk.BatchFailed:
        pass

async def waits_for(run):
    await run

assert in_child(lost, inherited, fresh, closed, closed_all) == 0
client.get("/held").result()
for thread in threads:
    thread.join()
assert answers == ["ok"] * 5
assert run.result()["result"].tolist() == ["ok"] * 5
""",
    "from a coroutine whose calls are under way": """

async def main():
    call = asyncio.create_task(client.get("/held").send())
    while client.stats.in_flight < 1:
        await asyncio.sleep(0.005)
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        began, code = time.monotonic(), 1
        try:
            await call
        except nk.ClosedError as error:
            assert "parent" in str(error)
            # Python lets nobody begin anything on a loop that was running when it was forked.
            assert client.get("/ok").result().text == "ok"
            assert time.monotonic() - began < 20, time.monotonic() - began
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code == 0, code
    for _ in range(10):
        asyncio.ensure_future(client.get("/held").send())
    assert (await call).text == "ok"
asyncio.run(main())
""",
    "a child that throws the connections of its parent away": """
import gc

def call():
    answers.append(client.sync.get("/held").text)

def thrown_away():
    # As what is collected there does, if it closes its connection then.
    transports = [it for it in gc.get_objects() if isinstance(it, asyncio.Transport)]
    assert transports
    for transport in transports:
        try:
            transport.abort()
        except RuntimeError as wrong_thread:
            # Said in the debug mode of asyncio, when the loop looks at the connection no more.
            assert "thread" in str(wrong_thread)

answers = []
threads = [threading.Thread(target=call, daemon=True) for _ in range(10)]
for thread in threads:
    thread.start()
assert becomes(lambda: client.stats.in_flight == 10)
assert in_child(thrown_away, inherited, fresh) == 0
assert client.get("/held").result(timeout=20).text == "ok"
for thread in threads:
    thread.join(20)
assert answers == ["ok"] * 10
""",
}


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A server that answers at once, and on `/held` when eleven are there."""
    with FaultServer() as it:
        it.when("/ok", answer("ok"))
        it.when("/held", all_at_once(11))
        yield it


def _check(server: FaultServer, scripts: dict[str, str]) -> None:
    source = SETUP
    for name, script in scripts.items():
        source += f"client = begun()\n{script}client.close()\nprint({name!r})\n"
    done = run_strictly(source, server.url)
    assert done == (0, "".join(f"{name}\n" for name in scripts), "")
    assert server.connections.wait_open(0)


def test_forked_children_of_a_parent_at_rest(server: FaultServer) -> None:
    """In each all is done at once, and the client works on in the parent."""
    _check(server, AT_REST)


@pytest.mark.parametrize("name", UNDER_WAY)
def test_a_forked_child(server: FaultServer, name: str) -> None:
    """In it all is done at once, and what the parent has under way comes to its end."""
    _check(server, {name: UNDER_WAY[name]})


POOL: Final = """
import multiprocessing

client = nk.Client(URL)

def ask(number):
    "In a forked worker the client is the parent's; in a spawned one it is made by the import."
    began = time.monotonic()
    assert client.get("/ok").result().text == "ok"
    assert asyncio.run(awaited()) == "ok"
    return time.monotonic() - began

async def awaited():
    return (await client.get("/ok")).text

if __name__ == "__main__":
    import warnings
    warnings.simplefilter("ignore", DeprecationWarning)
    client.get("/ok").result()
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
        took = pool.map(ask, range(6))
        pool.close()
        pool.join()
    assert len(took) == 6
    client.get("/ok").result()
    assert client.stats.connections_opened == 1
    print("all right")
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_workers_of_multiprocessing(server: FaultServer, method: str, tmp_path: Path) -> None:
    """A client of the module works in each worker, whatever starts it, and still in the parent."""
    script = tmp_path / "work.py"
    script.write_text(f"URL = {server.url!r}\n{HEAD}{POOL}")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script), method],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "all right\n", "")
    assert server.connections.wait_open(0)
