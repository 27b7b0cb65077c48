"""What a type checker, and with it an editor, knows of declared endpoints. Never run."""
# mypy: disable-error-code="empty-body"

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, assert_type

import notebook_kit as nk
from tests.client.resources.demo_api import Api, Dataset, MeetingDetails, Todo, User

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    import pandas as pd

client = Api("https://api.example.com")


async def awaited() -> None:
    """Awaited calls are what the endpoint says."""
    assert_type(client.datasets.get("ds-001"), nk.EndpointCall[Dataset])
    assert_type(await client.datasets.get("ds-001"), Dataset)
    assert_type(await client.datasets.get.with_options(timeout=5)("ds-001"), Dataset)
    assert_type(await client.datasets.get("ds-001").raw, nk.Response)
    assert_type(await client.image.generate("a sunset", width=64), bytes)
    assert_type(await client.airport("ZRH"), dict[str, object])
    page = await client.datasets.list(limit=5)
    assert_type(page, nk.Page[Dataset])
    assert_type(page.items, list[Dataset])
    assert_type(await page.next(), nk.Page[Dataset])
    async for dataset in client.datasets.list():
        assert_type(dataset, Dataset)
    async for each in client.datasets.list().pages():
        assert_type(each, nk.Page[Dataset])
    frame: pd.DataFrame = await client.datasets.list().to_frame()
    assert len(frame) == len(frame.index)
    assert_type(await client.meeting.details(3), MeetingDetails)
    user, todos = await asyncio.gather(client.user.me(), client.todo.list())
    assert_type(user, User)
    assert_type(todos, nk.Page[Todo])
    async with asyncio.TaskGroup() as group:
        task = group.create_task(client.todo.details(1).send())
    assert_type(task.result(), Todo)


def asked() -> None:
    """Results are what the endpoint says."""
    assert_type(client.datasets.get("ds-001").result(), Dataset)
    assert_type(client.datasets.list().result(timeout="5 s"), nk.Page[Dataset])
    assert_type([it.name for it in client.datasets.list()], list[str])
    assert_type(client.meeting.details(3).result(), MeetingDetails)
    assert_type(client.datasets.get.url("ds-001"), str)
    assert_type(client.datasets.get.map(["ds-001"], progress=False), nk.Run)


def refused() -> None:
    """What does not fit is seen in the editor."""
    client.datasets.get()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.datasets.get(7)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.datasets.get("a", wide=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.datasets.gte("a")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    client.datasets.get.map([], progres=False)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def iterators(
    pages: nk.Page[User],
) -> tuple[AsyncIterator[User], Iterator[User]]:
    """A page is gone over in both ways."""
    return aiter(pages), iter(pages)
