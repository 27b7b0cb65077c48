from __future__ import annotations

import asyncio
import io
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.errors import ClosedError, ClosingFailed, ConfigurationError
from notebook_kit.lifetime import ResourceManager, open_resources
from notebook_kit.testing import FakeAPI
from tests.lifetime.resources import Gated, done, turns

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_they_open_in_order_of_need_and_close_in_reverse() -> None:
    """In whatever order they were added; each is given what it needs."""
    log: list[str] = []
    given: dict[str, Any] = {}

    def service(database: Gated, cache: Gated) -> Gated:
        given.update(database=database, cache=cache)
        return Gated("service", log)

    manager = ResourceManager()
    manager.add("service", service)
    cache = manager.add("cache", Gated("cache", log), needs=["database"])
    database = manager.add("database", Gated("database", log))

    async def main() -> None:
        async with manager:
            assert manager["service"].is_open
            assert given == {"database": database, "cache": cache}
            (told,) = [it for it in open_resources() if it.kind == "manager"]
            assert told.holds == "3 resources open"

    asyncio.run(main())
    assert done(log) == [
        "open database",
        "open cache",
        "open service",
        "close service",
        "close cache",
        "close database",
    ]


def test_anything_can_be_managed() -> None:
    """Clients, context managers of both sorts, what has a close(), and plain values."""
    log: list[str] = []

    class Closes:
        def close(self) -> None:
            log.append("closed")

    class ClosesLater:
        async def aclose(self) -> None:
            log.append("closed later")

    @contextmanager
    def block() -> Iterator[str]:
        yield "value"
        log.append("left")

    async def later() -> ClosesLater:
        return ClosesLater()

    async def main() -> None:
        manager = ResourceManager()
        with FakeAPI() as fake:
            client = manager.add("client", nk.Client(fake.url, transport=fake))
            manager.add("closes", Closes)
            manager.add("later", later)
            manager.add("block", block())
            manager.add("page", io.StringIO("text"))
            manager.add("number", lambda: 7)
            async with manager:
                assert manager["client"] is client
                assert (manager["block"], manager["number"]) == ("value", 7)
                page = manager["page"]
                assert page.read() == "text"
            assert client.is_closed
            assert page.closed

    asyncio.run(main())
    assert log == ["left", "closed later", "closed"]


def test_what_is_lazy_opens_when_it_is_asked_for() -> None:
    """With what it needs, once, however many ask; and nothing else."""
    log: list[str] = []
    manager = ResourceManager(lazy=True)
    manager.add("database", Gated("database", log))
    manager.add("users", Gated("users", log), needs=["database"])
    manager.add("mail", Gated("mail", log))

    async def main() -> None:
        async with manager:
            assert log == []
            got = await asyncio.gather(*(manager.get("users") for _ in range(5)))
            assert len(set(map(id, got))) == 1
            with pytest.raises(ConfigurationError, match=r"write `await manager.get\('mail'\)`"):
                manager["mail"]

    asyncio.run(main())
    assert done(log) == ["open database", "open users", "close users", "close database"]


def test_where_one_cannot_be_opened_those_before_it_are_closed() -> None:
    """The error is raised as it is; what functions make can be tried again."""
    log: list[str] = []
    faulty = [True]

    def flaky() -> Gated:
        made = Gated("flaky", log)
        if faulty:
            made.faults["open"] = OSError("down")
        return made

    manager = ResourceManager()
    manager.add("first", lambda: Gated("first", log))
    manager.add("flaky", flaky, needs=["first"])

    async def main() -> None:
        with pytest.raises(OSError, match="down"):
            await manager.open()
        assert done(log) == ["open first", "close first"]
        faulty.clear()
        log.clear()
        async with manager:
            assert done(log) == ["open first", "open flaky"]

    asyncio.run(main())


def test_one_that_fails_to_close_stops_no_other() -> None:
    """All errors are told together, and never in the place of that of the block."""
    log: list[str] = []

    async def main(error: Exception | None) -> None:
        manager = ResourceManager()
        for name in "abc":
            manager.add(name, Gated(name, log)).faults["close"] = OSError(f"no {name}")
        manager.add("d", Gated("d", log))
        async with manager:
            if error is not None:
                raise error

    with pytest.raises(
        ClosingFailed, match="3 of the resource manager: c: OSError: no c; b: OS"
    ) as it:
        asyncio.run(main(None))
    assert {name: str(error) for name, error in it.value.errors.items()} == {
        "c": "no c",
        "b": "no b",
        "a": "no a",
    }
    assert [line for line in log if line.startswith("close")][:2] == ["close d", "close d: done"]
    with pytest.raises(KeyError) as caught:
        asyncio.run(main(KeyError("first")))
    assert "closing the resource manager failed as well" in caught.value.__notes__[0]


