"""Daemon threads for synchronous functions."""

from __future__ import annotations

import asyncio
import threading

import pytest

from notebook_kit.execution import WorkerThreads


def test_threads_are_used_again() -> None:
    """Calls one after the other share one thread."""

    async def main() -> set[int]:
        threads = WorkerThreads()
        idents = {await threads.call(threading.get_ident) for _ in range(20)}
        threads.close()
        return idents

    assert len(asyncio.run(main())) == 1


def test_errors_arrive_whatever_they_are() -> None:
    """An exception of the function is raised where it is awaited, StopIteration wrapped."""

    def raise_it(error: BaseException) -> None:
        raise error

    async def main() -> None:
        threads = WorkerThreads()
        with pytest.raises(KeyError):
            await threads.call(lambda: raise_it(KeyError("x")))
        with pytest.raises(SystemExit):
            await threads.call(lambda: raise_it(SystemExit(3)))
        with pytest.raises(RuntimeError, match="StopIteration"):
            await threads.call(lambda: raise_it(StopIteration()))
        threads.close()

    asyncio.run(main())


def test_an_answer_after_the_loop_was_closed_hurts_nobody() -> None:
    """A call that outlives its loop ends in silence."""
    go_on = threading.Event()
    threads = WorkerThreads()

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(threads.call(lambda: go_on.wait(20)), timeout=0.01)

    asyncio.run(main())
    assert threads.abandoned == 1
    go_on.set()
    threads.close()
