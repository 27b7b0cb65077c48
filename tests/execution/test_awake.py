"""Keeping a loop awake while many wait on it."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from notebook_kit.execution import awake as module
from notebook_kit.execution.awake import awake
from tests.decorators.clocks import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager


@pytest.fixture
def beats(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What hearts begin and stop to beat."""
    seen: list[str] = []
    real: Callable[..., AbstractContextManager[None]] = vars(module)["heartbeat"]

    def heartbeat(waiter: Any, tick: Any) -> Any:
        seen.append("begin")
        stack = ExitStack()
        stack.enter_context(real(waiter, tick))
        stack.callback(seen.append, "stop")
        return stack

    monkeypatch.setattr(module, "heartbeat", heartbeat)
    return seen


def test_the_loop_wakes_while_somebody_waits() -> None:
    """The tick is called again and again, once at each beat however many wait with it."""
    ticks: list[float] = []

    async def main() -> None:
        loop, over = asyncio.get_running_loop(), asyncio.Event()

        def tick() -> None:
            ticks.append(loop.time())
            if len(ticks) == 3:
                over.set()

        with awake(tick), awake(tick), awake(), awake(tick):
            await asyncio.wait_for(over.wait(), PATIENCE_S)

    asyncio.run(main())
    assert len(ticks) == 3
    assert all(later - earlier > 0.05 for earlier, later in pairwise(ticks))


def test_one_beat_for_all_who_wait(beats: list[str]) -> None:
    """A thousand who wait share one; it stops with the last."""

    async def main() -> None:
        with awake():
            for _ in range(1000):
                stack.enter_context(awake())
            assert beats == ["begin"]
        assert beats == ["begin"]
        stack.close()
        assert beats == ["begin", "stop"]
        with awake():
            pass

    stack = ExitStack()
    asyncio.run(main())
    assert beats == ["begin", "stop"] * 2
    assert module._here.beat is None


def test_each_loop_has_its_own(beats: list[str]) -> None:
    """Who still waits on a loop that has stopped keeps nobody on the next one asleep."""

    async def stay() -> None:
        stack.enter_context(awake())

    stack = ExitStack()
    loop = asyncio.new_event_loop()
    loop.run_until_complete(stay())
    assert beats == ["begin"]

    async def main() -> None:
        with awake():
            assert beats == ["begin", "begin"]

    asyncio.run(main())
    assert beats == ["begin", "begin", "stop"]
    stack.close()
    loop.close()
    assert beats == ["begin", "begin", "stop", "stop"]
