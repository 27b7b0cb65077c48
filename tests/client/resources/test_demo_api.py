"""The rows of the requirements, on the demo API: what users of such clients do."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import TYPE_CHECKING

import pytest

import notebook_kit as nk
from tests.client.resources.demo_api import (
    Api,
    Dataset,
    Meeting,
    MeetingDetails,
    RunState,
    Todo,
    User,
)
from tests.loops import in_loop

if TYPE_CHECKING:
    from notebook_kit.demo import DemoServer


def test_a_picture_and_its_url(api: Api, demo: DemoServer) -> None:
    """A4: a call returns the bytes of an image; its sibling builds the URL and sends nothing."""
    url = api.image.generate.url("a red/blue sunset", width=32)
    assert url == f"{demo.url}/image/a%20red%2Fblue%20sunset?width=32&height=16"
    assert demo.stats().requests == 0
    picture = api.sync.image.generate("a red/blue sunset", width=32)
    assert isinstance(picture, bytes)
    assert picture.startswith(b"\x89PNG")
    assert picture == api.get(url).result().content


@in_loop
async def test_a_picture_awaited() -> None:
    """A4: awaited, a picture is its bytes too."""
    with nk.demo.serve(latency=0) as server:
        async with Api(server.url) as client:
            assert (await client.image.generate("a sunset")).startswith(b"\x89PNG")


def test_resources_as_attributes(api: Api) -> None:
    """B5: datasets, assets, annotations and runs are attributes; lists carry items and page on."""
    with api as client:
        datasets = client.datasets.list()
        first = datasets.items[0]
        assert isinstance(first, Dataset)
        assert client.datasets.get(first.id) == first
        assets = client.assets.list(first.id)
        asset = assets.items[0]
        assert client.assets.get(first.id, asset["id"]) == asset
        marks = client.annotations.list(first.id, asset_id=asset["id"])
        assert {mark["asset_id"] for mark in marks.items} == {asset["id"]}
        runs = client.runs.list()
        assert (datasets.total, len(list(datasets))) == (24, 24)
        assert (assets.total, len(assets), len(list(assets))) == (60, 25, 60)
        assert (runs.total, len(runs), len(list(runs))) == (57, 10, 57)


def test_every_way_of_paging_gives_everything(api: Api, demo: DemoServer) -> None:
    """B5: by cursor, offset, number and link, each item comes once, and no page is asked twice."""
    datasets = [it.id for it in api.datasets.list(limit=7)]
    assets = [it["id"] for it in api.assets.list("ds-001", limit=7)]
    runs = [it.id for it in api.runs.list(per_page=7)]
    marks = [it["id"] for it in api.annotations.list("ds-001", limit=7)]
    total = api.annotations.list("ds-001").result().total
    for ids, wanted in ((datasets, 24), (assets, 60), (runs, 57), (marks, total)):
        assert len(ids) == len(set(ids)) == wanted
    by_route = demo.stats().by_route
    assert by_route["GET /datasets"] == 4
    assert by_route["GET /datasets/{dataset_id}/assets"] == 9
    assert by_route["GET /runs"] == 9


def test_a_filter_holds_on_every_page(api: Api) -> None:
    """An enum goes into the query as its value, also on the pages after the first."""
    failed = list(api.runs.list(RunState.FAILED, per_page=3))
    assert len(failed) > 3
    assert {run.status for run in failed} == {RunState.FAILED}


@in_loop
async def test_the_awaited_face() -> None:
    """E2: users, meetings and things to do as awaited calls."""
    with nk.demo.serve(latency=0) as server:
        async with Api(server.url) as client:
            me = await client.user.details()
            assert me == await client.user.details(1)
            assert isinstance(me, User)
            johns = await client.user.search("john")
            assert johns.items
            assert all("john" in user.name.lower() for user in johns)
            assert len([user async for user in client.user.all()]) == 60
            assert isinstance((await client.meeting.list()).items[0], Meeting)
            due = dt.date(2026, 12, 24)
            made = await client.todo.create("Review async code", meeting_id=3, due_date=due)
            assert made == await client.todo.details(made.id)
            assert (made.title, made.meeting_id, made.due_date) == ("Review async code", 3, due)
            assert made in [todo async for todo in client.todo.list()]


def test_the_synchronous_face(api: Api) -> None:
    """E1, E2: the same calls without `await` give the same values."""
    with api as client:
        assert client.user.details() == client.user.details(1)
        assert client.user.search("john").items
        assert len(list(client.user.all())) == 60
        made = client.todo.create(title="Review code")
        assert isinstance(made, Todo)
        assert (made.meeting_id, made.due_date, made.done) == (None, None, False)
        assert client.todo.details(made.id) == made
        with pytest.raises(nk.NotFound, match="no todo 99999"):
            client.todo.details(99999)


def test_the_parts_of_a_call_run_at_once(api: Api, demo: DemoServer) -> None:
    """E3: `meeting.details` has its five parts under way at once, awaited and in sync code."""
    demo.switches.latency_s = 0.3

    async def awaited() -> MeetingDetails:
        return await api.meeting.details(3)

    found = asyncio.run(awaited())
    assert demo.stats().most_in_flight == 5
    demo.reset()
    demo.switches.latency_s = 0.3
    assert api.meeting.details(3).result() == found
    assert demo.stats().most_in_flight == 5
    demo.reset()
    demo.switches.latency_s = 0.3
    with api as client:
        assert client.meeting.details(3) == found
    assert demo.stats().most_in_flight == 5
    assert found.meeting.id == 3
    assert {user.id for user in found.attendees} == set(found.meeting.attendee_ids)
    assert (len(found.issues), len(found.metrics)) == (3, 3)
    assert {todo.meeting_id for todo in found.todos} == {3}


def test_credentials_in_several_fields() -> None:
    """A7, B6: a key and an organisation as headers; without one of them nothing is sent."""

    class Guarded(Api):
        needs = ("x-secret-key", "x-organization-id")

    with nk.demo.serve(latency=0) as server:
        server.switches.require_credentials = True
        key = nk.Secret(server.token)
        with pytest.raises(nk.MissingCredential, match="'x-organization-id'"):
            Guarded(server.url, headers={"x-secret-key": key}).datasets.get("ds-001")
        assert server.stats().requests == 0
        headers = {"x-secret-key": key, "x-organization-id": server.organization_id}
        with Guarded(server.url, headers=headers) as client:
            assert client.datasets.get("ds-001").id == "ds-001"
            assert server.token not in repr(client.datasets.get) + repr(client.datasets.list())
