"""Calls made of others: where they run, how they end, and that they hold up nobody."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.client.resources.aside import run_aside
from notebook_kit.execution import on_io_loop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_kit.demo import DemoServer

# mypy: disable-error-code="empty-body"

WORD = contextvars.ContextVar("WORD", default="")


class Api(nk.Client):
    @nk.endpoint("GET /airports/{iata}")
    def airport(self, iata: str) -> dict[str, Any]: ...

    @nk.composed
    async def cities(self, *codes: str) -> list[str]:
        """Return the cities of airports."""
        found = await asyncio.gather(*map(self.airport, codes))
        return [it["city"] for it in found]

    @nk.composed
    async def twice(self, code: str) -> list[str]:
        return [*await self.cities(code), *await self.cities(code)]

    @nk.composed
    async def place(self) -> tuple[str, bool, str]:
        return threading.current_thread().name, on_io_loop(), WORD.get()

    @nk.composed
    async def blocks(self, event: Any) -> str:
        event.wait(10)
        city: str = self.airport("ZRH").result()["city"]
        return city

    @nk.composed
    async def waits(self, started: Any, ended: Any) -> None:
        started.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()


@pytest.fixture
def api(demo: DemoServer) -> Iterator[Api]:
    client = Api(demo.url, retry=0)
    yield client
    client.close()


def test_it_is_a_call_like_others(api: Api, demo: DemoServer) -> None:
    """Making it runs nothing; awaited, by result() and on the other face it gives its value."""
    call = api.cities("ZRH", "GVA")
    assert repr(call).startswith("<ComposedCall Api.cities(...): not sent yet")
    assert demo.stats().requests == 0
    assert call.result() == ["Zurich", "Geneva"]
    assert api.sync.cities("ZRH", "GVA") == ["Zurich", "Geneva"]

    async def awaited() -> list[str]:
        return await api.cities("ZRH", "GVA")

    assert asyncio.run(awaited()) == ["Zurich", "Geneva"]
    assert api.twice("ZRH").result() == ["Zurich", "Zurich"]
    with api as face:
        assert face.twice("ZRH") == ["Zurich", "Zurich"]


def test_an_unrun_one_warns(api: Api) -> None:
    """Thrown away unrun, it warns as any call does."""
    with pytest.warns(nk.UnsentCallWarning, match=r"Api.cities\(...\) was never sent"):
        api.cities("ZRH")


def test_where_it_runs(api: Api) -> None:
    """Awaited it runs where it is awaited; otherwise in a thread of its own, never where I/O is."""
    WORD.set("here")
    thread, is_io, word = api.place().result()
    assert thread == "notebook_kit-composed"
    assert (is_io, word) == (False, "here")

    async def awaited() -> tuple[str, bool, str]:
        return await api.place()

    assert asyncio.run(awaited()) == (threading.current_thread().name, False, "here")


def test_code_that_blocks_holds_up_nobody(api: Api) -> None:
    """While a composed call blocks, other requests go on; it may ask for results inside."""
    event, found = threading.Event(), []
    thread = threading.Thread(target=lambda: found.append(api.blocks(event).result()))
    thread.start()
    assert api.airport("GVA").result(timeout=20)["city"] == "Geneva"
    event.set()
    thread.join(20)
    assert found == ["Zurich"]


def test_in_a_cell_with_a_loop(api: Api) -> None:
    """result() works where a loop runs already, as in a cell."""

    async def cell() -> list[str]:
        return api.cities("ZRH").result()

    assert asyncio.run(cell()) == ["Zurich"]


def test_errors_are_its_own(api: Api) -> None:
    """What a part raises is raised, with the class and the words that it has."""
    for run in (lambda: api.cities("XXX").result(), lambda: api.sync.cities("XXX")):
        with pytest.raises(nk.NotFound, match="/airports/XXX"):
            run()
    with pytest.raises(TypeError, match=r"Api.twice\(\): missing a required argument: 'code'"):
        api.twice()  # type: ignore[call-arg]


def test_a_time_limit_cuts_it(api: Api) -> None:
    """result(timeout) ends the wait and cancels what runs."""
    started, ended = threading.Event(), threading.Event()
    with pytest.raises(TimeoutError):
        api.waits(started, ended).result(timeout=0.2)
    assert ended.wait(20)


def test_it_can_be_cut_before_it_began() -> None:
    """Cancelled in the moment of its start, it never runs."""
    began: list[int] = []

    async def work() -> None:
        began.append(1)

    future = run_aside(work)
    future.cancel()
    deadline = time.monotonic() + 20
    while not future.done() and time.monotonic() < deadline:
        time.sleep(0.001)
    assert future.done()


def test_a_map_of_it(api: Api) -> None:
    """It can be called for every item, and an item that fails is one row."""
    frame = api.twice.map(["ZRH", "XXX"], progress=False, retry=0).result()
    assert frame["status"].tolist() == ["ok", "failed"]
    assert frame["result"][0] == ["Zurich", "Zurich"]
    assert api.sync.twice.map(["GVA"], progress=False)["result"][0] == ["Geneva", "Geneva"]


def test_only_async_methods_are_composed() -> None:
    """A plain method is refused, with what to write."""
    with pytest.raises(nk.ConfigurationError, match="async def"):
        nk.composed(lambda self: 1)  # type: ignore[arg-type, return-value]


def test_its_names_are_the_methods(api: Api) -> None:
    """Name, docstring and signature are there for completion."""
    cities: Any = api.cities
    assert (cities.__name__, cities.__doc__) == ("cities", "Return the cities of airports.")
    assert str(cities.__signature__).startswith("(*codes: 'str')")
    assert repr(api.sync.cities).startswith("<synchronous face of <composed call Api.cities(")
