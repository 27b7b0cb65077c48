"""A limit that holds whatever is done when it is over, and says nothing before."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from notebook_kit.errors import RequestTimeout
from notebook_kit.execution.time_limit import TimeLimit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

pytestmark = pytest.mark.anyio


def late() -> RequestTimeout:
    return RequestTimeout("late", phase="call")


async def wait() -> str:
    await asyncio.Event().wait()
    return "never"


async def mind_nothing() -> str:
    with suppress(asyncio.CancelledError):
        await wait()
    return "late all the same"


async def call_it_a_timeout() -> str:
    try:
        return await wait()
    except asyncio.CancelledError:
        raise TimeoutError("of its own") from None


@pytest.mark.parametrize("call", [wait, mind_nothing, call_it_a_timeout])
async def test_what_takes_too_long(call: Callable[[], Awaitable[str]]) -> None:
    """The error is raised, also by what swallows its cancellation, and the task goes on."""
    task = asyncio.current_task()
    assert task is not None
    with pytest.raises(RequestTimeout, match=r"^late$"):
        async with TimeLimit(0.01, late):
            await call()
    assert task.cancelling() == 0
    await asyncio.sleep(0)


async def test_an_error_of_its_own_goes_on_as_it_is() -> None:
    """Before the end a TimeoutError too; afterwards any other."""
    for error in (ValueError("wrong"), TimeoutError("of its own")):
        with pytest.raises(type(error)) as raised:
            async with TimeLimit(60.0, late):
                raise error
        assert raised.value is error

    async def break_at_the_end() -> None:
        try:
            await wait()
        except asyncio.CancelledError:
            raise ValueError("wrong") from None

    with pytest.raises(ValueError, match="wrong"):
        async with TimeLimit(0.01, late):
            await break_at_the_end()


async def test_who_is_cancelled_is_cancelled() -> None:
    """From outside, also when the time is over as well."""

    async def main(limit_s: float) -> None:
        async with TimeLimit(limit_s, late):
            await wait()

    for limit_s in (60.0, 0.0):
        task = asyncio.create_task(main(limit_s))
        asyncio.get_running_loop().call_soon(task.cancel)
        await asyncio.wait([task])
        assert task.cancelled() or (limit_s == 0.0 and task.exception() is not None)


async def test_what_ends_in_time_gives_its_value() -> None:
    """And nothing is left behind."""
    async with TimeLimit(60.0, late):
        answer = await asyncio.sleep(0, "answer")
    assert answer == "answer"
    async with TimeLimit(float("inf"), late):
        pass
