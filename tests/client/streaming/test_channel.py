from __future__ import annotations

import asyncio
import hashlib
import threading

from notebook_kit.client.streaming.channel import LIMIT_BYTES, Channel


def test_what_is_put_is_taken_in_one_piece() -> None:
    """Many small chunks cross together."""
    channel = Channel()
    for number in range(1000):
        channel.put(b"%d," % number)
    assert channel.take() == b"".join(b"%d," % number for number in range(1000))
    assert channel.take() == b""
    assert channel.crossings == 0


def test_only_a_reader_that_waits_is_woken() -> None:
    """Once, however much comes before it looks again."""
    channel = Channel()
    waiter = channel.waiter()
    assert waiter is not None
    for _ in range(100):
        channel.put(b"x")
    assert waiter.done()
    assert channel.crossings == 1
    assert channel.waiter() is None


def test_the_end_wakes_too() -> None:
    """And what lies there can still be taken."""
    channel = Channel()
    waiter = channel.waiter()
    channel.end()
    assert waiter is not None
    assert waiter.done()
    channel.put(b"late")
    assert channel.take() == b"late"


def test_silence_counts_while_the_reader_waits_with_nothing_to_take() -> None:
    """Not while it works, and not while something lies ready that it has not come for."""
    channel = Channel()
    assert channel.dry_since is None
    channel.waiter()
    assert channel.dry_since is not None
    channel.put(b"x")
    assert channel.dry_since is None
    channel.take()
    channel.waited()
    assert channel.dry_since is None


def test_nothing_is_lost_and_little_is_held_between_two_threads() -> None:
    """A fast writer waits for a slow reader, a fast reader for a slow writer; bytes keep order."""
    channel = Channel()
    written, read = hashlib.sha256(), hashlib.sha256()
    most = 0

    async def write() -> None:
        nonlocal most
        for number in range(3000):
            await channel.room()
            data = bytes([number % 251]) * (1 + number * 7919 % 4096)
            written.update(data)
            channel.put(data)
            most = max(most, channel._put - channel._taken)
            if number % 50 == 0:
                await asyncio.sleep(0)
        channel.end()

    writer = threading.Thread(target=lambda: asyncio.run(write()))
    writer.start()
    while True:
        over = channel.over
        if data := channel.take():
            read.update(data)
        elif over:
            break
        elif (waiter := channel.waiter()) is not None:
            waiter.result(timeout=10)
            channel.waited()
    writer.join(10)
    assert read.digest() == written.digest()
    assert most < LIMIT_BYTES + 4096
