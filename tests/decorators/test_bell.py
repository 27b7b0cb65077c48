"""A bell that one thread waits for."""

from __future__ import annotations

import threading
import time

from notebook_kit.decorators.bell import Bell


def test_it_is_silent_until_it_is_rung() -> None:
    """And again when it is told so, however often it was rung."""
    bell = Bell()
    assert not bell.has_rung
    for _ in range(2):
        bell.ring()
        assert bell.has_rung
    for _ in range(2):
        bell.silence()
        assert not bell.has_rung


def test_who_waits_is_woken() -> None:
    """By another thread, and whoever waits again hears it still."""
    bell = Bell()
    thread = threading.Timer(0.02, bell.ring)
    thread.start()
    since = time.monotonic()
    bell.wait(60.0)
    bell.wait(60.0)
    assert time.monotonic() - since < 30
    assert bell.has_rung
    thread.join()


def test_who_waits_for_nothing_waits_for_so_long() -> None:
    """Not less, and what is below zero is no time."""
    bell = Bell()
    since = time.monotonic()
    bell.wait(0.02)
    assert time.monotonic() - since >= 0.015
    bell.wait(-1.0)
    assert not bell.has_rung
