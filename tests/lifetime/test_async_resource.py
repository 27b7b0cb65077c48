from __future__ import annotations

import asyncio
import gc
import logging
import sys
import threading
import warnings
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

import notebook_kit as nk
from notebook_kit.errors import ClosedError, ConfigurationError, ResourceTimeout
from notebook_kit.lifetime import AsyncResource, Holding, open_resources
from tests.lifetime.resources import Gated, done, turns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


def listed() -> list[str]:
    """Return the names of resources that are open."""
    return [it.name for it in open_resources() if it.kind == "resource"]


def test_a_block_opens_and_closes_it() -> None:
    """It is listed meanwhile, with where it was made."""
    resource = Gated()

    async def main() -> None:
        async with resource as entered:
            assert entered is resource
            assert resource.is_open
            assert listed() == ["Gated"]

    asyncio.run(main())
    assert resource.state == "closed"
    assert done(resource.log) == ["open Gated", "close Gated"]
    assert listed() == []


def test_it_opens_on_first_use_and_once() -> None:
    """However many ask at the same moment."""
    resource = Gated()

    async def main() -> None:
        gate = resource.hold("open")
        asking = [asyncio.ensure_future(resource.open()) for _ in range(10)]
        await turns()
        assert resource.state == "opening"
        gate.set()
        assert await asyncio.gather(*asking) == [resource] * 10
        await resource.open()
        await resource.close()

    asyncio.run(main())
    assert done(resource.log) == ["open Gated", "close Gated"]


def test_a_failed_opening_is_told_to_all_and_may_be_tried_again() -> None:
    """What it had entered is left in reverse order."""
    log: list[str] = []

    @asynccontextmanager
    async def part(name: str) -> AsyncIterator[None]:
        log.append(f"in {name}")
        try:
            yield
        finally:
            log.append(f"out {name}")

    class Parts(Gated):
        async def _open(self) -> None:
            await self._stack.enter_async_context(part("a"))
            await self._stack.enter_async_context(part("b"))
            await super()._open()

    resource = Parts()

    async def main() -> None:
        resource.faults["open"] = OSError("down")
        asked = await asyncio.gather(*(resource.open() for _ in range(3)), return_exceptions=True)
        assert {str(error) for error in asked} == {"down"}
        assert resource.state == "new"
        assert log == ["in a", "in b", "out b", "out a"]
        resource.faults.clear()
        async with resource:
            log.clear()
        assert log == ["out b", "out a"]

    asyncio.run(main())
    assert done(resource.log) == ["open Gated", "close Gated"]


def test_who_is_cancelled_while_opening_leaves_it_to_the_next() -> None:
    """The cancellation is passed on, and the others get theirs."""
    resource = Gated()

    async def main() -> None:
        gate = resource.hold("open")
        first, second = (asyncio.ensure_future(resource.open()) for _ in range(2))
        await turns()
        first.cancel()
        await turns()
        assert first.cancelled()
        gate.set()
        assert await second is resource
        await resource.close()

    asyncio.run(main())
    assert resource.log.count("open Gated") == 2
    assert done(resource.log) == ["open Gated", "close Gated"]


def test_who_is_cancelled_while_closing_is_told_when_it_is_closed() -> None:
    """Closing goes on, in a task of its own."""
    resource = Gated()

    async def main() -> None:
        await resource.open()
        gate = resource.hold("close")
        closing = asyncio.ensure_future(resource.close())
        await turns()
        closing.cancel()
        await turns()
        assert not closing.done()
        gate.set()
        with pytest.raises(asyncio.CancelledError):
            await closing
        assert resource.state == "closed"

    asyncio.run(main())
    assert done(resource.log) == ["open Gated", "close Gated"]


def test_several_close_it_once() -> None:
    """All of them wait until it is over; later ones have nothing to do."""
    resource = Gated()

    async def main() -> None:
        await resource.open()
        await asyncio.gather(*(resource.close() for _ in range(5)))
        await resource.close()

    asyncio.run(main())
    assert done(resource.log) == ["open Gated", "close Gated"]


def test_what_was_closed_is_not_opened_again() -> None:
    """Also where it was never open."""

    async def main() -> None:
        resource = Gated()
        await resource.close()
        with pytest.raises(ClosedError, match="Gated was closed: make another"):
            await resource.open()

    asyncio.run(main())


def test_blocks_that_overlap_share_it() -> None:
    """The last one that is left closes it."""
    resource = Gated()

    async def main() -> None:
        async with resource:
            async with resource:
                pass
            assert resource.is_open
        assert resource.state == "closed"

    asyncio.run(main())


