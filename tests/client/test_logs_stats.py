"""What a client says that it has done, against what its server has seen."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.client.logs.stats import ClientStats


def test_a_session_reports_what_it_did_and_how_long_it_lasted(demo: nk.demo.DemoServer) -> None:
    """C5: ``async with nk.Client(...) as session`` counts requests, failures, bytes, connections.

    The clock stops when the block ends.
    """
    begun = datetime.now(UTC)

    async def main() -> nk.Client:
        async with nk.Client(demo.url) as session:
            await session.get("/airports/ZRH")
            with pytest.raises(nk.NotFound):
                await session.get("/airports/XXX")
            await session.map("/airports/{iata}", ["ZRH", "GVA", "BSL"], progress=False)
            await asyncio.sleep(0.05)
        return session

    client = asyncio.run(main())
    stats, seen = client.stats, demo.stats()
    assert stats.requests == seen.requests == 5
    assert (stats.succeeded, stats.failed, stats.cancelled, stats.in_flight) == (4, 1, 0, 0)
    assert stats.errors == {"NotFound": 1}
    assert stats.connections_opened == seen.connections_opened
    assert stats.connections_opened + (stats.connections_reused or 0) == 5
    assert 1 <= stats.most_in_flight <= 3
    assert stats.received_bytes > 800
    assert stats.elapsed_s > 0.05
    assert 0 < stats.mean_s <= stats.longest_s <= stats.total_s
    assert begun <= stats.since <= begun + timedelta(seconds=10)
    assert client.stats == stats


@pytest.mark.parametrize("http2", [False, True])
def test_bytes_and_connections_are_counted_on_both_transports(
    demo: nk.demo.DemoServer, *, http2: bool
) -> None:
    """Bodies as they went over the line: compressed ones by their compressed length."""
    with nk.Client(demo.url, http2=http2) as client:
        client.post("/echo", content=b"x" * 1_000)
        before = client.stats
        assert before.sent_bytes == 1_000
        length = int(client.get("/gzip").headers["content-length"])
        assert client.stats.received_bytes - before.received_bytes == length
        client.get("/bytes/5000")
        stats = client.stats
        assert stats.received_bytes - before.received_bytes == length + 5_000
        assert (stats.connections_opened, stats.connections_reused) == (1, 2)


def test_retries_are_counted(demo: nk.demo.DemoServer) -> None:
    """Those of single calls at once, those of a run when it has ended."""
    retry = nk.Retry(max_attempts=3, base_delay=0.001)
    with nk.Client(demo.url, retry=retry) as client:
        with pytest.raises(nk.ServerError):
            client.get("/status/503")
        assert (client.stats.requests, client.stats.retries) == (3, 2)
        client.map("/status/{code}", [500, 200, 404], progress=False)
        stats = client.stats
    assert (stats.requests, stats.retries, stats.failed) == (3 + 5, 4, 7)


def test_the_short_way_counts_as_the_whole_one_does(demo: nk.demo.DemoServer) -> None:
    """A map whose rows go straight to the wire, and one whose rows do not, count the same."""
    paths = ["airports/ZRH", "airports/XXX", "gzip", "bytes/10", "redirect/2"]
    counted = []
    for parse in ("auto", "response"):
        with nk.Client(demo.url, follow_redirects=True, retry=0) as client:
            client.map("/{path:path}", paths, parse=parse, progress=False, max_concurrency=1)
            stats = client.stats
        counted.append(
            (stats.requests, stats.succeeded, stats.failed, stats.received_bytes, stats.in_flight)
        )
    assert counted[0] == counted[1]
    assert counted[0][:3] == (5, 4, 1)


def test_what_is_under_way_and_what_was_cancelled(demo: nk.demo.DemoServer) -> None:
    """Requests under way are counted as such, and as cancelled when they are."""

    async def main() -> tuple[ClientStats, ClientStats]:
        async with nk.Client(demo.url) as client:
            calls = [
                asyncio.create_task(client.get("/slow", params={"seconds": 30}).send())
                for _ in range(5)
            ]
            rows = client.map("/slow", [30] * 3, params=lambda s: {"seconds": s}, progress=False)
            deadline = time.monotonic() + 20
            while client.stats.in_flight < 8:
                assert time.monotonic() < deadline, client.stats
                await asyncio.sleep(0.005)
            under_way = client.stats
            rows.cancel()
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, rows, return_exceptions=True)
            while client.stats.in_flight:
                assert time.monotonic() < deadline, client.stats
                await asyncio.sleep(0.005)
            return under_way, client.stats

    under_way, after = asyncio.run(main())
    assert (under_way.requests, under_way.most_in_flight) == (8, 8)
    assert (after.requests, after.cancelled, after.failed) == (8, 8, 0)


def test_a_stream_counts_until_its_end(demo: nk.demo.DemoServer) -> None:
    """It is under way until its body is over, and its bytes are those that came."""
    if not hasattr(nk.Client, "stream"):
        pytest.skip("there are no streams")
    with nk.Client(demo.url) as client:
        with client.stream("/bytes/100000") as stream:
            assert client.stats.in_flight == 1
            assert sum(map(len, stream.bytes())) == 100_000
        stats = client.stats
    assert (stats.requests, stats.succeeded, stats.in_flight) == (1, 1, 0)
    assert stats.received_bytes == 100_000


def test_a_transport_of_the_users_own_keeps_its_connections_to_itself() -> None:
    """There the counts of connections are None, in the text and in HTML they are left out."""

    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, text="hello")

    with nk.Client("http://host", transport=httpx.MockTransport(answer)) as client:
        client.get("/x")
    stats = client.stats
    assert stats.connections_opened is None
    assert stats.received_bytes == 5
    assert "connection" not in repr(stats)
    assert "connection" not in stats._repr_html_()


def test_how_it_is_shown() -> None:
    """One line as text, a table in a cell, whatever is text in it escaped."""
    stats = ClientStats(
        since=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        requests=1_200,
        succeeded=1_197,
        failed=3,
        retries=2,
        received_bytes=1_250_000,
        connections_opened=10,
        connections_reused=1_190,
        elapsed_s=72,
        errors={"<b>Odd</b>": 3},
    )
    assert repr(stats).replace("\N{NO-BREAK SPACE}", " ") == (
        "<ClientStats: 1,200 requests, 3 failed, 2 repeated, 10 connections opened, "
        "1.2 MB received in 1 min 12 s>"
    )
    shown = stats._repr_html_().replace("\N{NO-BREAK SPACE}", " ")
    for part in (
        "<td>1,200</td>",
        "&lt;b&gt;Odd",
        "10 opened, used again 1,190 times",
        "2026-01-02",
    ):
        assert part in shown
    assert "<b>Odd" not in shown
    assert stats.to_dict()["retries"] == 2


def test_both_faces_have_it(demo: nk.demo.DemoServer) -> None:
    """The synchronous face gives the same numbers, after the block too."""
    client = nk.Client(demo.url)
    with client as api:
        api.get("/airports/ZRH")
        assert api.stats.requests == client.stats.requests == 1
    assert api.stats == client.stats


def test_it_costs_little() -> None:
    """Counting and being asked for the log take a few microseconds at most, with nobody listening.

    A request costs a hundred times as much; the bound is wide, for busy machines.
    """
    from notebook_kit.client.logs.watch import Watch

    watch = Watch()
    request = httpx.Request("GET", "http://host/x")
    answer = httpx.Response(200, content=b"x")
    best = float("inf")
    for _ in range(20):
        began = time.perf_counter()
        for _ in range(500):
            watch.answered(watch.began(request), request, answer)
        best = min(best, (time.perf_counter() - began) / 500)
    assert best < 20e-6, f"{best * 1e6:.2f} microseconds"
