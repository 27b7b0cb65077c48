"""Where workers wait: woken one by one, by others or by the timer."""

from __future__ import annotations

import asyncio

from notebook_kit.execution.parking import Parking


def test_a_timer_that_rings_early_is_no_longer_set() -> None:
    """A loop calls timers early by as much as its clock is coarse; the next is set all the same."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop._clock_resolution = 0.5  # type: ignore[attr-defined]  # as coarse as no clock is
        parking = Parking()
        first, second = (asyncio.create_task(parking.wait()) for _ in range(2))
        await asyncio.sleep(0)
        parking.wake_at(loop.time() + 0.4)
        while not first.done():  # A loop with something to do looks at its timers at once.
            await asyncio.sleep(0)
        parking.wake_at(loop.time() + 0.45)
        await asyncio.wait_for(second, 20)

    asyncio.run(main())


def test_the_earlier_of_two_times_counts() -> None:
    """A later one changes nothing; an earlier one takes its place."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        parking = Parking()
        waiting = asyncio.create_task(parking.wait())
        await asyncio.sleep(0)
        parking.wake_at(loop.time() + 600)
        parking.wake_at(loop.time() + 0.01)
        parking.wake_at(loop.time() + 600)
        await asyncio.wait_for(waiting, 20)

    asyncio.run(main())


def test_nobody_is_woken_after_the_end() -> None:
    """Closing takes the timer away."""

    async def main() -> None:
        parking = Parking()
        waiting = asyncio.create_task(parking.wait())
        await asyncio.sleep(0)
        parking.wake_at(asyncio.get_running_loop().time())
        parking.close()
        await asyncio.sleep(0.01)
        assert not waiting.done()
        waiting.cancel()

    asyncio.run(main())