def test_an_error_of_closing_is_raised_and_it_counts_as_closed() -> None:
    """What it had entered is left all the same, and told of."""
    log: list[str] = []

    class Parts(Gated):
        async def _open(self) -> None:
            self._stack.callback(self.fail)

        def fail(self) -> None:
            log.append("left")
            message = "the part"
            raise ValueError(message)

    resource = Parts()
    resource.faults["close"] = OSError("the first")

    async def main() -> None:
        with pytest.raises(OSError, match="the first") as caught:
            async with resource:
                pass
        assert caught.value.__notes__ == [
            "notebook_kit: closing failed as well: ValueError: the part"
        ]

    asyncio.run(main())
    assert log == ["left"]
    assert resource.state == "closed"


def test_an_error_of_closing_never_hides_that_of_the_block() -> None:
    """It is noted on it, without secrets."""
    key = nk.Secret("k-91827364aa")
    resource = Gated()
    resource.faults["close"] = OSError(f"closing with {key.reveal()}")

    async def main() -> None:
        with pytest.raises(KeyError, match="first") as caught:
            async with resource:
                raise KeyError("first")
        assert (
            "closing Gated failed as well: OSError: closing with ****" in caught.value.__notes__[0]
        )

    asyncio.run(main())


def test_closing_that_takes_too_long_is_cut() -> None:
    """It is let go of, and that is told."""
    resource = Gated()
    resource.close_timeout_s = 0.01

    async def main() -> None:
        await resource.open()
        resource.hold("close")
        with pytest.raises(ResourceTimeout, match="Closing Gated took longer than 10"):
            await resource.close()

    asyncio.run(main())
    assert resource.log[-1] == "abort Gated"
    assert resource.state == "closed"


def test_one_that_opens_for_too_long_is_closed_as_soon_as_it_is_open() -> None:
    """Who wanted it closed does not wait for ever, and who opened it is told."""
    resource = Gated()
    resource.close_timeout_s = 0.01

    async def main() -> None:
        gate = resource.hold("open")
        opening = asyncio.ensure_future(resource.open())
        await turns()
        with pytest.raises(ResourceTimeout, match="still being opened"):
            await resource.close()
        gate.set()
        with pytest.raises(ClosedError):
            await opening

    asyncio.run(main())
    assert done(resource.log) == ["open Gated", "close Gated"]


def test_one_that_is_dropped_is_closed() -> None:
    """Also from another thread, and where it is part of a circle."""

    async def main() -> None:
        for how in ("here", "there", "in a circle"):
            log: list[str] = []
            resource = await Gated(log=log).open()
            held = [resource]
            if how == "in a circle":
                held.append(held)  # type: ignore[arg-type]
            del resource
            if how == "there":
                await asyncio.to_thread(held.clear)
            del held
            gc.collect()
            await turns(10)
            assert done(log) == ["open Gated", "close Gated"], how
            assert listed() == []

    asyncio.run(main())


