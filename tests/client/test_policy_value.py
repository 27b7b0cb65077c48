"""What the functions of a policy see of the answer to a single call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import notebook_kit as nk
from notebook_kit.testing import answer
from tests.client.origins import Origin

if TYPE_CHECKING:
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
