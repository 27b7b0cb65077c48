"""Single calls: a run of one, under the policies of its client."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.testing import answer, reset_before_headers
from tests.client.origins import Origin, comes_true, fine, refusal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from notebook_kit.testing import Behaviour, ReceivedRequest


def _pending(times: int) -> Origin:
    """Say for so many times that the work is not done."""

    def rule(number: int, _: ReceivedRequest) -> Behaviour:
        state = "pending" if number <= times else "done"
        headers = [("content-type", "application/json")]
        return answer(f'{{"state": "{state}", "tokens": 30}}', headers=headers)

    return Origin(rule)


def test_an_answer_that_is_not_wanted_is_asked_for_again() -> None:
    """`retry_value` sees the body of a single call as a map would read it."""
    retry = nk.Retry(base_delay=0, retry_value=lambda answer: answer["state"] == "pending")
    with _pending(2) as origin, nk.Client(origin.url, retry=retry) as api:
        assert api.get("/x").json()["state"] == "done"
    assert origin.count == 3


def test_an_answer_that_stays_unwanted_is_an_error() -> None:
    """When the tries are used up the refused answer is in the error."""
    retry = nk.Retry(base_delay=0, retry_value=lambda answer: answer["state"] == "pending")
    with _pending(9) as origin:
        client = nk.Client(origin.url, retry=retry)
        with pytest.raises(nk.UnwantedAnswer, match="retry_value refused") as caught:
            client.get("/x").result()
        client.close()
    assert caught.value.value == {"state": "pending", "tokens": 30}
    assert (caught.value.attempts, origin.count) == (3, 3)


@pytest.mark.parametrize(
    ("body", "wanted"), [("no json {", nk.DecodeError), ("[]", TypeError)], ids=["body", "function"]
)
def test_what_a_check_of_answers_raises_is_the_calls_error(
    body: str, wanted: type[Exception]
) -> None:
    """A body that a check needs and cannot be read, or a check that raises, fails the call."""
    json = [("content-type", "application/json")]
    retry = nk.Retry(base_delay=0, retry_value=lambda answer: answer["state"] == "pending")
    with Origin(lambda _number, _: answer(body, headers=json)) as origin:
        client = nk.Client(origin.url, retry=retry)
        with pytest.raises(wanted):
            client.get("/x").result()
        client.close()
    assert origin.count == 1


def test_usage_of_single_calls_is_charged() -> None:
    """A rate that learns from answers is charged what a single call really used."""
    rate = nk.Rate(50, per=0.5, burst=True, usage=lambda answer: answer["tokens"])
    with _pending(0) as origin, nk.Client(origin.url, rate=rate) as api:
        for _ in range(3):
            api.get("/x")
    # Two of them use 60 of 50: the third waits until the first has left the window.
    assert origin.came[2] >= origin.came[0] + 0.45


def test_an_answer_that_tells_no_usage_is_good() -> None:
    """A body that cannot be read where only its usage was of interest fails nothing."""
    rate = nk.Rate(50, usage=lambda answer: answer["tokens"])
    json = [("content-type", "application/json")]

    def rule(_number: int, _: ReceivedRequest) -> Behaviour:
        return answer("no json {", headers=json)

    with Origin(rule) as origin, nk.Client(origin.url, rate=rate) as api:
        assert api.get("/x").status_code == 200


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