def test_a_fault_of_closing_what_was_dropped_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody is left to be told, and nothing is said of exceptions that nobody retrieved."""

    async def main() -> None:
        resource = Gated()
        resource.faults["close"] = OSError("gone")
        await resource.open()
        del resource
        gc.collect()
        await turns(10)

    with caplog.at_level(logging.WARNING):
        asyncio.run(main())
    assert [it.getMessage() for it in caplog.records] == [
        "Closing what was dropped failed: OSError: gone"
    ]


def test_the_end_of_the_loop_closes_what_is_left() -> None:
    """Newest first, before the loop is gone; also what was dropped at the last moment."""
    log: list[str] = []
    kept = [Gated("a", log), Gated("b", log)]

    async def main() -> None:
        for resource in kept:
            await resource.open()
        dropped = Gated("dropped", log)
        await dropped.open()

    asyncio.run(main())
    closed = [line for line in done(log) if line.startswith("close")]
    assert sorted(closed) == ["close a", "close b", "close dropped"]
    assert closed.index("close b") < closed.index("close a")
    assert listed() == []


def test_what_closes_at_the_end_of_the_loop_may_use_generators() -> None:
    """A context manager made of one is no reason for the loop to warn then."""

    @asynccontextmanager
    async def held(log: list[str]) -> AsyncIterator[None]:
        yield
        await asyncio.sleep(0)
        log.append("left")

    class Holding(Gated):
        async def _close(self) -> None:
            async with held(self.log):
                pass

    resource = Holding()
    hooks = sys.get_asyncgen_hooks()
    asyncio.run(resource.open())
    assert resource.log[-1] == "left"
    assert sys.get_asyncgen_hooks() == hooks


def test_it_belongs_to_the_loop_that_it_was_opened_on() -> None:
    """Another one is told so; closing it from there works."""
    resource = Gated()
    ready, over = threading.Event(), threading.Event()

    async def there() -> None:
        await resource.open()
        ready.set()
        await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=asyncio.run, args=(there(),))
    thread.start()
    ready.wait()

    async def here() -> None:
        with pytest.raises(ConfigurationError, match="on another event loop"):
            await resource.open()
        await resource.close()

    try:
        asyncio.run(here())
        assert resource.state == "closed"
    finally:
        over.set()
        thread.join()
    assert done(resource.log) == ["open Gated", "close Gated"]


def test_one_whose_loop_was_closed_is_let_go_of() -> None:
    """And may be opened on the next loop."""
    resource = Gated()
    loop = asyncio.new_event_loop()
    loop.run_until_complete(resource.open())
    loop.close()
    asyncio.run(resource.open())
    assert resource.log[2] == "abort Gated"
    assert done(resource.log) == ["open Gated", "open Gated", "close Gated"]


def test_what_says_nothing_of_letting_go_warns() -> None:
    """Because its sockets are left to the collector."""

    class Silent(AsyncResource):
        pass

    resource = Silent()
    loop = asyncio.new_event_loop()
    loop.run_until_complete(resource.open())
    loop.close()
    with pytest.warns(ResourceWarning, match="Silent was not closed"):
        asyncio.run(resource.close())


def test_closing_everything_from_a_coroutine_does_not_block_for_it() -> None:
    """It needs the loop that is held up, and closes right after."""
    resource = Gated()

    async def main() -> None:
        await resource.open()
        nk.close_all(timeout=20)
        assert listed() == []
        await turns(10)
        assert resource.state == "closed"

    asyncio.run(main())


def test_closing_everything_from_another_thread_waits_for_it() -> None:
    """As for all else."""
    resource = Gated()

    async def main() -> None:
        await resource.open()
        await asyncio.to_thread(nk.close_all)
        assert resource.state == "closed"

    asyncio.run(main())


def test_it_is_closed_from_the_list_of_what_is_open() -> None:
    """As with a button of the dashboard."""
    resource = Gated()

    async def main() -> None:
        await resource.open()
        (told,) = (it for it in open_resources() if it.kind == "resource")
        told.close()
        await turns(10)
        assert resource.state == "closed"

    asyncio.run(main())


def test_a_subclass_may_be_anything() -> None:
    """It need not call ours when it is made; a frozen dataclass is none the worse."""

    @dataclass(frozen=True)
    class Frozen(AsyncResource):
        port: int

    async def main() -> None:
        async with Frozen(80) as resource:
            assert (resource.port, resource.name) == (80, "Frozen")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        asyncio.run(main())


def test_its_repr_tells_how_it_stands() -> None:
    """State and what it holds, with secrets removed and nothing that acts."""

    class Holds(Gated):
        def _look(self) -> Holding:
            return Holding("3 things")

    resource = Holds("postgres://me:hunter22222@host\x1b[31m")

    async def main() -> None:
        assert repr(resource) == r"<Holds postgres://****@host\x1b[31m: new>"
        async with resource:
            assert repr(resource) == r"<Holds postgres://****@host\x1b[31m: open, 3 things>"

    asyncio.run(main())
    assert repr(nk.ResourcePool(Gated)) == "<ResourcePool: new>"


class _Transaction:
    """Notes whether it is committed or rolled back."""

    def __init__(self, log: list[str]) -> None:
        self.log = log

    async def __aenter__(self) -> None:
        self.log.append("begun")

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.log.append("committed" if kind is None else f"rolled back: {kind.__name__}")


class _Holding(Gated):
    async def _open(self) -> None:
        await self._stack.enter_async_context(_Transaction(self.log))
        await super()._open()


@pytest.mark.parametrize("where", ["block", "open", "none"])
def test_what_it_has_entered_is_told_the_error(where: str) -> None:
    """Of the block, or of the opening: a transaction in it must not be committed then."""
    resource = _Holding()
    if where == "open":
        resource.faults["open"] = OSError("down")

    async def main() -> None:
        with suppress(KeyError, OSError):
            async with resource:
                if where == "block":
                    raise KeyError

    asyncio.run(main())
    told = {"block": "rolled back: KeyError", "open": "rolled back: OSError", "none": "committed"}
    assert resource.log[-1] == told[where]
    assert resource._left_by is None
