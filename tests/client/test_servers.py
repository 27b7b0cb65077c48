"""The servers of a client: breakers that its calls share, and who is told what behind redirects."""

from __future__ import annotations

import asyncio
import os
import re
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.client import servers as servers_module
from notebook_kit.client.bound import origin_of
from notebook_kit.client.servers import Servers
from notebook_kit.testing import FaultServer, answer, never_answer, reset_before_headers
from tests.client.origins import Origin, comes_true, fine, refusal
from tests.paces import at_any_pace

if TYPE_CHECKING:
    from notebook_kit.testing import Behaviour, ReceivedRequest

WAIT_S = 0.6
GRAIN_S = 0.02


class Sick:
    """A server that fails until it is healed, and takes its time for the answer after that."""

    def __init__(self, *, probe_s: float = 0.0) -> None:
        self.healed = threading.Event()
        self.origin = Origin(self._rule)
        self._probe_s = probe_s
        self._first = True

    def _rule(self, _number: int, _: ReceivedRequest) -> Behaviour:
        if not self.healed.is_set():
            return answer(status=500)
        delay_s = self._probe_s if self._first else 0.0
        self._first = False
        return fine(delay_s)


def _fail(client: nk.Client, times: int) -> None:
    for _ in range(times):
        with pytest.raises(nk.ServerError):
            client.get("/fails").result()


def test_single_calls_are_refused_at_once() -> None:
    """With an open breaker a call raises at once, sends nothing, and says when the next may."""
    sick = Sick()
    with sick.origin as origin:
        breaker = nk.Breaker(failure_threshold=3, reset_timeout="1 h")
        client = nk.Client(origin.url, retry=0, breaker=breaker)
        _fail(client, 3)
        begun = time.monotonic()
        with pytest.raises(nk.CircuitOpen) as caught:
            client.get("/x?api_key=sk-0123456789abcdef").result()
        assert time.monotonic() - begun < 20.0
        assert origin.count == 3
        client.close()
    error = caught.value
    assert error.retry_at_s is not None
    assert 3500 < error.retry_at_s <= 3600
    assert error.attempts == 0
    assert error.call == f"GET {origin_url(origin)}/x?api_key=****"
    assert re.search(
        r"its circuit breaker is open; it is tried again in 3[56]\d\d s\.$", str(error)
    )


def origin_url(origin: Origin) -> str:
    """Return the URL of an origin that has ended."""
    return "http://" + (origin.requests[0].header("host") or b"").decode()


@at_any_pace
def test_a_map_waits_and_one_probe_decides(pace: float) -> None:
    """While the breaker is open a map waits; one of its rows probes the server, then all go on."""
    sick = Sick(probe_s=0.3 * pace)
    with sick.origin as origin:
        breaker = nk.Breaker(failure_threshold=3, reset_timeout=0.5 * pace)
        client = nk.Client(origin.url, retry=0, breaker=breaker)
        _fail(client, 3)
        opened = time.monotonic()
        sick.healed.set()
        run = client.map("/{n}", range(40), max_concurrency=20, progress=False)
        assert comes_true(lambda: run.snapshot().waiting_for == "breaker")
        assert run.snapshot().server is not None
        assert comes_true(lambda: origin.count == 4)
        assert origin.came[3] >= opened + 0.5 * pace - 2 * GRAIN_S
        with pytest.raises(nk.CircuitOpen, match="is being tried just now") as caught:
            client.get("/x").result()
        assert caught.value.retry_at_s is None
        assert run.result()["status"].eq("ok").all()
        client.close()
    # Nothing came while the probe was under way.
    assert origin.came[4] >= origin.came[3] + 0.3 * pace - GRAIN_S
    assert origin.count == 43


@at_any_pace
def test_a_failed_probe_opens_the_breaker_again(pace: float) -> None:
    """A server that is not back is left alone for as long again, whoever asks."""
    sick = Sick()
    wait_s = 0.3 * pace
    with sick.origin as origin:
        breaker = nk.Breaker(failure_threshold=2, reset_timeout=wait_s)
        client = nk.Client(origin.url, retry=0, breaker=breaker)
        run = client.map("/{n}", range(8), max_concurrency=8, fail_fast=False, progress=False)
        assert comes_true(lambda: origin.count == 8)
        assert comes_true(lambda: run.done)
        again = run.retry_failed()
        assert comes_true(lambda: origin.count == 10)
        sick.healed.set()
        assert again.result()["status"].value_counts()["failed"] == 2
        client.close()
    first, second, third = origin.came[8:11]
    assert first >= origin.came[1] + wait_s - GRAIN_S
    assert second >= first + wait_s - GRAIN_S
    assert third >= second + wait_s - GRAIN_S


