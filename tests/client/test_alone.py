"""Single calls: a run of one, under the policies of its client."""

from __future__ import annotations

import asyncio
import gc
import weakref
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.client import alone
from notebook_kit.client.bound import origin_of
from notebook_kit.policies.pace import ServerPace
from notebook_kit.testing import answer, reset_before_headers
from tests.client.origins import Origin, comes_true, fine, refusal
from tests.client.processes import run_strictly

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from notebook_kit.testing import Behaviour, ReceivedRequest


def test_errors_carry_how_often_and_how_long() -> None:
    """An error of a single call says how often it was tried and for how long."""
    retry = nk.Retry(max_attempts=3, base_delay=0)
    with Origin(lambda _number, _: answer(status=503)) as origin:
        client = nk.Client(origin.url, retry=retry)
        with pytest.raises(nk.ServerError) as caught:
            client.get("/x").result()
        client.close()
    assert caught.value.attempts == 3
    assert caught.value.elapsed_s is not None
    assert 0 < caught.value.elapsed_s < 2


def test_a_refusal_has_an_allowance_of_its_own() -> None:
    """A single call that is turned away again and again is given the tries of `max_refusals`."""
    retry = nk.Retry(max_attempts=1, max_refusals=3)

    def rule(number: int, _: ReceivedRequest) -> Behaviour | None:
        return refusal(0.05) if number <= 3 else None

    with Origin(rule) as origin, nk.Client(origin.url, retry=retry) as api:
        assert api.get("/x").status_code == 200
    assert origin.count == 4
    # It is not taken for a server that bears next to nothing.
    assert origin.came[-1] - origin.came[0] < 5


def test_a_body_that_can_be_read_once_is_sent_once() -> None:
    """A call whose body is an async generator is not tried again, whatever the policy."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"once"

    with Origin(lambda _number, _: answer(status=503)) as origin:
        client = nk.Client(origin.url, retry=nk.Retry(base_delay=0))
        with pytest.raises(nk.ServerError):
            client.put("/x", content=pieces()).result()
        client.close()
    assert origin.count == 1


def test_cancelling_a_call_that_waits_for_another_try_ends_it() -> None:
    """Nothing is sent any more when a call is cancelled between two tries."""

    async def main(origin: Origin) -> None:
        async with nk.Client(origin.url, retry=nk.Retry(base_delay=60)) as client:
            waiting = asyncio.ensure_future(client.get("/x").send())
            assert await asyncio.to_thread(comes_true, lambda: origin.count == 1)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting

    with Origin(lambda _number, _: reset_before_headers()) as origin:
        asyncio.run(main(origin))
    assert origin.count == 1


def test_what_interrupts_a_call_goes_on_as_it_came() -> None:
    """An interrupt that is raised where the request is sent is no failed attempt."""
    asked = 0

    def interrupted(_: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        raise KeyboardInterrupt

    client = nk.Client("http://host", transport=httpx.MockTransport(interrupted))
    with pytest.raises(KeyboardInterrupt):
        client.get("/x").result()
    assert asked == 1
    client.close()


def test_a_call_that_is_awaited_again_is_built_anew() -> None:
    """Each time a call is awaited a request of its own is sent, with the cookies of that time."""

    def rule(number: int, _: ReceivedRequest) -> Behaviour:
        return fine(0.0, ("set-cookie", f"seen={number}"))

    async def main(url: str) -> None:
        async with nk.Client(url) as client:
            early = client.get("/early")
            call = client.get("/x", headers={"x-own": "1"})
            for _ in range(3):
                await call
            await early

    with Origin(rule) as origin:
        asyncio.run(main(origin.url))
    cookies = [request.header("cookie") for request in origin.requests]
    assert cookies == [None, b"seen=1", b"seen=2", b"seen=3"]
    assert [request.header("x-own") for request in origin.requests] == [b"1"] * 3 + [None]


@pytest.mark.parametrize("body", [{"json": {"a": 1}}, {"content": "text"}, {"data": {"a": "1"}}])
def test_each_attempt_sends_the_whole_body(body: dict[str, Any]) -> None:
    """The request of the first attempt is that of the second, body and all."""
    with Origin(lambda number, _: answer(status=503) if number == 1 else None) as origin:
        client = nk.Client(origin.url, retry=nk.Retry(base_delay=0))
        client.put("/x", **body).result()
        client.close()
    first, second = origin.requests
    assert first.body
    assert (first.head, first.body) == (second.head, second.body)


def test_a_limit_holds_who_has_come_to_the_head_of_the_line() -> None:
    """A call that waited for its server waits for the client's rate after that, and then goes."""

    async def main(url: str) -> None:
        rate = nk.Rate(2, per=0.6, burst=True)
        async with nk.Client(url, retry=0, rate=rate) as client:
            with pytest.raises(nk.RateLimited):
                await client.get("/refused")
            await asyncio.gather(*(client.get(f"/{n}").send() for n in range(3)))

    with Origin(lambda number, _: refusal(0.2) if number == 1 else None) as origin:
        asyncio.run(main(origin.url))
    assert origin.count == 4
    assert origin.came[1] >= origin.came[0] + 0.2 - 0.02
    assert origin.came[2] >= origin.came[0] + 0.6 - 0.02
    assert origin.came[3] >= origin.came[1] + 0.6 - 0.02