def test_one_that_hangs_has_its_share_of_the_time() -> None:
    """Those after it are closed within the deadline; it is let go of."""
    log: list[str] = []
    manager = ResourceManager(close_timeout=0.3)
    names = ("first", "hangs", "last")
    made = {name: manager.add(name, Gated(name, log)) for name in names}

    async def main() -> None:
        await manager.open()
        made["hangs"].hold("close")
        with pytest.raises(ClosingFailed, match="hangs: ResourceTimeout: Closing hangs took"):
            await manager.close()

    asyncio.run(main())
    assert [line for line in log if "close" in line or "abort" in line] == [
        "close last",
        "close last: done",
        "close hangs",
        "abort hangs",
        "close first",
        "close first: done",
    ]


def test_needs_that_cannot_be_met_are_told_before_anything_opens() -> None:
    """Circles, names that nobody has added, and what is no name."""
    log: list[str] = []

    async def opens(manager: ResourceManager) -> None:
        await manager.open()

    manager = ResourceManager()
    manager.add("a", Gated("a", log), needs=["b"])
    with pytest.raises(ConfigurationError, match="'a' needs another: 'b' has not been added"):
        asyncio.run(opens(manager))
    manager.add("b", Gated("b", log), needs=["a"])
    with pytest.raises(ConfigurationError, match=r"never be opened, because '.' needs '.' needs"):
        asyncio.run(opens(manager))
    assert log == []
    for wrong, said in (
        (lambda: manager.add("a", 1), "has been added already"),
        (lambda: manager.add("", 1), "no name"),
        (lambda: manager.add("c", 1, needs="a"), r"write needs=\['a'\]"),
        (lambda: manager.add("c", 1, needs=[1]), "no name"),  # type: ignore[list-item]
        (lambda: manager["z"], "'z' has not been added; there is 'a', 'b'"),
    ):
        with pytest.raises(ConfigurationError, match=said):
            wrong()
    assert "a" in manager
    assert "z" not in manager


def test_a_cancellation_in_the_middle_of_opening_leaves_nothing_open() -> None:
    """It is passed on when those before have been closed."""
    log: list[str] = []
    manager = ResourceManager()
    manager.add("first", Gated("first", log))
    second = manager.add("second", Gated("second", log))

    async def main() -> None:
        second.hold("open")
        opening = asyncio.ensure_future(manager.open())
        await turns(10)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        assert done(log) == ["open first", "close first"]

    asyncio.run(main())


def test_what_is_closed_gives_nothing_any_more() -> None:
    """As any resource."""

    async def main() -> None:
        manager = ResourceManager()
        manager.add("a", Gated())
        await manager.close()
        with pytest.raises(ClosedError):
            await manager.get("a")

    asyncio.run(main())


def test_it_shows_what_it_manages() -> None:
    """A table of names and states; what stands in a name is no markup."""
    manager = ResourceManager()
    manager.add("page", io.StringIO)
    manager.add("<b>", lambda page: page)
    table = manager._repr_html_()
    assert "<tr><th>page</th><td>new</td></tr>" in table
    assert "<tr><th>&lt;b&gt;</th><td>new, after page</td></tr>" in table
    asyncio.run(manager.close())
    assert "<tr><th>page</th><td>closed</td></tr>" in manager._repr_html_()


@pytest.mark.parametrize("fails", [False, True])
def test_what_it_manages_is_told_the_error_of_its_block(*, fails: bool) -> None:
    """Context managers as well as resources, as one block in the other would be told."""
    told: list[object] = []

    @contextmanager
    def block() -> Iterator[None]:
        try:
            yield
        except KeyError:
            told.append("block")
            raise

    class Told(Gated):
        async def _close(self) -> None:
            told.append(type(self._left_by))

    async def main() -> None:
        manager = ResourceManager()
        manager.add("block", block)
        manager.add("resource", Told(), needs=["block"])
        async with manager:
            if fails:
                raise KeyError

    with pytest.raises(KeyError) if fails else nullcontext():
        asyncio.run(main())
    assert told == ([KeyError, "block"] if fails else [type(None)])
