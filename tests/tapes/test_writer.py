from __future__ import annotations

import asyncio
import signal
import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.tapes import slot
from notebook_kit.tapes import writer as writer_module
from notebook_kit.tapes.opening import open_to_record
from notebook_kit.tapes.recorder import Recorder
from notebook_kit.tapes.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def writer_of(path: Path) -> Writer:
    connection, _, _ = open_to_record(path, add=False)
    return Writer(connection, path)


def row(place: int) -> Callable[[], tuple[Any, ...]]:
    return lambda: (place, b"e", b"l", b"a", 0.0, 0.0, 200, "GET", "/", "{}", None, b"")


def places(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as connection:
        return [place for (place,) in connection.execute("SELECT place FROM exchanges")]


def test_who_sends_waits_while_much_is_to_be_written(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is room again when it is written, so that what waits never fills the memory."""
    monkeypatch.setattr(writer_module, "_MOST_WAITING", 10_000)
    gate = threading.Event()

    def held() -> tuple[Any, ...]:
        gate.wait(10)
        return row(1)()

    async def act() -> None:
        await asyncio.wait_for(writer.room(), 5)
        writer.put(held, 9_000)
        waiting = asyncio.ensure_future(writer.room())
        given_up = asyncio.ensure_future(writer.room())
        done, _ = await asyncio.wait({waiting}, timeout=0.05)
        assert not done
        given_up.cancel()
        gate.set()
        await asyncio.wait_for(waiting, 5)

    writer = writer_of(path)
    try:
        asyncio.run(act())
    finally:
        gate.set()
        writer.end()
    assert places(path) == [1]


def test_nobody_waits_for_one_that_has_ended(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes after the end is never written, and holds up nobody."""
    monkeypatch.setattr(writer_module, "_MOST_WAITING", 10_000)
    writer = writer_of(path)
    writer.end()
    writer.put(row(1), 20_000)
    asyncio.run(asyncio.wait_for(writer.room(), 5))


def test_what_cannot_be_kept_takes_nothing_with_it(path: Path) -> None:
    """Of those that share a transaction all others are written, and the end tells of the one."""

    def broken() -> tuple[Any, ...]:
        raise ValueError

    gate = threading.Event()
    writer = writer_of(path)
    writer.put(lambda: (gate.wait(10), row(1)())[1], 0)
    for make in (row(2), broken, lambda: (), row(2), row(3)):
        writer.put(make, 0)
    gate.set()
    with pytest.raises(nk.StorageError, match="cannot be written: ValueError"):
        writer.end()
    assert places(path) == [1, 2, 3]


def test_an_end_that_was_cut_off_can_be_waited_for_again(path: Path) -> None:
    """What could not be written is told then, and once only."""
    gate, began = threading.Event(), threading.Event()

    def broken() -> tuple[Any, ...]:
        began.set()
        gate.wait(10)
        raise ValueError

    tape = nk.record(path)
    reel = slot.tape
    assert isinstance(reel, Recorder)
    reel.put(lambda _: broken(), size=0, failure=None)
    assert began.wait(10)
    main = threading.main_thread().ident
    timer = threading.Timer(0.1, signal.pthread_kill, [main, signal.SIGINT])

    def stop() -> None:
        # Not before this: an interrupt that comes early would end all tests.
        timer.start()
        tape.stop()

    try:
        with pytest.raises(KeyboardInterrupt):
            stop()
    finally:
        gate.set()
        timer.join()
    with pytest.raises(nk.StorageError, match="ValueError"):
        tape.stop()
    tape.stop()
    assert slot.tape is None
