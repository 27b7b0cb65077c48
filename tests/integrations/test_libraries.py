"""Functions that call an API through other libraries: their errors slow and heal a run too."""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING, Any

import aiohttp
import httpx
import pytest

import notebook_kit as nk
from notebook_kit.testing import FaultServer
from tests.client.origins import Origin, fine, refusal
from tests.paces import at_any_pace

if TYPE_CHECKING:
    import pandas as pd

    from notebook_kit.testing import Behaviour, ReceivedRequest

WAIT_S = 0.8
GRAIN_S = 0.02
AT_ONCE = 20
ROWS = 40

LIBRARIES = ["httpx", "aiohttp", "requests"]


async def _with_httpx(url: str, **options: Any) -> pd.DataFrame:
    async with httpx.AsyncClient(base_url=url) as client:

        async def call(number: int) -> int:
            (await client.get(f"/{number}")).raise_for_status()
            return number

        return await nk.map(call, range(ROWS), progress=False, **options)


async def _with_aiohttp(url: str, **options: Any) -> pd.DataFrame:
    async with aiohttp.ClientSession(url, raise_for_status=True) as session:

        async def call(number: int) -> int:
            async with session.get(f"/{number}") as response:
                await response.read()
            return number

        return await nk.map(call, range(ROWS), progress=False, **options)


async def _with_requests(url: str, **options: Any) -> pd.DataFrame:
    requests = pytest.importorskip("requests")
    adapter: Any = importlib.import_module("requests.adapters").HTTPAdapter
    with requests.Session() as session:
        session.mount("http://", adapter(pool_maxsize=AT_ONCE))

        def call(number: int) -> int:
            session.get(f"{url}/{number}", timeout=60).raise_for_status()
            return number

        return await nk.map(call, range(ROWS), progress=False, **options)


def _mapped(library: str, url: str, **options: Any) -> pd.DataFrame:
    ways = {"httpx": _with_httpx, "aiohttp": _with_aiohttp, "requests": _with_requests}
    return asyncio.run(ways[library](url, max_concurrency=AT_ONCE, **options))


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("library", LIBRARIES)
@at_any_pace
def test_a_refusal_slows_all_workers(pace: float, library: str, status: int) -> None:
    """One worker is told to wait: no other sends anything until then, and every row is answered."""

    def rule(number: int, _: ReceivedRequest) -> Behaviour | None:
        if number == 1:
            return refusal(WAIT_S * pace, status=status, delay_s=0.1 * pace)
        return fine(0.3 * pace) if number <= AT_ONCE else None

    with Origin(rule) as origin:
        frame = _mapped(library, origin.url)
    assert frame["result"].tolist() == list(range(ROWS))
    assert frame["attempts"].sum() == ROWS + 1
    assert min(origin.came[AT_ONCE:]) >= origin.came[0] + WAIT_S * pace - GRAIN_S


@pytest.mark.parametrize("library", LIBRARIES)
def test_connections_that_fail_are_tried_again(library: str) -> None:
    """Where nobody listens each row is tried as often as was asked, and ends in that error."""
    with FaultServer() as gone:
        url = gone.url
    frame = _mapped(library, url, retry=nk.Retry(max_attempts=2, base_delay=0))
    assert frame["status"].eq("failed").all()
    assert frame["attempts"].eq(2).all()


@pytest.mark.parametrize("library", LIBRARIES)
@at_any_pace
def test_a_breaker_sees_their_errors(pace: float, library: str) -> None:
    """With `breaker=` a run leaves a server alone that fails, and goes on when it is back."""

    def rule(number: int, _: ReceivedRequest) -> Behaviour | None:
        return refusal(0, status=500) if number <= AT_ONCE else None

    breaker = nk.Breaker(failure_threshold=3, reset_timeout=0.5 * pace)
    retry = nk.Retry(max_attempts=10, base_delay=0)
    with Origin(rule) as origin:
        frame = _mapped(library, origin.url, breaker=breaker, retry=retry)
    assert frame["status"].eq("ok").all()
    assert origin.count == ROWS + AT_ONCE
    gaps = [later - came for came, later in zip(origin.came, origin.came[1:], strict=False)]
    # What was under way when it opened may arrive a little later.
    assert max(gaps) > 0.4 * pace
