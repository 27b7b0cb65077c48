"""Functions that are tried again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.decorators import Retrying, RetryKeywords, retry
from notebook_kit.decorators.clock import Clock
from notebook_kit.errors import ConfigurationError, ServerError, UnwantedAnswer
from tests.decorators.clocks import HastyClock, ManualClock

if TYPE_CHECKING:
    from collections.abc import Callable


def flaky(*ends: Any) -> tuple[Callable[[], Any], list[Any]]:
    """A function that ends in these ways, one after the other, and what has come of it."""
    left = list(ends)
    made: list[Any] = []

    def call() -> Any:
        end = left.pop(0)
        made.append(end)
        if isinstance(end, BaseException):
            raise end
        return end

    return call, made


def retrying(clock: ManualClock | None = None, **options: Any) -> Retrying:
    return Retrying(nk.Retry(**options), clock=clock or HastyClock(), draw=lambda: 1.0)


def test_an_async_function_is_tried_again() -> None:
    """C8: it waits longer each time, and gives the answer of the try that succeeds."""
    clock = HastyClock()
    call, made = flaky(TimeoutError(), ServerError(status_code=503), "answer")

    @retrying(clock, max_attempts=5, base_delay=0.1)
    async def fetch() -> Any:
        return call()

    assert asyncio.run(fetch()) == "answer"
    assert len(made) == 3
    assert clock.pauses == [0.1, 0.2]


def test_a_sync_function_is_tried_again() -> None:
    """It blocks between tries, in slices that an interrupt can break."""
    clock = ManualClock()
    call, made = flaky(TimeoutError(), ConnectionError(), "answer")
    assert retrying(clock, base_delay=0.2)(call)() == "answer"
    assert len(made) == 3
    assert clock.time == pytest.approx(100.6)
    assert max(clock.slices) <= 0.1


@pytest.mark.parametrize("kind", ["async", "sync"])
def test_the_last_error_is_raised_as_it_is(kind: str) -> None:
    """With a note that says how often it was tried, and nothing wrapped around it."""
    first, last = TimeoutError("first"), TimeoutError("last")
    call, _ = flaky(first, last)

    async def fetch() -> Any:
        return call()

    policy = retrying(max_attempts=2, base_delay=1)
    with pytest.raises(TimeoutError) as raised:
        asyncio.run(policy(fetch)()) if kind == "async" else policy(call)()
    assert raised.value is last
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None
    assert raised.value.__notes__ == ["notebook_kit.retry: 2 attempts in 1 s, then given up."]


@pytest.mark.parametrize("kind", ["async", "sync"])
def test_answers_that_are_not_wanted(kind: str) -> None:
    """retry_value asks for another try; after the last one UnwantedAnswer carries the answer."""
    policy = retrying(max_attempts=3, base_delay=0, retry_value=lambda value: value == "pending")

    def make(call: Callable[[], Any]) -> Callable[[], Any]:
        async def fetch() -> Any:
            return call()

        return (lambda: asyncio.run(policy(fetch)())) if kind == "async" else policy(call)

    call, made = flaky("pending", "done")
    assert make(call)() == "done"
    assert len(made) == 2
    call, made = flaky(*["pending"] * 3)
    with pytest.raises(UnwantedAnswer, match="retry_value refused the answer 'pending'") as raised:
        make(call)()
    assert (raised.value.value, raised.value.attempts, len(made)) == ("pending", 3, 3)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(), asyncio.CancelledError()])
def test_interrupts_are_never_tried_again(error: BaseException) -> None:
    """They leave at once, whatever the policy says."""
    policy = retrying(max_attempts=5, retry_if=lambda _: True)
    call, made = flaky(error, "answer")
    with pytest.raises(type(error)):
        policy(call)()
    assert len(made) == 1


def test_a_cancelled_call_is_not_tried_again() -> None:
    """Neither while it runs nor while it waits for the next try."""
    clock = ManualClock()
    call, made = flaky(TimeoutError(), "answer")

    @retrying(clock, base_delay=5)
    async def fetch() -> Any:
        return call()

    async def main() -> None:
        task = asyncio.create_task(fetch())
        await clock.advance(1.0)
        assert clock.timers == [4.0]
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert (len(made), clock.timers) == (1, [])


def test_whoever_decorates_decides() -> None:
    """As with nk.map: what may have been processed is repeated, for the function's writer knows."""
    call, made = flaky(nk.ConnectionLost("maybe sent"), "answer")
    assert retrying(base_delay=0)(call)() == "answer"
    assert len(made) == 2


