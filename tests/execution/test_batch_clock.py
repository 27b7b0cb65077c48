"""The time of a whole run, which stands still while it waits for a person."""

from __future__ import annotations

import asyncio

from notebook_kit.execution.batch_clock import BatchClock


def test_it_calls_when_the_time_is_over() -> None:
    """Once, after so many seconds, however often it is told to go on."""

    async def main() -> None:
        over = asyncio.Event()
        clock = BatchClock(0.01, over.set)
        clock.go_on()
        clock.go_on()
        async with asyncio.timeout(20):
            await over.wait()

    asyncio.run(main())


def test_it_does_not_count_while_it_stands() -> None:
    """What was left when it stopped is left when it goes on."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        over = asyncio.Event()
        clock = BatchClock(0.2, over.set)
        clock.stand()
        clock.go_on()
        clock.stand()
        clock.stand()
        await asyncio.sleep(0.4)
        assert not over.is_set()
        clock.go_on()
        begun = loop.time()
        async with asyncio.timeout(20):
            await over.wait()
        assert loop.time() - begun > 0.1

    asyncio.run(main())


def test_without_a_limit_it_calls_nobody() -> None:
    """Nor does it once it is closed."""

    async def main() -> None:
        called: list[int] = []
        for clock in (BatchClock(None, lambda: called.append(1)), BatchClock(0.01, called.clear)):
            clock.close()
            clock.go_on()
            assert clock._timer is None
        await asyncio.sleep(0.03)
        assert not called

    asyncio.run(main())
