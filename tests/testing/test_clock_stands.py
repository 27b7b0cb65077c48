"""Waits that no time can end: told when nobody is left to advance the clock, and only then."""

from __future__ import annotations

import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.testing import Behaviour, FakeAPI, FaultServer, ManualClock, answer, clock_stands
from notebook_kit.testing.clock_stands import Standstill

if TYPE_CHECKING:
    from collections.abc import Callable

_ALONE = """
import notebook_kit as nk
from notebook_kit.testing import FakeAPI, ManualClock

with ManualClock(), FakeAPI() as fake, nk.Client(fake.url, transport=fake) as api:
    fake.get("/s").answers(1, after="5 s")
    try:
        api.get("/s").json()
    except nk.WouldDeadlock as error:
        print(error)

@nk.limit("1/min")
def once(): pass

with ManualClock():
    once()
    try:
        once()
    except nk.WouldDeadlock as error:
        print(error)
"""


class Looks:
    """Counts the looks of all waits, and lets others wait for them."""

    def __init__(self) -> None:
        self.seen = threading.Semaphore(0)

    def wait_for(self, count: int) -> None:
        for _ in range(count):
            assert self.seen.acquire(timeout=20)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    """All looks, which are frequent and do not wait to tell what they have found."""
    counted, look = Looks(), Standstill.look

    def counting(self: Standstill) -> None:
        look(self)
        counted.seen.release()

    monkeypatch.setattr(Standstill, "look", counting)
    for name in ("_RAISE_S", "_WARN_S", "_LOOK_S"):
        monkeypatch.setattr(clock_stands, name, 0.0)
    return counted


def test_alone_it_is_an_error() -> None:
    """A script whose only thread waits is told what to write instead of hanging."""
    done = subprocess.run(
        [sys.executable, "-c", _ALONE], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.count("time stands still") == 2, done
    assert done.stdout.count("ManualClock(autojump=True)") == 2


def _others(*found: str) -> Callable[[Any], set[str]]:
    return lambda _: set(found)


def test_beside_threads_that_were_there_it_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, looks: Looks
) -> None:
    """It is told once, and the wait goes on."""
    monkeypatch.setattr(Standstill, "_others", _others("rests", "bystander"))
    told: list[warnings.WarningMessage]
    with (
        warnings.catch_warnings(record=True) as told,
        ManualClock() as clock,
        FakeAPI() as fake,
        nk.Client(fake.url, transport=fake) as api,
        ThreadPoolExecutor(1) as threads,
    ):
        warnings.simplefilter("always")
        fake.get("/s").answers(1, after="5 s")
        late = threads.submit(lambda: api.get("/s").json())
        looks.wait_for(5)
        clock.advance("5 s")
        assert late.result(20) == 1
    assert [str(it.message)[:17] for it in told] == ["time stands still"]


def test_who_may_advance_is_left_to_it(looks: Looks) -> None:
    """While the main thread is free, a wait in another one is nobody's mistake."""
    with (
        ManualClock() as clock,
        FakeAPI() as fake,
        nk.Client(fake.url, transport=fake) as api,
        ThreadPoolExecutor(1) as threads,
    ):
        fake.get("/s").answers(1, after="5 s")
        late = threads.submit(lambda: api.get("/s").json())
        looks.wait_for(5)
        clock.advance("5 s")
        assert late.result(20) == 1


def test_an_answer_that_is_on_its_way_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, looks: Looks
) -> None:
    """A socket may bring it while the clock stands still, however long that takes."""
    monkeypatch.setattr(Standstill, "_others", _others("rests"))

    def slow(_: object) -> Behaviour:
        looks.wait_for(5)
        return answer("here")

    with FaultServer() as server, ManualClock(), nk.Client(server.url) as api:
        server.when("/", slow)
        assert api.get("/").text == "here"


def test_what_threads_do() -> None:
    """Idle threads of pools rest; those that work, or are new, may do something about it."""
    go, begun = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go.wait(20)

    def kind_of(thread: threading.Thread, seen: Standstill) -> str:
        return seen._other(thread, sys._current_frames())

    old = threading.Thread(target=work)
    old.start()
    with ManualClock() as clock, ThreadPoolExecutor(1) as pool:
        seen = Standstill(clock._open())
        assert kind_of(old, seen) == "bystander"
        assert kind_of(threading.main_thread(), seen) == "acts"
        new = threading.Thread(target=work)
        new.start()
        assert kind_of(new, seen) == "acts"
        begun.clear()
        job = pool.submit(work)
        assert begun.wait(20)
        (worker,) = pool._threads
        assert kind_of(worker, seen) == "acts"
        go.set()
        job.result(20)
        while pool._idle_semaphore._value == 0:  # it is about to ask for more
            new.join(0.001)
        kinds = {kind_of(worker, seen) for _ in range(1000)}
        assert "rests" in kinds
        old.join()
        new.join()
