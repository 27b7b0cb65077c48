"""Mistakes that are made with resources: each is told, with what to write instead."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import weakref
from typing import Any

import pytest

import notebook_kit as nk
from notebook_kit.errors import ClosedError, ConfigurationError, ResourceTimeout
from tests.lifetime.resources import Gated, turns

SECRET = "hunter2-hunter2"


def test_no_message_holds_a_secret_of_a_name() -> None:
    """Whichever it is that tells of it."""
    name = f"https://me:{SECRET}@host/?token={SECRET}"
    told: list[str] = []

    async def main() -> None:
        resource = Gated(name)
        resource.close_timeout_s = 0.01
        resource.hold("close")
        with pytest.raises(ResourceTimeout) as late:
            async with resource:
                pass
        with pytest.raises(ClosedError) as closed:
            await resource.open()
        failing = Gated(name)
        failing.faults["close"] = OSError("gone")
        manager = nk.ResourceManager(name=name)
        manager.add(name, failing)
        with pytest.raises(KeyError) as noted:
            async with manager:
                raise KeyError
        pool = nk.ResourcePool(Gated, name=name, max_size=1)
        async with pool.acquire():
            with pytest.raises(ResourceTimeout) as waited:
                async with pool.acquire(timeout=0.01):
                    pass
        await pool.close()
        errors = (late.value, closed.value, noted.value, waited.value)
        told.extend(f"{error} {getattr(error, '__notes__', '')}" for error in errors)
        told.append(manager._repr_html_() + repr(manager) + repr(pool))

    asyncio.run(main())
    assert len(told) == 5
    assert SECRET not in "".join(told)


def test_a_limit_may_be_a_duration_and_must_be_one() -> None:
    """What is none is told before anything is opened."""

    class Worded(Gated):
        close_timeout_s: Any = "10 s"

    async def main() -> None:
        async with Worded() as resource:
            assert resource.is_open
        wrong = Worded()
        wrong.close_timeout_s = "soon"
        with pytest.raises(ConfigurationError, match="close_timeout_s"):
            await wrong.open()
        assert wrong.log == []

    asyncio.run(main())


def test_opening_and_closing_need_not_be_async() -> None:
    """Where nothing is awaited in them."""

    class Plain(nk.AsyncResource):
        def __init__(self) -> None:
            self.log: list[str] = []

        def _open(self) -> Any:
            self.log.append("open")

        def _close(self) -> Any:
            self.log.append("close")

    async def main() -> list[str]:
        async with Plain() as plain:
            pass
        return plain.log

    assert asyncio.run(main()) == ["open", "close"]


def test_arguments_that_nobody_takes_are_refused() -> None:
    """As any other class refuses them."""

    class Bare(nk.AsyncResource):
        pass

    with pytest.raises(TypeError, match=r"Bare\(\) takes no arguments"):
        Bare(colour=3)


def test_a_manager_is_not_given_what_was_called_by_mistake() -> None:
    """Coroutines and generators; nothing is left that was never awaited."""
    manager = nk.ResourceManager()

    async def make() -> object:
        return object()

    async def page() -> Any:
        yield object()

    with pytest.raises(ConfigurationError, match=r"'a' is given a coroutine: write make, not make"):
        _ = manager.add("a", make())
    with pytest.raises(ConfigurationError, match="asynccontextmanager"):
        manager.add("b", page)
    assert list(manager) == []
    assert len(manager) == 0
    assert manager


def test_a_closed_manager_says_so() -> None:
    """Whatever it is asked for."""
    manager = nk.ResourceManager()
    manager.add("a", object())

    async def main() -> None:
        async with manager:
            pass
        with pytest.raises(ClosedError):
            await manager.get("a")

    asyncio.run(main())
    with pytest.raises(ClosedError, match="make another"):
        manager["a"]
    with pytest.raises(ClosedError):
        manager.add("b", object())


def test_any_block_that_fails_spoils_what_all_have_used() -> None:
    """And the error is not kept longer than that takes."""
    told: list[object] = []

    class Told(Gated):
        async def _close(self) -> None:
            told.append(type(self._left_by))

    async def main() -> None:
        resource = Told()
        leave = asyncio.Event()

        async def well() -> None:
            async with resource:
                await leave.wait()

        other = asyncio.ensure_future(well())
        await turns(3)
        with pytest.raises(KeyError):
            async with resource:
                raise KeyError
        leave.set()
        await other
        assert resource._left_by is None

        closed = Told()

        async def late() -> None:
            async with closed:
                await closed.close()
                raise OSError

        with pytest.raises(OSError):  # noqa: PT011 - the one above
            await late()
        assert closed._left_by is None

    asyncio.run(main())
    assert told == [KeyError, type(None)]


def test_loops_that_have_ended_are_let_go_of() -> None:
    """Nothing that waited for their end keeps them."""
    loops: list[weakref.ref[asyncio.AbstractEventLoop]] = []

    async def main() -> None:
        loops.append(weakref.ref(asyncio.get_running_loop()))
        async with Gated():
            pass

    for _ in range(5):
        asyncio.run(main())
    gc.collect()
    assert [loop() for loop in loops] == [None] * 5


def test_a_loop_that_was_closed_early_disturbs_no_other() -> None:
    """What waited for its end is collected in the middle of another loop's work."""
    early = asyncio.new_event_loop()
    resource = Gated()
    early.run_until_complete(resource.open())
    early.close()

    del early

    async def main() -> None:
        hooks = sys.get_asyncgen_hooks()
        await resource.open()  # It lets go of the loop that is gone.
        gc.collect()
        assert sys.get_asyncgen_hooks() == hooks

    asyncio.run(main())
    assert resource.log[-1] == "close Gated: done"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_leaves_what_its_parent_has_open() -> None:
    """It ends without closing it, and the parent closes it in its turn."""
    script = """
import asyncio, os, sys, warnings
import notebook_kit as nk
warnings.simplefilter("ignore")

class Part(nk.AsyncResource):
    async def _close(self):
        print("closed by", "parent" if os.getpid() == parent else "child", flush=True)

parent = os.getpid()
part = Part()
loop = asyncio.new_event_loop()
loop.run_until_complete(part.open())
child = os.fork()
if not child:
    sys.exit(0)
os.waitpid(child, 0)
"""
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stdout == "closed by parent\n", ended.stderr
