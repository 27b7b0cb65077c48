"""The check that nothing was left open, and what it says of what was."""

from __future__ import annotations

import asyncio
import re
import threading
from typing import TYPE_CHECKING

import pytest

import notebook_kit as nk
from notebook_kit.execution import submit
from notebook_kit.testing import FakeAPI, assert_nothing_open, nothing_left_open

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def fake() -> Iterator[FakeAPI]:
    """A fake API with one path that answers, one that hangs, and a stream that does not end."""
    with FakeAPI() as it:
        it.get("/ok").answers(1)
        it.get("/hangs").fails("hangs")
        it.get("/endless").answers(pieces=["a"], breaks="hangs")
        yield it


def said() -> str:
    """What the check says at once."""
    with pytest.raises(AssertionError) as caught:
        assert_nothing_open(within=0)
    return str(caught.value)


def test_nothing_is_said_of_nothing() -> None:
    """Where nothing is open the check passes."""
    assert_nothing_open()


def test_a_client_is_named(fake: FakeAPI) -> None:
    """With its base URL, its age, the line that made it, and how to close it."""
    client = nk.Client(fake.url, transport=fake)
    client.get("/ok").result()
    line = r"client http://fake\.test: open for \d+ s, .*made in test_nothing_open\.py:\d+"
    assert re.search(line + r".*: use `with`", said())
    client.close()
    assert_nothing_open()


def test_a_run_is_named_once(fake: FakeAPI) -> None:
    """With how far it is; the tasks that work on it are not listed beside it."""
    client = nk.Client(fake.url, transport=fake)
    run = client.map("/hangs", range(3), progress=False, timeout=None)
    text = said()
    assert re.search(r"run GET /hangs: .*0 of 3 done.*made in test_nothing_open\.py", text)
    assert "task" not in text
    run.cancel()
    run.result()
    client.close()
    assert_nothing_open()


def test_a_stream_is_named(fake: FakeAPI) -> None:
    """As long as it is read."""
    with nk.Client(fake.url, transport=fake) as client:
        with client.stream("/endless") as opened:
            assert next(iter(opened.text())) == "a"
            assert "stream GET http://fake.test/endless" in said()
        assert "stream" not in said()
    assert_nothing_open()


def test_a_tape_is_named(tmp_path: Path) -> None:
    """Recording holds for the process until it is stopped."""
    tape = nk.record(tmp_path / "tape.db")
    assert "recording tape.db" in said()
    tape.stop()
    assert_nothing_open()


def test_a_thread_and_a_task_are_named() -> None:
    """What is left of the package with no client, run or stream to name."""
    wake, release = threading.Event(), asyncio.Event()

    async def forgotten() -> None:
        loops.append(asyncio.get_running_loop())
        started.set()
        await release.wait()

    started = threading.Event()
    loops: list[asyncio.AbstractEventLoop] = []
    thread = threading.Thread(target=wake.wait, name="notebook_kit-left", daemon=True)
    thread.start()
    future = submit(forgotten())
    assert started.wait(20)
    text = said()
    assert "thread 'notebook_kit-left'" in text
    assert "task <coroutine object" in text
    wake.set()
    thread.join()
    loops[0].call_soon_threadsafe(release.set)
    future.result()
    assert_nothing_open()


def test_what_is_being_closed_is_waited_for(fake: FakeAPI) -> None:
    """And so is what only waits to be collected: neither is a leak."""
    client = nk.Client(fake.url, transport=fake)
    client.get("/ok").result()
    circle = [client]
    circle.append(circle)  # type: ignore[arg-type]
    del client, circle
    assert_nothing_open()


def test_what_is_kept_is_not_open(fake: FakeAPI) -> None:
    """A run that has ended, a cache in memory and a demo server are nobody's mistake."""
    with nk.Client(fake.url, transport=fake, cache="5 min") as client:
        client.map("/ok", [1], progress=False)
    server = nk.demo.serve()
    assert_nothing_open()
    server.close()


def test_what_was_open_before_a_block_may_stay(fake: FakeAPI) -> None:
    """A client of the whole session is no leak of a test."""
    with nk.Client(fake.url, transport=fake) as client:
        with nothing_left_open():
            client.get("/ok")
        with (
            pytest.raises(AssertionError, match=r"still open after 0 s:\n  client http://two"),
            nothing_left_open(within=0),
        ):
            second = nk.Client("http://two.test", transport=fake)
        second.close()


def test_the_error_of_the_block_comes_first(fake: FakeAPI) -> None:
    """It holds what it happened in, so nothing can be told of what is open."""
    clients = []

    def test() -> None:
        with nothing_left_open(within=0):
            clients.append(nk.Client(fake.url, transport=fake))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        test()
    clients[0].close()


def test_nothing_secret_is_said() -> None:
    """The URL of a client may hold a password."""
    client = nk.Client("http://user:planted-password@fake.test")
    assert "planted" not in said()
    client.close()
