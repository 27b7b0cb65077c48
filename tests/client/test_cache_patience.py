"""Who waits for another's request, for how long, and what he does then."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.testing import never_answer
from tests.client.kept import client_of, numbered
from tests.client.origins import Origin, comes_true
from tests.paces import at_any_pace

if TYPE_CHECKING:
    from notebook_kit.testing import Behaviour, ReceivedRequest


def _first_silent(number: int, request: ReceivedRequest) -> Behaviour:
    return never_answer() if number == 1 else numbered(number, request)


async def _cancelled(leader: asyncio.Future[Any]) -> None:
    leader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leader


@pytest.mark.parametrize("which", ["call", "map"])
@at_any_pace
def test_who_tries_again_does_so_with_a_request_of_his_own(pace: float, which: str) -> None:
    """Where the other's request takes longer than one try of his may."""
    limit_s = 0.3 * pace

    async def main(origin: Origin) -> None:
        async with client_of(origin.url, cache="5 min") as client:
            leader = asyncio.ensure_future(client.get("/x").send())
            assert await asyncio.to_thread(comes_true, lambda: origin.count == 1)
            if which == "call":
                said: Any = await client.get("/x", attempt_timeout=limit_s)
                assert said.json() == {"n": 2}
            else:
                frame = await client.map("/{it}", ["x"], attempt_timeout=limit_s, progress=False)
                assert frame["status"].tolist() == ["ok"]
            assert origin.count == 2
            await _cancelled(leader)

    with Origin(_first_silent) as origin:
        asyncio.run(main(origin))


@pytest.mark.parametrize("options", [{"retry": 0}, {"method": "POST", "cache": True}])
def test_who_may_not_try_again_gives_up(options: dict[str, Any]) -> None:
    """No more tries, or a POST, which the server may be at work on."""
    asked = {"method": "GET", **options}

    async def main(origin: Origin) -> None:
        async with client_of(origin.url, cache="5 min") as client:
            method, own = asked.pop("method"), asked
            leader = asyncio.ensure_future(client.request(method, "/x", **own).send())
            assert await asyncio.to_thread(comes_true, lambda: origin.count == 1)
            with pytest.raises(nk.RequestTimeout):
                await client.request(method, "/x", attempt_timeout=0.1, **own)
            assert origin.count == 1
            await _cancelled(leader)

    with Origin(_first_silent) as origin:
        asyncio.run(main(origin))
