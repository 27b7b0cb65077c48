"""Calls without `await` work wherever code runs, and never wait for themselves."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import trio

import notebook_kit as nk
from notebook_kit.execution import submit
from notebook_kit.testing import FaultServer, answer, never_answer
from tests.client.processes import run_strictly
from tests.widgets.kernels import running_kernel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import httpx

#: The three ways to write it, as a function of a path.
WAYS = """
def by_face(path):
    return client.sync.get(path).text

def by_result(path):
    return client.get(path).result().text

def by_block(path):
    with nk.Client(client.base_url) as api:
        return api.get(path).text

ways = (by_face, by_result, by_block)
"""


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A server that answers with the path it was asked for."""
    with FaultServer() as it:
        it.when("*", lambda request: answer(request.path, headers=[("Content-Type", "text/plain")]))
        yield it


@pytest.fixture
def client(server: FaultServer) -> Iterator[nk.Client]:
    """A client for it."""
    client = nk.Client(server.url)
    yield client
    client.close()


@pytest.fixture
def ways(client: nk.Client) -> list[Callable[[str], str]]:
    """The three ways, for this client."""
    names: dict[str, Any] = {"nk": nk, "client": client}
    exec(WAYS, names)  # noqa: S102 - the same source that the scripts and cells have
    return list(names["ways"])


def test_in_a_script(server: FaultServer) -> None:
    """In a script, in its threads, and in a function that `asyncio.run` calls."""
    source = """
client = nk.Client(URL)
assert [way("/a") for way in ways] == ["/a"] * 3

def in_thread():
    found.extend(way("/b") for way in ways)

found = []
thread = threading.Thread(target=in_thread)
thread.start()
thread.join()
assert found == ["/b"] * 3

async def main():
    # It blocks the loop, as any synchronous call would, and works.
    return [way("/c") for way in ways]

assert asyncio.run(main()) == ["/c"] * 3
print("all right")
"""
    assert run_strictly(WAYS + source, server.url) == (0, "all right\n", "")


def test_in_pandas_apply(ways: list[Callable[[str], str]]) -> None:
    """A column is made of another by a call for each row."""
    paths = pd.Series(["/a", "/b"])
    for way in ways:
        assert paths.apply(way).tolist() == ["/a", "/b"]


def test_in_a_trio_task(server: FaultServer) -> None:
    """Under trio they block and work, and in trio's threads they block nothing else."""
    source = """
import trio
client = nk.Client(URL)

async def main():
    found = [way("/a") for way in ways]

    async def elsewhere(way):
        found.append(await trio.to_thread.run_sync(way, "/b"))

    async with trio.open_nursery() as nursery:
        for way in ways:
            nursery.start_soon(elsewhere, way)
    return found

assert trio.run(main) == ["/a"] * 3 + ["/b"] * 3
print("all right")
"""
    assert run_strictly(WAYS + source, server.url) == (0, "all right\n", "")


def test_await_under_trio_says_what_to_write(server: FaultServer, client: nk.Client) -> None:
    """What has to wait for an answer is an error at once, in calls, runs, outcomes and streams."""
    server.when("/never", never_answer())

    async def call() -> None:
        await client.get("/never")

    async def run() -> None:
        await client.map("/never", [1], progress=False)

    async def outcomes() -> None:
        async for _ in client.map("/never", [1], progress=False).as_completed():
            pass

    async def stream() -> None:
        async for _ in client.stream("/never").lines():
            pass

    async def close() -> None:
        await client.close()

    for function in (call, run, outcomes, stream):
        with pytest.raises(nk.ConfigurationError, match=r"trio\.to_thread\.run_sync"):
            trio.run(function)
    trio.run(close)
    assert client.is_closed


