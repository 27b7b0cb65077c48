"""Resources that are used by their own opening and closing, and closings that wait for others."""

from __future__ import annotations

import asyncio
import threading
from contextlib import nullcontext
from typing import Any

import pytest

import notebook_kit as nk
from notebook_kit.errors import ClosedError, ClosingFailed, ConfigurationError, ResourceTimeout
from tests.lifetime.resources import Gated, done, turns


class Session(nk.AsyncResource):
    """Its methods open it, as those of most do."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    async def call(self, name: str) -> None:
        await self.open()
        self.calls.append(name)

    async def _open(self) -> None:
        await asyncio.gather(self.call("log in"), self.call("warm up"))

    async def _close(self) -> None:
        await self.call("log out")
        await self.close()  # It is what goes on.


def test_opening_and_closing_may_use_its_own_methods() -> None:
    """They find it open, as far as it is; nothing waits for itself."""

    async def main() -> list[str]:
        async with Session() as session:
            await session.call("work")
        with pytest.raises(ClosedError):
            await session.call("late")
        return session.calls

    assert asyncio.run(main()) == ["log in", "warm up", "work", "log out"]


def test_an_opening_cannot_close_itself() -> None:
    """It would wait for itself; it can fail."""

    class Hasty(nk.AsyncResource):
        async def _open(self) -> None:
            await self.close()

    with pytest.raises(ConfigurationError, match="Hasty cannot be closed by its own opening"):
        asyncio.run(Hasty().open())


@pytest.mark.parametrize("by", ["its opening", "somebody else"])
def test_a_task_that_closes_what_it_reads_may_be_ended_by_the_closing(by: str) -> None:
    """Where its opening has begun the task, nobody waits; else no longer than closing may take."""

    class Reads(nk.AsyncResource):
        close_timeout_s = 0.1
        task: asyncio.Task[None] | None = None

        async def read(self) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                await self.close()

        async def _open(self) -> None:
            if by == "its opening":
                self.task = asyncio.ensure_future(self.read())

        async def _close(self) -> None:
            assert self.task is not None
            self.task.cancel()
            await asyncio.wait([self.task])

        def _abort(self) -> None:
            pass

    async def main() -> None:
        resource = await Reads().open()
        resource.task = resource.task or asyncio.ensure_future(resource.read())
        await turns(2)
        with nullcontext() if by == "its opening" else pytest.raises(ResourceTimeout):
            await resource.close()
        assert resource.state == "closed"
        await asyncio.wait([resource.task])
        assert resource.task.cancelled() or resource.task.exception() is not None

    asyncio.run(main())


def test_functions_of_a_manager_may_ask_it_for_others() -> None:
    """And are told where they ask for themselves, or for each other."""

    async def main() -> None:
        manager = nk.ResourceManager()
        manager.add("a", Gated("a"))

        async def after() -> Any:
            return await manager.get("a")

        manager.add("after", after)
        async with manager:
            assert manager["after"] is manager["a"]

        circle = nk.ResourceManager(lazy=True)

        async def one() -> Any:
            return await circle.get("other")

        async def other() -> Any:
            return await circle.get("one")

        circle.add("one", one)
        circle.add("other", other)
        async with circle:
            with pytest.raises(ConfigurationError, match="'one' can never be opened, because its"):
                await circle.get("one")

    asyncio.run(main())


def test_what_is_being_opened_when_its_manager_closes_is_closed_first() -> None:
    """Who asked for it is told that it is closed; what it needs is open until then."""
    log: list[str] = []

    async def main() -> None:
        manager = nk.ResourceManager(lazy=True)
        manager.add("a", Gated("a", log))
        late = Gated("late", log)
        gate = late.hold("open")
        manager.add("late", late, needs=["a"])
        asking = asyncio.ensure_future(manager.get("late"))
        await turns(5)
        closing = asyncio.ensure_future(manager.close())
        await turns(5)
        gate.set()
        await closing
        with pytest.raises(ClosedError):
            await asking

    asyncio.run(main())
    assert done(log) == ["open a", "open late", "close late", "close a"]


class Stray(nk.AsyncResource):
    """Its closing awaits a task that it has cancelled."""

    async def _close(self) -> None:
        task = asyncio.ensure_future(asyncio.sleep(60))
        task.cancel()
        await task


def test_a_cancellation_that_nobody_asked_for_is_a_fault_of_closing() -> None:
    """It stops no other closing, and hides neither their faults nor the error of the block."""
    log: list[str] = []
    kept = [Gated("kept", log), Stray()]

    async def main() -> None:
        for resource in kept:
            await resource.open()
        manager = nk.ResourceManager()
        manager.add("last", Gated("last", log))
        manager.add("stray", Stray())
        failing = Gated("failing", log)
        failing.faults["close"] = OSError("down")
        manager.add("failing", failing)
        await manager.open()
        with pytest.raises(ClosingFailed) as told:
            await manager.close()
        assert list(told.value.errors) == ["failing", "stray"]
        with pytest.raises(KeyError) as caught:
            async with Stray():
                raise KeyError
        assert "closing Stray failed as well: CancelledError" in caught.value.__notes__[0]

    asyncio.run(main())
    assert "close kept" in done(log)
    assert "close last" in done(log)


def test_one_that_cannot_be_cut_keeps_no_other_waiting() -> None:
    """It is left to itself, and told."""
    log: list[str] = []

    class Stubborn(Gated):
        async def _close(self) -> None:
            while not over.is_set():
                try:
                    await over.wait()
                except asyncio.CancelledError:
                    log.append("cut")

    async def main() -> None:
        global over  # noqa: PLW0603 - an event of this loop
        over = asyncio.Event()
        manager = nk.ResourceManager(close_timeout="0.1 s")
        manager.add("other", Gated("other", log))
        manager.add("stubborn", Stubborn("stubborn", log))
        await manager.open()
        with pytest.raises(ClosingFailed, match="stubborn goes on, although it was cut"):
            await manager.close()
        assert done(log)[-1] == "close other"
        over.set()
        await turns(5)

    asyncio.run(main())


over: asyncio.Event


@pytest.mark.parametrize("how", ["stops", "stands still"])
def test_closing_from_elsewhere_ends_whatever_the_other_loop_does(how: str) -> None:
    """Where it has stopped, it is let go of; where it stands still, that is told."""
    resource = Gated()
    resource.close_timeout_s = 0.1
    go_on, opened = threading.Event(), threading.Event()
    loop = asyncio.new_event_loop()

    async def own() -> None:
        resource.hold("close")
        await resource.open()
        opened.set()
        if how == "stands still":
            go_on.wait(20)
        else:
            await asyncio.to_thread(go_on.wait, 20)

    thread = threading.Thread(target=loop.run_until_complete, args=(own(),))
    thread.start()
    opened.wait(20)

    async def close() -> None:
        if how == "stops":
            closing = asyncio.ensure_future(resource.close())
            await turns(3)
            go_on.set()
            await closing
            assert resource.state == "closed"
            return
        with pytest.raises(ResourceTimeout, match="its event loop stands still"):
            await resource.close()
        go_on.set()

    asyncio.run(close())
    thread.join(20)
    for task in asyncio.all_tasks(loop):
        task.cancel()
        loop.run_until_complete(asyncio.wait([task]))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
