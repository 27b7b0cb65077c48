"""Clients that nobody closes: wherever they are dropped, their connections go, without a word."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, cast

import pytest

from notebook_kit.testing import Behaviour, FaultServer, Wait, answer
from tests.client.processes import run_strictly

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from notebook_kit.testing import ReceivedRequest, Step

CONNECTIONS: Final = 5
#: How a batch of clients, each with its open connections, is dropped.
DROPS: Final = {
    "with a loop running": """
def drop(clients):
    async def main():
        clients.clear()
        assert await asyncio.to_thread(becomes, no_connections), to_server()
    asyncio.run(main())
""",
    "in another thread": """
def drop(clients):
    thread = threading.Thread(target=clients.clear)
    thread.start()
    thread.join()
""",
    "in a callback of the collector": """
def drop(clients):
    def callback(phase, _):
        if phase == "start":
            clients.clear()
    gc.callbacks.append(callback)
    gc.collect()
    gc.callbacks.remove(callback)
    assert not clients
""",
    "by a finalizer of a cycle": """
class Holder:
    def __init__(self, clients):
        self.me, self.clients = self, clients

    def __del__(self):
        self.clients.clear()

def drop(clients):
    Holder(clients)
    gc.collect()
    assert not clients
""",
    "in cycles of their own": """
class Cycle(list):
    pass

def drop(clients):
    for client in clients:
        cycle = Cycle([client])
        cycle.append(cycle)
    del client, cycle
    clients.clear()
    gc.collect()
""",
    "while the I/O loop is stopped": """
def drop(clients):
    held, go_on, loop = threading.Event(), threading.Event(), io_thread.io_loop()

    def hold():
        held.set()
        go_on.wait(20)

    loop.call_soon_threadsafe(hold)
    held.wait(20)
    loop.call_soon_threadsafe(loop.stop)
    clients.clear()
    assert to_server() == SIZE * CONNECTIONS
    go_on.set()
""",
    "when the I/O loop is closed": """
def drop(clients):
    # As at the interpreter's exit; the next batch begins with a new one.
    io_thread._stop_at_exit()
    clients.clear()
""",
    "after the loop of their user is closed": """
def drop(clients):
    async def main():
        return [(client, client.get("/x/late")) for client in clients]
    calls = asyncio.run(main())
    for client, call in calls:
        repr(call)
    del client, call
    clients.clear()
    calls.clear()
""",
}
SCRIPT: Final = """
import itertools
from notebook_kit.execution import io_thread

#: One of the server's paths for each client, which stands for all its connections there.
names = itertools.count()

def no_connections():
    return to_server() == 0

async def connected():
    client, path = nk.Client(URL), f"/x/{next(names)}"
    answers = await asyncio.gather(*[client.get(path) for _ in range(CONNECTIONS)])
    assert {it.text for it in answers} == {"ok"}
    return client

async def batch():
    clients = []
    for _ in range(0, SIZE, 10):
        clients += await asyncio.gather(*[connected() for _ in range(10)])
    return clients

def drop_all(drop):
    for _ in range(0, COUNT, SIZE):
        clients = asyncio.run(batch())
        assert to_server() == SIZE * CONNECTIONS
        drop(clients)
        gc.collect()
        assert becomes(no_connections), to_server()
        assert nk.open_resources() == []
"""


class _Together:
    """Answers when so many requests for one path are there, so that each has its connection."""

    def __init__(self) -> None:
        self._arrived: Counter[str] = Counter()

    def __call__(self, request: ReceivedRequest) -> Behaviour:
        self._arrived[request.path] += 1
        steps = self._steps(request.path)
        # The server asks for one step after the other, so they may be made as they are asked for.
        return Behaviour(cast("Sequence[Step]", steps))

    def _steps(self, path: str) -> Iterator[Step]:
        while self._arrived[path] < CONNECTIONS:
            yield Wait(0.005)
        yield from answer("ok").steps


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A server to which each client opens five connections."""
    with FaultServer() as it:
        it.when("*", _Together())
        yield it


def _check(server: FaultServer, drops: list[str], count: int, size: int) -> None:
    source = f"COUNT, SIZE, CONNECTIONS = {count}, {size}, {CONNECTIONS}\n{SCRIPT}"
    for drop in drops:
        source += f"{DROPS[drop]}drop_all(drop)\nprint({drop!r})\n"
    done = run_strictly(source, server.url, within_s=110)
    assert done == (0, "".join(f"{drop}\n" for drop in drops), "")
    assert server.connections.opened == len(drops) * count * CONNECTIONS
    assert server.connections.wait_open(0)


def test_a_few_dropped_clients(server: FaultServer) -> None:
    """Of 20 clients with five connections each nothing is left, whatever way they are dropped.

    One process does it in each of these ways, one after the other, and names those it is done with.
    """
    _check(server, list(DROPS), count=20, size=10)


@pytest.mark.slow
@pytest.mark.parametrize("drop", DROPS)
def test_a_thousand_dropped_clients(server: FaultServer, drop: str) -> None:
    """Nor of 1,000 clients, each way in a process of its own."""
    _check(server, [drop], count=1_000, size=100)


#: In what state the clients are when the interpreter ends.
ENDS: Final = {
    "held by the script": "",
    "held by a cycle": "clients.append(clients)\ndel clients\n",
    "in a thread that goes on": """
def forever(clients):
    threading.Event().wait()
threading.Thread(target=forever, args=[clients], daemon=True).start()
""",
    "with their calls never sent": "calls = [client.get('/x/late') for client in clients]\n",
}


@pytest.mark.parametrize("end", ENDS)
def test_dropped_at_the_interpreters_exit(server: FaultServer, end: str) -> None:
    """An interpreter that ends with 20 clients open ends with code 0 and says nothing."""
    _check_exit(server, end, size=20)
    assert server.connections.opened == 20 * CONNECTIONS


@pytest.mark.slow
@pytest.mark.parametrize("end", ENDS)
def test_a_thousand_dropped_at_exits(server: FaultServer, end: str) -> None:
    """Nor do ten of them with 100 clients each."""
    for _ in range(10):
        _check_exit(server, end, size=100)
        server.when("*", _Together())
    assert server.connections.opened == 1_000 * CONNECTIONS


def _check_exit(server: FaultServer, end: str, size: int) -> None:
    source = f"SIZE, CONNECTIONS = {size}, {CONNECTIONS}\n{SCRIPT}"
    source += f"clients = asyncio.run(batch())\n{ENDS[end]}print(to_server())\n"
    done = run_strictly(source, server.url)
    assert done == (0, f"{size * CONNECTIONS}\n", "")
    assert server.connections.wait_open(0)
