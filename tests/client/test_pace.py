"""One pace for all: what a server says of it holds for every call of a client to that server."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

import notebook_kit as nk
from notebook_kit.testing import answer
from tests.client.origins import Origin, comes_true, fine, refusal
from tests.paces import at_any_pace

if TYPE_CHECKING:
    from notebook_kit.testing import Behaviour, ReceivedRequest

#: For how long the servers of these tests ask to wait, at the usual pace.
WAIT_S = 0.8
#: What a clock and a timer may be wrong by.
GRAIN_S = 0.02


def _one_of_the_first(count: int, pace: float) -> Origin:
    """Answer the first of so many at once with a refusal, and the others when that has sunk in."""

    def rule(number: int, _: ReceivedRequest) -> Behaviour | None:
        if number == 1:
            return refusal(WAIT_S * pace, delay_s=0.1 * pace)
        return fine(0.3 * pace) if number <= count else None

    return Origin(rule)


@pytest.mark.parametrize("status", [429, 503])
@at_any_pace
def test_a_refusal_holds_all_workers(pace: float, status: int) -> None:
    """One of 20 is told to wait: all wait, and the count at the server stands still until then."""

    def rule(number: int, _: ReceivedRequest) -> Behaviour | None:
        if number == 1:
            return refusal(WAIT_S * pace, status=status, delay_s=0.1 * pace)
        return fine(0.3 * pace) if number <= 20 else None

    with Origin(rule) as origin, nk.Client(origin.url) as api:
        frame = api.map("/{n}", range(30), max_concurrency=20, progress=False)
    assert frame["status"].eq("ok").all()
    assert frame["attempts"].sum() == 31
    later = origin.came[20:]
    assert min(later) >= origin.came[0] + WAIT_S * pace - GRAIN_S
    # Whoever comes back comes spread, and not as a crowd.
    assert max(later) - min(later) > 0.05


@at_any_pace
def test_a_refusal_of_a_map_holds_single_calls_and_no_other_origin(pace: float) -> None:
    """A single call waits for what a map was told; a call to another origin does not."""

    async def main(here: Origin, there: Origin) -> None:
        async with nk.Client(here.url) as client:
            run = client.map("/{n}", range(20), max_concurrency=20, progress=False)
            held = await asyncio.to_thread(comes_true, lambda: _is_held(run))
            assert held
            waiting = client.get("/single").send()
            await client.get(there.url + "/elsewhere")
            assert time.monotonic() < here.came[0] + WAIT_S * pace
            assert here.count == 20
            assert (await waiting).status_code == 200
            assert (await run)["status"].eq("ok").all()

    with _one_of_the_first(20, pace) as here, Origin() as there:
        asyncio.run(main(here, there))
    paths = [request.path for request in here.requests]
    assert here.came[paths.index("/single")] >= here.came[0] + WAIT_S * pace - GRAIN_S
    assert there.count == 1


def _is_held(run: nk.Run) -> bool:
    snapshot = run.snapshot()
    return snapshot.ok == 19 and snapshot.in_flight == 0


def test_a_refusal_of_a_single_call_holds_maps() -> None:
    """A map that starts when a single call has been told to wait begins when it may."""
    with Origin(lambda number, _: refusal(WAIT_S) if number == 1 else None) as origin:
        client = nk.Client(origin.url, retry=0)
        with pytest.raises(nk.RateLimited):
            client.get("/single").result()
        frame = client.map("/{n}", range(5), max_concurrency=5, progress=False).result()
        client.close()
    assert frame["attempts"].tolist() == [1] * 5
    assert min(origin.came[1:]) >= origin.came[0] + WAIT_S - GRAIN_S


def test_two_clients_do_not_share_what_they_know() -> None:
    """What one client was told holds up nobody else's calls."""
    with Origin(lambda number, _: refusal(60) if number == 1 else None) as origin:
        with nk.Client(origin.url, retry=0) as api, pytest.raises(nk.RateLimited):
            api.get("/single")
        with nk.Client(origin.url, retry=0) as other:
            other.get("/single")
    assert origin.came[1] < origin.came[0] + 60


def test_retries_wait_as_long_as_was_asked() -> None:
    """A single call that is turned away is sent again when its time has come, and not before."""

    def rule(number: int, _: ReceivedRequest) -> Behaviour | None:
        return refusal(0.3) if number <= 2 else None

    with Origin(rule) as origin, nk.Client(origin.url) as api:
        api.get("/")
    first, second, third = origin.came
    assert second - first >= 0.3 - GRAIN_S
    assert third - second >= 0.3 - GRAIN_S