async def _when_it_may(client: nk.Client) -> nk.Response:
    while True:
        try:
            return await client.get("/probe")
        except nk.CircuitOpen:
            await asyncio.sleep(0.01)


def test_a_cancelled_probe_lets_the_next_one_go() -> None:
    """A probe that is cut off decides nothing: the next call probes, and none waits for ever."""

    def rule(number: int, _: ReceivedRequest) -> Behaviour | None:
        return answer(status=500) if number == 1 else never_answer() if number == 2 else None

    async def main(origin: Origin) -> None:
        breaker = nk.Breaker(failure_threshold=1, reset_timeout=0.1)
        async with nk.Client(origin.url, retry=0, breaker=breaker) as client:
            with pytest.raises(nk.ServerError):
                await client.get("/x")
            probe = asyncio.ensure_future(_when_it_may(client))
            assert await asyncio.to_thread(comes_true, lambda: origin.count == 2)
            probe.cancel()
            with pytest.raises(asyncio.CancelledError):
                await probe
            assert (await client.get("/next")).status_code == 200
            assert (await client.get("/after")).status_code == 200

    with Origin(rule) as origin:
        asyncio.run(main(origin))


def test_a_breaker_that_opens_between_tries_ends_the_call() -> None:
    """A call whose own failures open the breaker is not sent again, and says what it ended with."""
    with Sick().origin as origin:
        retry = nk.Retry(max_attempts=5, base_delay=0)
        breaker = nk.Breaker(failure_threshold=2)
        client = nk.Client(origin.url, retry=retry, breaker=breaker)
        with pytest.raises(nk.CircuitOpen, match=r"not sent again.*last attempt: .*500") as caught:
            client.get("/x").result()
        client.close()
    assert origin.count == 2
    assert caught.value.attempts == 2
    assert caught.value.elapsed_s is not None


def test_a_breaker_that_opens_ends_calls_that_wait() -> None:
    """Calls that wait because the server said so, and new ones, end when its breaker opens."""

    def rule(number: int, _: ReceivedRequest) -> Behaviour:
        return refusal(60, delay_s=0.2) if number == 1 else answer(status=500, delay_s=0.6)

    async def main(origin: Origin) -> None:
        breaker = nk.Breaker(failure_threshold=2, reset_timeout=60)
        async with nk.Client(origin.url, retry=0, breaker=breaker) as client:
            first = [asyncio.ensure_future(client.get(f"/{n}").send()) for n in range(3)]
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            waiting = [asyncio.ensure_future(client.get("/waits").send()) for _ in range(3)]
            ended = await asyncio.gather(*first, return_exceptions=True)
            assert {type(one) for one in ended} == {nk.RateLimited, nk.ServerError}
            begun = time.monotonic()
            with pytest.raises(nk.CircuitOpen):
                await client.get("/new")
            for task in waiting:
                with pytest.raises(nk.CircuitOpen):
                    await task
            assert time.monotonic() - begun < 20.0

    with Origin(rule) as origin:
        asyncio.run(main(origin))
    assert origin.count == 3


def test_each_server_has_a_breaker_of_its_own() -> None:
    """A server that fails does not keep calls from another one."""
    with Sick().origin as sick, Origin() as well:
        client = nk.Client(retry=0, breaker=nk.Breaker(failure_threshold=1))
        with pytest.raises(nk.ServerError):
            client.get(sick.url + "/x").result()
        with pytest.raises(nk.CircuitOpen):
            client.get(sick.url + "/x").result()
        assert client.get(well.url + "/x").result().status_code == 200
        client.close()


def test_a_server_that_is_down_does_not_hold_up_the_others() -> None:
    """With a placeholder in the host, rows for a dead server wait, and all others are answered."""
    with FaultServer() as gone:
        dead = gone.port
    with Origin() as well:
        breaker = nk.Breaker(failure_threshold=2, reset_timeout=60)
        client = nk.Client(retry=0, breaker=breaker)
        rows = [{"port": dead if n % 2 else well.port, "n": n} for n in range(60)]
        run = client.map("http://127.0.0.1:{port}/{n}", rows, max_concurrency=4, progress=False)
        assert comes_true(lambda: run.snapshot().ok == 30)
        assert comes_true(lambda: run.snapshot().waiting_for == "breaker")
        assert not run.done
        run.cancel()
        frame = run.result()
        client.close()
    assert frame["status"].tolist()[::2] == ["ok"] * 30
    tried = frame["status"][1::2].value_counts()
    assert 2 <= tried["failed"] <= 5
    assert tried["cancelled"] == 30 - tried["failed"]