@pytest.mark.kernel
def test_in_cells(server: FaultServer, tmp_path: Path) -> None:
    """In a cell, where a loop is running: directly, in `.apply`, in threads, beside an `await`."""
    with running_kernel(tmp_path) as kernel:
        kernel.execute("import threading, pandas as pd, notebook_kit as nk")
        kernel.execute(f"client = nk.Client({server.url!r})\n{WAYS}")
        kernel.execute("found = [way('/a') for way in ways]")
        assert kernel.printed("found") == str(["/a"] * 3)
        kernel.execute(
            """
            frame = pd.DataFrame({"path": ["/a", "/b"]})
            for way in ways:
                frame[way.__name__] = frame["path"].apply(way)
            """
        )
        assert kernel.printed("frame.loc[1].tolist()") == str(["/b"] * 4)
        kernel.execute(
            """
            async def main():
                first = (await client.get("/x")).text
                return [first, *(way("/c") for way in ways), (await client.get("/y")).text]
            found = await main()
            """
        )
        assert kernel.printed("found") == str(["/x", "/c", "/c", "/c", "/y"])
        kernel.execute(
            """
            found = []
            thread = threading.Thread(target=lambda: found.extend(way("/d") for way in ways))
            thread.start()
            thread.join()
            """
        )
        assert kernel.printed("found") == str(["/d"] * 3)


# Waiting for oneself


def _at_once(function: Callable[[], Any]) -> BaseException | None:
    began = time.monotonic()
    try:
        function()
    except nk.NotebookKitError as error:
        return error
    finally:
        assert time.monotonic() - began < 5
    return None


def test_a_hook_that_waits_for_a_call_raises_at_once(
    server: FaultServer, ways: list[Callable[[str], str]]
) -> None:
    """A hook runs on the I/O thread, which would have to answer it; every way is refused."""
    refused: list[type[BaseException]] = []

    def hook(_: httpx.Request) -> None:
        for way in ways:
            with pytest.raises(nk.WouldDeadlock) as caught:
                way("/inner")
            refused.append(caught.type)

    with nk.Client(server.url, event_hooks={"request": [hook]}) as api:
        assert api.get("/outer").text == "/outer"
    assert len(refused) == len(ways)


@pytest.mark.parametrize("where", ["parse", "retry_value", "weight", "on_outcome", "json"])
def test_a_function_of_a_run_that_waits_for_a_call_raises_at_once(
    server: FaultServer, client: nk.Client, where: str
) -> None:
    """Wherever the kit calls a function of the user's on the I/O thread."""
    seen: list[BaseException] = []

    def function(*_: object) -> Any:
        if threading.current_thread().name != "notebook_kit-io":
            return 1
        try:
            client.sync.get("/inner")
        except nk.WouldDeadlock as error:
            seen.append(error)
        return 0

    options: dict[str, dict[str, Any]] = {
        "parse": {"parse": function},
        "retry_value": {"retry": nk.Retry(max_attempts=1, retry_value=function)},
        "weight": {"rate": nk.Rate(1_000, per="s", weight=lambda item: function() or 1)},
        "on_outcome": {"on_outcome": function},
        "json": {"method": "POST", "json": function},
    }
    run = client.map("/{n}", [1, 2], progress=False, **options[where])
    assert run.result(timeout=10)["status"].eq("ok").all()
    assert len(seen) == 2
    assert all("result()" in str(error) for error in seen)


def test_a_retry_value_of_a_single_call_that_waits_raises_at_once(server: FaultServer) -> None:
    """And the call ends with it."""

    def asks_again(_: object) -> bool:
        return bool(api.get("/inner"))

    with nk.Client(server.url, retry=nk.Retry(max_attempts=2, retry_value=asks_again)) as api:
        assert isinstance(_at_once(lambda: api.get("/outer")), nk.WouldDeadlock)


def test_closing_on_the_io_thread_does_not_wait_for_itself(client: nk.Client) -> None:
    """It is begun there, and can be awaited."""

    async def inside() -> bool:
        closing = client.close()
        closing.wait()
        await closing
        return client.is_closed

    assert submit(inside()).result(timeout=20)
