"""One client in any number of loops and threads, where every warning is an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from notebook_kit.testing import FaultServer, answer
from tests.client.processes import run_strictly

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Each is done with one client; then nothing may be open that was not open before.
USES = {
    "200 times asyncio.run": """
async def use(number):
    assert (await client.get("/ok")).text == "ok"
    if number % 20 == 0:
        frame = await client.map("/ok", range(3), progress=False)
        assert frame["status"].eq("ok").all()
    if number % 20 == 1:
        await asyncio.gather(*[client.get("/ok") for _ in range(5)])

def work():
    for number in range(200):
        asyncio.run(use(number))
""",
    "two loops at once": """
async def use():
    for _ in range(50):
        answers = await asyncio.gather(*[client.get("/ok") for _ in range(10)])
        assert {it.text for it in answers} == {"ok"}
    assert len(await client.map("/ok", range(50), progress=False)) == 50

def loop():
    meet.wait(20)
    asyncio.run(use())
    done.append(1)

meet, done = threading.Barrier(2), []

def work():
    threads = [threading.Thread(target=loop) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [1, 1]
""",
    "200 threads": """
def use(api):
    meet.wait(30)
    for _ in range(5):
        assert api.get("/ok").text == "ok"
    done.append(1)

meet, done = threading.Barrier(200), []

def work():
    api = client.sync
    threads = [threading.Thread(target=use, args=[api]) for _ in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 200
""",
}
SCRIPT = """
async def nothing():
    pass

# What is imported on first use, the I/O thread and the first loop are there before counting.
with nk.Client(URL) as api:
    api.get("/ok")
    api.map("/ok", [1], progress=False)
asyncio.run(nothing())
becomes(lambda: to_server() == 0)
before = files()
client = nk.Client(URL)
work()
assert to_server() >= 1
client.close()
nk.forget()
assert becomes(lambda: to_server() == 0), to_server()
assert becomes(lambda: files() <= before), (before, files())
assert nk.open_resources() == []
print("all right")
"""


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A server that answers."""
    with FaultServer() as it:
        it.when("/ok", answer("ok"))
        yield it


@pytest.mark.parametrize("use", USES)
def test_one_client_everywhere(server: FaultServer, use: str) -> None:
    """All is answered, no file or socket is left open, and nothing is said on standard error."""
    assert run_strictly(USES[use] + SCRIPT, server.url) == (0, "all right\n", "")
    assert server.connections.opened <= 1 + 100
    assert server.connections.wait_open(0)