def test_a_runs_own_breaker_is_its_own() -> None:
    """`map(breaker=...)` counts that run's failures only, and keeps the pace of the client."""

    def rule(_number: int, request: ReceivedRequest) -> Behaviour | None:
        if request.path == "/limited":
            return refusal(WAIT_S)
        return answer(status=500) if request.path.startswith("/fails") else None

    with Origin(rule) as origin:
        client = nk.Client(origin.url, retry=0)
        breaker = nk.Breaker(failure_threshold=2, reset_timeout=60)
        run = client.map("/fails/{n}", range(9), max_concurrency=1, breaker=breaker, progress=False)
        assert comes_true(lambda: run.snapshot().waiting_for == "breaker")
        assert origin.count == 2
        assert client.get("/x").result().status_code == 200
        with pytest.raises(nk.RateLimited):
            client.get("/limited").result()
        run.cancel()
        run.result()
        other = client.map("/{n}", [1], breaker=True, progress=False)
        assert other.result()["status"].tolist() == ["ok"]
        client.close()
    assert origin.came[-1] >= origin.came[-2] + WAIT_S - GRAIN_S


@pytest.mark.parametrize("way", ["single", "map"])
def test_the_breakers_time_limit_holds_for_attempts(way: str) -> None:
    """A call that takes longer than `call_timeout` is cut, counts as a failure and says so."""
    with Origin(lambda _number, _: never_answer()) as origin:
        breaker = nk.Breaker(failure_threshold=1, call_timeout=0.1)
        client = nk.Client(origin.url, retry=0, breaker=breaker)
        if way == "single":
            with pytest.raises(nk.RequestTimeout, match=r"within call_timeout=0.1 s"):
                client.get("/x").result()
        else:
            frame = client.map("/{n}", [1], progress=False).result()
            assert frame["status"].tolist() == ["timeout"]
        with pytest.raises(nk.CircuitOpen):
            client.get("/x").result()
        client.close()


def test_what_is_no_fault_of_the_server_opens_nothing() -> None:
    """Answers of 4xx, cancelled calls and requests that cannot be sent leave the breaker closed."""
    with Origin(lambda _number, _: answer(status=404)) as origin:
        client = nk.Client(origin.url, retry=0, breaker=nk.Breaker(failure_threshold=1))
        for _ in range(3):
            with pytest.raises(nk.NotFound):
                client.get("/x").result()
        frame = client.map("/{n}", ["", None, ".."], progress=False).result()
        assert set(frame["error_type"]) == {"ConfigurationError"}
        with pytest.raises(nk.NotFound):
            client.get("/x").result()
        client.close()


# Redirects: the server that was asked is told, and so is the one that spoke


def _redirecting(to: str, status: int = 307) -> Origin:
    return Origin(lambda _number, _: answer(status=status, headers=[("location", to)]))


@pytest.mark.parametrize("next_call", ["direct", "through the redirect", "map"])
def test_a_refusal_behind_a_redirect_holds_those_who_lead_there(next_call: str) -> None:
    """Calls to the server that redirects wait as well as calls to the one that said to wait."""
    with (
        Origin(lambda number, _: refusal(WAIT_S) if number == 1 else None) as target,
        _redirecting(target.url + "/there") as first,
    ):
        client = nk.Client(first.url, retry=0, follow_redirects=True)
        with pytest.raises(nk.RateLimited):
            client.get("/x").result()
        if next_call == "map":
            frame = client.map("/{n}", range(3), max_concurrency=3, progress=False).result()
            assert frame["status"].eq("ok").all()
        else:
            client.get(target.url + "/y" if next_call == "direct" else "/y").result()
        client.close()
    until = target.came[0] + WAIT_S - GRAIN_S
    assert all(came >= until for came in (*first.came[1:], *target.came[1:]))
    assert target.count > 1


def test_what_is_left_behind_a_redirect_holds_direct_calls() -> None:
    """What a server behind a redirect says of its limits holds for direct calls to it."""
    gone = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "0.5")]
    with (
        Origin(lambda number, _: fine(0.0, *gone) if number == 1 else None) as target,
        _redirecting(target.url + "/there") as first,
        nk.Client(first.url, follow_redirects=True) as api,
    ):
        api.get("/x")
        api.get(target.url + "/direct")
    assert target.came[1] >= target.came[0] + 0.5 - GRAIN_S


