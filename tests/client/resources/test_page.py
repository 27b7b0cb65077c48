"""Pages: their items, the way on, frames of all of them, and what they show."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pydantic
import pytest

import notebook_kit as nk
from notebook_kit.client.resources.frame_call import frame_of
from notebook_kit.client.resources.table import table_of
from tests.client.resources.demo_api import Api, RunState
from tests.loops import in_loop

if TYPE_CHECKING:
    from notebook_kit.demo import DemoServer


@dataclass
class Item:
    name: str
    size: int


class Model(pydantic.BaseModel):
    name: str


def test_a_page_is_its_items(api: Api) -> None:
    """Length, iteration and indexing are those of the page; total is that of the list."""
    page = api.datasets.list(limit=10).result()
    assert (len(page), page.total, page.has_next) == (10, 24, True)
    assert list(page) == page.items
    assert page[0] == page.items[0]
    assert isinstance(page.response, nk.Response)
    assert repr(page).startswith("<Page of 10 items of 24, more to come: GET http://")
    empty = api.user.search("nobody at all").result()
    assert not empty
    assert not empty.has_next


@in_loop
async def test_going_on_from_a_page() -> None:
    """`await page.next()` gives the next one; after the last it says so, and may be asked again."""
    with nk.demo.serve(latency=0) as server:
        async with Api(server.url) as client:
            first = await client.datasets.list(limit=10)
            second = await first.next()
            assert (await first.next()).items == second.items
            third = await second.next()
            assert (len(third), third.has_next) == (4, False)
            with pytest.raises(IndexError, match="has_next"):
                third.next()
            assert [it.id async for it in second] == [it.id for it in second.items + third.items]


@in_loop
async def test_pages_are_asked_for_as_they_are_needed() -> None:
    """Leaving a loop early asks for no further page."""
    with nk.demo.serve(latency=0) as server:
        async with Api(server.url) as client:
            async for number, _ in _counted(client.datasets.list(limit=5)):
                if number == 6:
                    break
            assert server.stats().requests == 2
            pages = [page async for page in client.datasets.list(limit=5).pages(max_pages=3)]
            assert [len(page) for page in pages] == [5, 5, 5]
            assert server.stats().requests == 5


async def _counted(items: Any) -> Any:
    number = 0
    async for item in items:
        number += 1
        yield number, item


def test_pages_without_await(api: Api, demo: DemoServer) -> None:
    """On the synchronous face a page goes over all pages with `for`, and next() gives a page."""
    with api as client:
        page = client.datasets.list(limit=10)
        assert len(page.items) == len(page) == 10
        assert demo.stats().requests == 1
        assert page.next().items[0].id == "ds-011"
        assert [len(it) for it in page.pages()] == [10, 10, 4]
        assert [it.id for it in page][-1] == "ds-024"
        assert len(page.to_frame()) == 24
        assert len(page.next().to_frame(limit=3)) == 3
    assert isinstance(page, nk.Page)
    assert repr(page).startswith("<SyncPage of 10 items")


def test_sync_loops_over_a_call(demo: DemoServer) -> None:
    """`for` over the call of a list goes over all items, in a script and beside a running loop."""
    client = Api(demo.url)
    assert len(list(client.datasets.list(limit=7))) == 24
    assert [len(page) for page in client.datasets.list(limit=7).pages(2)] == [7, 7]

    async def cell() -> int:
        return len(list(client.datasets.list(limit=7)))

    assert asyncio.run(cell()) == 24
    client.close().wait()


def test_frames_of_lists(api: Api, demo: DemoServer) -> None:
    """A list is a frame of all items, or of the first of them, with a column for each field."""
    frame = api.runs.list(per_page=20).to_frame().result()
    assert frame.shape == (57, 3)
    assert list(frame.columns) == ["id", "dataset_id", "status"]
    assert set(frame["status"]) == set(RunState)
    demo.reset()
    assert len(api.runs.list(per_page=20).to_frame(limit=30).result()) == 30
    assert demo.stats().requests == 2
    none = api.runs.list(per_page=20).to_frame(limit=0).result()
    assert list(none.columns) == ["id", "dataset_id", "status"]
    assert demo.stats().requests == 2

    async def awaited() -> Any:
        page = await api.datasets.list(limit=20)
        return await page.to_frame(), await api.assets.list("ds-001").to_frame()

    datasets, assets = asyncio.run(awaited())
    assert datasets.shape == (24, 4)
    assert len(assets) == 60
    with pytest.raises(nk.ConfigurationError, match="limit=-1"):
        api.runs.list().to_frame(-1)


def test_frames_of_items_of_all_kinds() -> None:
    """Rows come of dictionaries, objects and models; what has no fields is in a column `value`."""
    assert frame_of([Item("a", 1)], Item).to_dict("records") == [{"name": "a", "size": 1}]
    assert frame_of([Model(name="a")], Model).to_dict("records") == [{"name": "a"}]
    assert frame_of([{"a": 1}, {"b": 2}], None).columns.tolist() == ["a", "b"]
    assert frame_of([1, 2], int)["value"].tolist() == [1, 2]
    assert len(frame_of([{}, {}], None)) == 2
    assert frame_of([], Model).columns.tolist() == ["name"]
    assert frame_of([], None).columns.tolist() == ["value"]


def test_a_page_shows_a_table(api: Api) -> None:
    """Shown in a cell, a page is a table of its first 20 items."""
    page = api.assets.list("ds-001", limit=25).result()
    html = page._repr_html_()
    assert html.count("<tr>") == 21
    assert "5 more items" in html
    assert '<th style="text-align:left">iata</th>' in html
    assert "<td>7</td>" in table_of([{"n": 7}], "numbers stand to the right")


def test_what_an_api_said_is_escaped_and_scrubbed() -> None:
    """Names and values of an API are text in the table, short, and secrets are not shown."""
    nk.Secret("sk-abcdefghij")
    items = [
        {
            "<b>": "<script>",
            "x-api-key": "hush-hush",
            "note": "sk-abcdefghij",
            "long": "x" * 500,
            "deep": {"token": "hush-hush"},
            "none": None,
        }
    ]
    html = table_of(items, "<i>")
    assert "<script>" not in html
    assert "<b>" not in html
    assert "<i>" not in html
    for secret in ("hush-hush", "sk-abcdefghij", "x" * 100):
        assert secret not in html
    assert "13 more columns" in table_of([{f"c{n}": n for n in range(25)}], "")
    assert "<table" not in table_of([], "empty")
