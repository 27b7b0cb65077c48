"""How many workers a run has use for."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

import notebook_kit as nk
from notebook_kit.execution.staffing import workers_of_use
from notebook_kit.scheduling import Plan


def scheduler(**facts: Any) -> Any:
    """Return what says how many may be under way: ten, and there is something to do."""
    hedger = facts.pop("hedger", None)
    known = {"stop": None, "nothing_left": False, "max_concurrency": 10, **facts}
    return SimpleNamespace(flight=SimpleNamespace(hedger=hedger), **known)


@pytest.mark.parametrize(
    ("items", "facts", "count"),
    [
        (range(100), {}, 10),
        (range(100), {"hedger": object()}, 10),
        (range(3), {}, 3),
        (range(3), {"hedger": object()}, 6),
        (range(6), {"hedger": object()}, 10),
        ([], {}, 1),
        (iter("abc"), {}, 10),
        (iter("abc"), {"hedger": object()}, 10),
        (range(100), {"max_concurrency": 1}, 1),
        (range(100), {"stop": object()}, 0),
        (range(100), {"nothing_left": True}, 0),
        (iter("abc"), {"nothing_left": True}, 0),
    ],
)
def test_no_more_workers_than_can_be_of_use(items: Any, facts: dict[str, Any], count: int) -> None:
    """As many as may be under way, but no more than items, or twice those that may be sent twice.

    Nobody is of use where nothing may start any more, and one has to see that there is nothing.
    """
    assert workers_of_use(Plan(items), scheduler(**facts)) == count


@pytest.mark.anyio
async def test_one_late_item_has_two_workers() -> None:
    """The only item of a run is made once more when it is late, and the second try may answer."""
    begun: list[int] = []

    async def call(item: int) -> str:
        begun.append(item)
        if len(begun) == 1:
            await asyncio.get_running_loop().create_future()
        return "second"

    run = nk.map(call, [7], hedge="1 ms", max_concurrency=10, progress=False)
    frame = await asyncio.wait_for(run, 30)
    assert frame["result"].tolist() == ["second"]
    assert begun == [7, 7]
