"""The registry: what is open is known, and closed when its owner goes; once, in order."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any

import pytest

from notebook_kit.lifetime import (
    Handle,
    OpenResource,
    Origin,
    close_all_handles,
    open_resources,
    register,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Owner:
    """Something a user holds."""

    handle: Handle


class Inner:
    """What must be closed; it does not know its owner."""

    def __init__(self, fails: BaseException | None = None) -> None:
        self.log: list[str] = []
        self.fails = fails

    def close_soon(self) -> None:
        self.log.append("soon")

    async def aclose(self) -> None:
        self.log.append("closed")
        await asyncio.sleep(0)
        if self.fails is not None:
            raise self.fails


def opened(name: str = "it", inner: Inner | None = None, kind: str = "test") -> tuple[Owner, Inner]:
    owner, inner = Owner(), inner or Inner()
    owner.handle = register(
        owner, kind=kind, name=name, close_soon=inner.close_soon, aclose=inner.aclose
    )
    return owner, inner


def names() -> list[str]:
    return [resource.name for resource in open_resources() if resource.kind == "test"]


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    """Each test begins with nothing open, so that what it sees is its own."""
    asyncio.run(close_all_handles())
    yield
    asyncio.run(close_all_handles())


# What is open


def test_what_is_open_is_listed_oldest_first() -> None:
    """Each entry says what it is, since when, where it was made and how much it was used."""
    begun = time.time()
    first, _ = opened("first")
    line = sys._getframe().f_lineno - 1
    second, _ = opened("second")
    second.handle.uses += 3
    one, two = open_resources()
    assert (one.kind, one.name, one.uses) == ("test", "first", 0)
    assert (two.name, two.uses) == ("second", 3)
    assert begun <= one.opened <= two.opened <= time.time()
    assert one.made_at.filename == __file__
    # `register` is called by a helper of this module, so that is the caller's line.
    assert one.made_at.lineno < line
    assert first.handle.is_open


def test_an_entry_in_words() -> None:
    """The text is a line that can be read without knowing the fields."""
    origin = Origin("/home/me/work.py", 3)
    entry = OpenResource("client", "https://host", time.time() - 1234.4, origin, 1)
    assert str(entry) == ("client https://host: open for 1,234 s, made in work.py:3, used once")
    entry = OpenResource("client", "https://host", time.time(), Origin("x", 5, cell=2), 1500)
    assert str(entry).endswith("open for 0 s, made in cell [2], line 5, used 1,500 times")


# When the owner goes


def test_when_the_owner_is_collected_it_is_closed() -> None:
    """The last reference goes, and closing starts at once, once."""
    owner, inner = opened()
    handle = owner.handle
    assert handle.is_open
    del owner
    assert inner.log == ["soon"]
    assert not handle.is_open
    assert not names()


def test_the_registry_does_not_hold_the_owner() -> None:
    """Neither the handle nor the finalizer keeps it alive, also in a cycle."""
    owner, inner = opened()
    owner.me = owner  # type: ignore[attr-defined]
    gone = weakref.ref(owner)
    del owner
    assert names() == ["it"]
    gc.collect()
    assert gone() is None
    assert inner.log == ["soon"]


def test_what_was_closed_is_not_closed_again() -> None:
    """Who takes the handle out of the registry closes it; the finalizer then does nothing."""
    owner, inner = opened()
    assert owner.handle.forget()
    assert not owner.handle.forget()
    assert not owner.handle.is_open
    owner.handle.dropped()
    del owner
    gc.collect()
    assert inner.log == []


def test_of_many_threads_one_closes() -> None:
    """However many try at the same moment, `forget` is true for exactly one."""
    owner, _ = opened()
    first: list[bool] = []
    start = threading.Barrier(8)

    def close() -> None:
        start.wait(timeout=10)
        first.append(owner.handle.forget())

    threads = [threading.Thread(target=close) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert sorted(first) == [False] * 7 + [True]


def test_the_collector_may_run_while_the_registry_is_read() -> None:
    """Owners that are collected in the middle of a listing do not break it."""
    thresholds = gc.get_threshold()
    try:
        for more in range(30):
            gc.collect()
            owners = [opened()[0] for _ in range(40)]
            for owner in owners:
                owner.me = owner  # type: ignore[attr-defined]
            del owner, owners[:20]
            # So that it runs at each of the places where the listing makes an object, in turn.
            gc.set_threshold(gc.get_count()[0] + more)
            open_resources()
            gc.set_threshold(*thresholds)
    finally:
        gc.set_threshold(*thresholds)
    del owners
    gc.collect()
    assert not names()


def test_at_exit_finalizers_do_not_close() -> None:
    """What is still open when the interpreter ends is closed in order by others, not here."""
    script = (
        "from notebook_kit.lifetime import register\n"
        "class Owner: pass\n"
        "owner = Owner()\n"
        "register(owner, kind='k', name='n', close_soon=lambda: print('soon'), aclose=None)\n"
        "import sys; sys.stdout.flush(); sys.modules['kept'] = owner\n"
        "owner.me = owner\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert (done.stdout, done.stderr) == ("", "")


# Closing all


def test_all_are_closed_the_newest_first() -> None:
    """Who was opened later may need who was opened before."""
    order: list[str] = []

    def closer(name: str) -> Callable[[], Any]:
        async def aclose() -> None:
            await asyncio.sleep(0)
            order.append(name)

        return aclose

    owners = [Owner() for _ in range(3)]
    for number, owner in enumerate(owners):
        register(owner, kind="test", name="", close_soon=lambda: None, aclose=closer(str(number)))
    assert asyncio.run(close_all_handles()) == []
    assert order == ["2", "1", "0"]
    assert not names()


def test_one_failing_close_does_not_stop_the_rest() -> None:
    """Every error is returned, in the order in which they came."""
    first, second = ValueError("first"), OSError("second")
    kept = [opened(inner=Inner(fails)) for fails in (second, None, first)]
    assert asyncio.run(close_all_handles()) == [first, second]
    assert [inner.log for _, inner in kept] == [["closed"]] * 3
    assert not names()


def test_closing_all_twice_closes_once() -> None:
    """The second time there is nothing left, and the owners' going changes nothing."""
    owner, inner = opened()
    asyncio.run(close_all_handles())
    assert asyncio.run(close_all_handles()) == []
    del owner
    assert inner.log == ["closed"]


def test_what_another_closes_in_the_meantime_is_left_to_it() -> None:
    """While one is being closed, its neighbour may be closed by someone else."""
    older, older_inner = opened("older")

    async def aclose() -> None:
        await asyncio.sleep(0)
        older.handle.forget()

    newer = Owner()
    register(newer, kind="test", name="newer", close_soon=lambda: None, aclose=aclose)
    assert asyncio.run(close_all_handles()) == []
    assert older_inner.log == []


def test_a_cancellation_while_closing_goes_on_to_the_caller() -> None:
    """It is not an error of closing, and is never swallowed."""
    owner, inner = opened(inner=Inner(asyncio.CancelledError()))
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(close_all_handles())
    assert inner.log == ["closed"]
    assert not owner.handle.is_open
