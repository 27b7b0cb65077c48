"""A run's own limits, a tenth higher or lower: what + and - under its panel ask for."""

from __future__ import annotations

import asyncio

import pytest

import notebook_kit as nk


async def _held(_: int, gate: asyncio.Event) -> None:
    await gate.wait()


def test_all_limits_of_the_run_are_multiplied() -> None:
    """Each in its own unit; what they weigh stays, and the client's are left alone."""

    async def main() -> None:
        gate = asyncio.Event()
        rates: list[nk.Rate | str] = ["50/s", nk.Rate(1_000, per="min", weight=lambda _: 10)]
        run = nk.map(lambda n: _held(n, gate), range(3), rate=rates, progress=False)
        run.scale_rate(1.1)
        assert run.rate == "55/s and 1,100/min"
        run.scale_rate(0.5)
        assert run.rate == "28/s and 550/min"
        gate.set()
        await run

    asyncio.run(main())


def test_without_a_limit_the_present_pace_makes_one() -> None:
    """It is set a little lower or higher than items end now."""

    async def main() -> None:
        gate = asyncio.Event()

        async def work(number: int) -> None:
            if number >= 60:
                await gate.wait()

        run = nk.map(work, range(100), progress=False, max_concurrency=1)
        while run.snapshot().rate_now == 0:
            await asyncio.sleep(0)
        run.scale_rate(0.9)
        assert run.rate is not None
        run.rate = None
        gate.set()
        await run

    asyncio.run(main())


def test_without_a_limit_and_a_pace_there_is_nothing_to_multiply() -> None:
    """The error says how to set one."""

    async def main() -> None:
        gate = asyncio.Event()
        run = nk.map(lambda n: _held(n, gate), range(3), progress=False)
        with pytest.raises(nk.ConfigurationError, match=r"run\.rate = '50/s'"):
            run.scale_rate(0.9)
        with pytest.raises(nk.ConfigurationError, match="factor=0"):
            nk.map(lambda n: _held(n, gate), [1], rate="5/s", progress=False).scale_rate(0)
        gate.set()
        await run

    asyncio.run(main())