@pytest.mark.parametrize(
    "headers",
    [
        [("x-ratelimit-limit", "100"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1")],
        [("RateLimit", '"default";r=0;t=1')],
        [("RateLimit-Limit", "100"), ("RateLimit-Remaining", "0"), ("RateLimit-Reset", "1")],
    ],
)
def test_nothing_left_holds_everybody(headers: list[tuple[str, str]]) -> None:
    """An answer that says that nothing is left is good, and the next call waits for the reset."""

    def rule(number: int, _: ReceivedRequest) -> Behaviour | None:
        return fine(0.0, *headers) if number == 1 else None

    async def main(url: str) -> None:
        async with nk.Client(url) as client:
            assert (await client.get("/first")).status_code == 200
            run = client.map("/{n}", range(4), max_concurrency=4, progress=False)
            await client.get("/single")
            await run

    with Origin(rule) as origin:
        asyncio.run(main(origin.url))
    assert min(origin.came[1:]) >= origin.came[0] + 1 - GRAIN_S


def test_an_error_that_tells_of_limits_is_heard_too() -> None:
    """A 404 that says that nothing is left holds the next call as a good answer would."""
    gone = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "0.5")]

    def rule(number: int, _: ReceivedRequest) -> Behaviour | None:
        return answer(status=404, headers=gone) if number == 1 else None

    with Origin(rule) as origin, nk.Client(origin.url) as api:
        with pytest.raises(nk.NotFound):
            api.get("/first")
        api.get("/second")
    assert origin.came[1] >= origin.came[0] + 0.5 - GRAIN_S


def test_single_calls_stand_in_line() -> None:
    """Calls that wait for a server go in the order in which they came."""

    async def main(url: str) -> None:
        async with nk.Client(url, retry=0) as client:
            with pytest.raises(nk.RateLimited):
                await client.get("/refused")
            async with asyncio.TaskGroup() as group:
                for number in range(12):
                    group.create_task(client.get(f"/{number}").send())

    with Origin(lambda number, _: refusal(0.2) if number == 1 else None) as origin:
        asyncio.run(main(origin.url))
    assert [request.path for request in origin.requests[1:]] == [f"/{n}" for n in range(12)]


def test_who_leaves_the_line_holds_up_nobody() -> None:
    """A call that is cancelled while it waits for its server lets the next one go in its place."""

    async def main(url: str) -> None:
        async with nk.Client(url, retry=0) as client:
            with pytest.raises(nk.RateLimited):
                await client.get("/refused")
            tasks = [asyncio.ensure_future(client.get(f"/{n}").send()) for n in range(4)]
            (door,) = client._core.servers._known.values()
            assert await asyncio.to_thread(comes_true, door.line.locked)
            for task in (tasks[0], tasks[2]):
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            assert [isinstance(one, nk.Response) for one in ended] == [False, True, False, True]

    with Origin(lambda number, _: refusal(0.3) if number == 1 else None) as origin:
        asyncio.run(main(origin.url))
    assert [request.path for request in origin.requests] == ["/refused", "/1", "/3"]


@at_any_pace
def test_servers_of_a_host_that_varies_are_told_apart(pace: float) -> None:
    """Rows for a server that said to wait hold up no row of another one."""
    first = Origin(lambda number, _: refusal(WAIT_S * pace) if number == 1 else None)
    with first as slow, Origin() as quick, nk.Client() as api:
        rows = [{"port": slow.port if n % 2 else quick.port, "n": n} for n in range(80)]
        frame = api.map("http://127.0.0.1:{port}/{n}", rows, max_concurrency=4, progress=False)
    assert frame["status"].eq("ok").all()
    assert quick.count == 40
    assert slow.count == 41
    assert max(quick.came) < slow.came[0] + WAIT_S * pace
    # Up to four were under way when the first was told.
    assert slow.came[4] >= slow.came[0] + WAIT_S * pace - GRAIN_S


def test_auto_stays_within_the_connections_of_the_client() -> None:
    """`max_concurrency="auto"` starts with and finds no more than the client has connections."""

    def rule(_number: int, _: ReceivedRequest) -> Behaviour:
        return fine(0.01)

    with Origin(rule) as origin:
        client = nk.Client(origin.url, max_connections=3)
        run = client.map("/{n}", range(60), max_concurrency="auto", progress=False)
        seen = set()
        while not run.done:
            seen.add(run.snapshot().in_flight)
            time.sleep(0.001)
        assert run.result()["status"].eq("ok").all()
        client.close()
    assert max(seen) <= 3
    assert run.max_concurrency <= 3
    assert run.snapshot().notices == ()
