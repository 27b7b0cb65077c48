"""What becomes of a call in which code of the user's raises what is no error of one thing."""

from __future__ import annotations

import asyncio

import pytest

from notebook_kit.client.own_code import meant
from notebook_kit.errors import RequestError


def said() -> str:
    """Return the call in words."""
    return "GET http://host/x"


@pytest.mark.parametrize("errors", [[ValueError("a")], [ValueError("a"), KeyError("b")]])
def test_a_cancellation_is_none_the_less_one_for_errors_beside_it(
    errors: list[Exception],
) -> None:
    """A task group with errors of its own raises them alone; who is cancelled is cancelled."""

    async def call() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            message = "of a task group"
            raise ExceptionGroup(message, errors) from None

    async def main() -> None:
        task = asyncio.create_task(meant(call(), said))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


def test_a_group_that_nobody_cancelled_is_taken_apart() -> None:
    """One error is raised as it is, several become one of the call."""

    async def call(*errors: Exception) -> None:
        message = "of a task group"
        raise ExceptionGroup(message, errors)

    async def main() -> None:
        with pytest.raises(ValueError, match=r"^a$"):
            await meant(call(ValueError("a")), said)
        with pytest.raises(RequestError, match="several errors at once: ValueError: a"):
            await meant(call(ValueError("a"), KeyError("b")), said)

    asyncio.run(main())