def test_a_server_that_is_down_behind_a_redirect_opens_both_breakers() -> None:
    """No call is sent to a server whose calls all lead to one that is down, nor to that one."""
    with FaultServer() as gone:
        dead = gone.url
    with _redirecting(dead + "/there") as first:
        breaker = nk.Breaker(failure_threshold=1)
        client = nk.Client(first.url, retry=0, breaker=breaker, follow_redirects=True)
        with pytest.raises(nk.ConnectionFailed, match=rf"redirected to GET {dead}/there: could"):
            client.get("/x").result()
        for url in (first.url, dead):
            with pytest.raises(nk.CircuitOpen):
                client.get(url + "/x").result()
        client.close()
    assert first.count == 1


@pytest.mark.parametrize("trouble", ["dead", "reset", 429, 503])
def test_a_post_that_led_elsewhere_is_not_sent_twice(trouble: str | int) -> None:
    """A POST that was answered with 303 has been processed, whatever becomes of the next step."""
    with FaultServer() as elsewhere, FaultServer() as gone:
        elsewhere.when("/reset", reset_before_headers())
        elsewhere.when("/429", refusal(0.1))
        elsewhere.when("/503", refusal(0.1, status=503))
        dead = gone.url
        gone.close()
        to = f"{dead}/x" if trouble == "dead" else f"{elsewhere.url}/{trouble}"
        with _redirecting(to, status=303) as first:
            client = nk.Client(first.url, retry=3, follow_redirects=True)
            frame = client.map("/{n}", [1], method="POST", progress=False).result()
            with pytest.raises(nk.RequestError) as caught:
                client.post("/x").result()
            client.close()
    assert frame["attempts"].tolist() == [1]
    said = "was processed, but" if isinstance(trouble, int) else "redirected to GET http://127"
    assert said in str(caught.value)
    assert said in frame["error"].tolist()[0]
    assert [request.method for request in first.requests] == ["POST", "POST"]


@pytest.mark.parametrize(
    ("method", "options"), [("PUT", {}), ("POST", {"idempotency_key": True})], ids=["put", "key"]
)
def test_what_may_be_repeated_is_sent_again_behind_a_redirect(
    method: str, options: dict[str, Any]
) -> None:
    """A call that does no harm when it is repeated is, where it led to a server that refused."""
    with (
        Origin(lambda number, _: refusal(0.1) if number == 1 else None) as target,
        _redirecting(target.url + "/there", status=303) as first,
        nk.Client(first.url, follow_redirects=True) as api,
    ):
        frame = api.map("/{n}", [1], method=method, progress=False, **options)
    assert frame["status"].tolist() == ["ok"]
    assert [request.method for request in first.requests] == [method] * 2
    assert [request.method for request in target.requests] == ["GET"] * 2


def test_a_post_behind_a_passed_on_redirect_is_tried_again() -> None:
    """A POST that was passed on as it is (307) and refused was processed by nobody."""
    with (
        Origin(lambda number, _: refusal(0.1) if number == 1 else None) as target,
        _redirecting(target.url + "/there") as first,
        nk.Client(first.url, follow_redirects=True) as api,
    ):
        assert api.post("/x").status_code == 200
    assert [request.method for request in target.requests] == ["POST", "POST"]


# The store itself


def _origin(number: int) -> Any:
    return origin_of(httpx.URL(f"http://host-{number}.example"))


def test_one_server_for_each_origin() -> None:
    """Scheme, host and port make an origin; the usual port is no other one."""
    servers = Servers(None)
    urls = ["http://h/x", "http://H:80/y", "https://h/x", "http://h:81/x"]
    first, same, *others = (servers.at(origin_of(httpx.URL(url))) for url in urls)
    assert first is same
    assert len({id(door) for door in (first, *others)}) == 3


def test_a_forked_child_does_not_wait_for_its_parents_probe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In another process nothing is known: what is under way there ends in the parent."""
    servers = Servers(nk.Breaker())
    before = servers.at(_origin(1))
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert servers.at(_origin(1)) is not before


def test_of_very_many_servers_the_quiet_ones_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A client that speaks to very many servers keeps those that hold somebody up."""
    monkeypatch.setattr(servers_module, "_MOST", 3)
    servers = Servers(None)
    now = time.monotonic()
    held = servers.at(_origin(1))
    held.server.pace.refused(now, sent=now, retry_after_s=60)
    quiet = servers.at(_origin(2))
    servers.at(_origin(3))
    servers.at(_origin(4))
    assert servers.at(_origin(1)) is held
    assert servers.at(_origin(2)) is not quiet