def test_where_nothing_is_to_be_decided_nothing_is_made_that_decides(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A call without limit, breaker and pace that succeeds at once needs no scheduler."""
    made: list[object] = []
    real: Any = vars(alone)["Scheduler"]

    def scheduler(*args: Any, **options: Any) -> Any:
        made.append(args)
        return real(*args, **options)

    monkeypatch.setattr(alone, "Scheduler", scheduler)
    with Origin(lambda number, _: answer(status=503) if number == 2 else None) as origin:
        client = nk.Client(origin.url, retry=nk.Retry(base_delay=0))
        client.get("/x").result()
        assert made == []
        client.get("/x").result()
        assert len(made) == 1
        client.close()


def test_a_server_hears_of_each_attempt_once() -> None:
    """Starts and ends of attempts are told to the pace of a server, failed ones too."""
    told: list[str] = []

    class Pace(ServerPace):
        def started(self, now: float) -> None:
            told.append("started")
            super().started(now)

        def succeeded(self, now: float, **options: Any) -> None:
            told.append("succeeded")
            super().succeeded(now, **options)

        def refused(self, now: float, **options: Any) -> None:
            told.append("refused")
            super().refused(now, **options)

    with Origin(lambda number, _: refusal(0.01) if number == 1 else None) as origin:
        client = nk.Client(origin.url, retry=nk.Retry(base_delay=0))
        client._core.servers.at(origin_of(httpx.URL(origin.url))).server.pace = Pace()
        for _ in range(2):
            client.get("/x").result()
        client.close()
    assert told == ["started", "refused", *["started", "succeeded"] * 2]


COLLECTED = """
from notebook_kit.client.alone import Alone
from notebook_kit.client.servers import Door
from notebook_kit.policies import Breaker, Limits, Retry, Server, parse_rates
from notebook_kit.policies.rate import meters_lock

RATE
limits = Limits(parse_rates(rate))
limits.take_or_wait(time.monotonic(), [1.0] * len(limits.rates))
door = Door(Server(Breaker.of(breaker)))

def call(send):
    return Alone(
        send, door, call=lambda: "GET /x", retry=Retry.of(0), limits=limits, safe=True
    ).answer()

async def begun():
    "A call that has come as far as it can for now."
    work = call(lambda: asyncio.sleep(60))
    work.send(None)
    return work

async def answered():
    raise nk.NotFound("no", status_code=404)

async def next_one():
    try:
        await asyncio.wait_for(call(answered), 0.1)
    except (TimeoutError, nk.NotFound):
        pass

loop = asyncio.new_event_loop()
cycle = [loop.run_until_complete(begun())]
cycle.append(cycle)
del cycle
with meters_lock:
    gc.collect()
assert len(door.left) == 1, door.left
loop.run_until_complete(next_one())
assert not door.left
loop.close()
print("all right")
"""


@pytest.mark.parametrize(
    "rate",
    [
        "rate, breaker = nk.Rate(1, per='hour', burst=True), None",
        "rate, breaker = None, None",
        "rate, breaker = None, True",
    ],
    ids=["waits for a rate", "in flight", "in flight under a breaker"],
)
def test_a_call_that_is_collected_takes_no_lock(rate: str) -> None:
    """The collector may run in the thread that holds it; the next call does what is left."""
    done = run_strictly(COLLECTED.replace("RATE", rate), "http://host", within_s=20)
    assert done == (0, "all right\n", "")


@pytest.mark.parametrize("options", [{}, {"rate": "1000/s"}], ids=["at once", "scheduled"])
def test_an_answer_goes_when_nobody_has_it_any_more(options: dict[str, Any]) -> None:
    """No body waits for a garbage collection, whether its call was awaited or not."""

    async def awaited(client: nk.Client) -> Any:
        return weakref.ref(await client.get("/x"))

    with Origin(lambda _number, _request: fine()) as origin:
        client = nk.Client(origin.url, **options)
        client.get("/x").result()
        gc.collect()
        gc.disable()
        try:
            found = [asyncio.run(awaited(client)), weakref.ref(client.get("/x").result())]
            # The I/O thread is done with it when it has done something else.
            client.get("/x").result()
            assert [it() for it in found] == [None, None]
        finally:
            gc.enable()
            client.close()
