"""The crew of a driver: how it ends, and how it takes up work again."""

from __future__ import annotations

import asyncio
import contextvars
from typing import TYPE_CHECKING

from notebook_kit.execution import crew as module
from notebook_kit.execution.crew import Crew

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest


class Job:
    """Work for a crew: so many are wanted, and each ends when it is let go."""

    def __init__(self, wanted: int, may_end: Callable[[Job], bool] = lambda _: True) -> None:
        self.wanted = wanted
        self.begun = 0
        self.asked = 0
        self.let_go = asyncio.Event()
        self._may_end = may_end
        self.crew = Crew(
            self._work,
            wanted=lambda: self.wanted,
            may_end=self._ask,
            context=contextvars.copy_context(),
        )

    async def _work(self, _: contextvars.Context) -> None:
        self.begun += 1
        await self.let_go.wait()
        self.wanted = 0

    def _ask(self) -> bool:
        self.asked += 1
        return self._may_end(self)


def test_without_anything_to_do_it_is_over_at_once() -> None:
    """Nobody is added, and it is asked once whether that is all."""

    async def main() -> None:
        job = Job(0)
        await job.crew.run()
        assert (job.begun, job.asked) == (0, 1)

    asyncio.run(main())


def test_it_takes_up_work_again_when_there_is_more() -> None:
    """What is wished when the last one has ended is done before it is over."""

    async def main() -> None:
        def once_more(job: Job) -> bool:
            if job.asked == 1:
                job.wanted = 1
            return job.asked > 1

        job = Job(1, once_more)
        job.let_go.set()
        await asyncio.wait_for(job.crew.run(), 20)
        assert (job.begun, job.asked) == (2, 2)

    asyncio.run(main())


def test_it_does_not_wait_for_what_comes_to_nothing() -> None:
    """A wish that brings nothing to do keeps nobody: it asks again and is over."""

    async def main() -> None:
        job = Job(1, lambda job: job.asked > 2)
        job.let_go.set()
        await asyncio.wait_for(job.crew.run(), 20)
        assert (job.begun, job.asked) == (1, 3)

    asyncio.run(main())


def test_patience_is_not_lost_with_a_crew_that_has_work_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A wish that comes while it waits for one who does not end lets all of them go on."""
    monkeypatch.setattr(module, "GRACE_S", 0.01)

    async def main() -> None:
        asked = asyncio.Event()

        def wished_once(job: Job) -> bool:
            asked.set()
            return job.asked > 1

        job = Job(1, wished_once)
        running = asyncio.ensure_future(job.crew.run())
        await asyncio.sleep(0)
        job.crew.hurry()
        await asyncio.wait_for(asked.wait(), 20)
        assert not running.done()
        job.let_go.set()
        await asyncio.wait_for(running, 20)
        assert job.crew.give_up() == 0

    asyncio.run(main())


def test_patience_is_lost_with_one_who_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is over all the same, and that one is left behind."""
    monkeypatch.setattr(module, "GRACE_S", 0.01)

    async def main() -> None:
        job = Job(1)
        running = asyncio.ensure_future(job.crew.run())
        await asyncio.sleep(0)
        job.crew.hurry()
        await asyncio.wait_for(running, 20)
        assert job.crew.give_up() == 1
        job.let_go.set()
        await asyncio.wait(job.crew.left_behind)

    asyncio.run(main())