def test_retry_if_decides_alone() -> None:
    """It is given the exception."""
    policy = retrying(base_delay=0, retry_if=lambda error: "locked" in str(error))
    call, made = flaky(ValueError("locked"), TimeoutError("late"))
    with pytest.raises(TimeoutError):
        policy(call)()
    assert len(made) == 2


def test_a_budget_for_each_function() -> None:
    """What one function has spent, the calls of another one still have."""
    policy = retrying(max_attempts=100, base_delay=0, budget=0.1)

    def fail() -> None:
        made.append(1)
        raise TimeoutError

    made: list[int] = []
    one, other = policy(fail), policy(fail)
    for function, tried in ((one, 11), (one, 1), (other, 11), (other, 1)):
        made.clear()
        with pytest.raises(TimeoutError):
            function()
        assert len(made) == tried
    for tried in (11, 1):
        made.clear()
        with pytest.raises(TimeoutError):
            policy.call(fail)
        assert len(made) == tried


def test_the_object_calls_functions() -> None:
    """`policy.call` of either kind, with arguments."""

    async def fetch(number: int, *, factor: int) -> int:
        seen.append(number)
        if len(seen) < 3:
            raise TimeoutError
        return number * factor

    seen: list[int] = []
    policy = retrying(base_delay=0)
    assert asyncio.run(policy.call(fetch, 4, factor=2)) == 8
    assert len(seen) == 3
    assert policy.call(int, "5") == 5


@pytest.mark.parametrize(
    ("decorate", "tries"),
    [
        (retry, 3),
        (retry(), 3),
        (retry(0), 1),
        (retry(None), 1),
        (retry(1), 2),
        (retry(nk.Retry(max_attempts=4, base_delay=0)), 4),
        (retry(max_attempts=2, base_delay=0), 2),
    ],
    ids=["bare", "empty", "0", "None", "1", "policy", "keywords"],
)
def test_every_way_to_write_it(decorate: Any, tries: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bare, with a policy, with a number of further tries as in a run, or with keywords."""
    monkeypatch.setattr(Clock, "sleep", lambda *_: None)

    def fail() -> None:
        made.append(1)
        raise TimeoutError

    made: list[int] = []
    with pytest.raises(TimeoutError):
        decorate(fail)()
    assert len(made) == tries


def test_options_that_cannot_work() -> None:
    """Each says what to write instead."""
    with pytest.raises(ConfigurationError, match="not both"):
        retry(nk.Retry(), max_attempts=3)  # type: ignore[call-overload]
    with pytest.raises(ConfigurationError, match="Did you mean 'max_attempts'"):
        retry(max_attempt=3)  # type: ignore[call-overload]
    with pytest.raises(ConfigurationError, match=r"retry=2\.5 must be a whole number"):
        retry(2.5)  # type: ignore[call-overload]
    with pytest.raises(ConfigurationError, match="max_attempts=0"):
        retry(max_attempts=0)


def test_keywords_are_those_of_the_policy() -> None:
    """What nk.Retry takes the decorator takes, and nothing else."""
    assert set(RetryKeywords.__annotations__) == set(nk.Retry.__dataclass_fields__)
    assert repr(retry(5)) == f"<Retrying {nk.Retry(max_attempts=6)!r}>"
