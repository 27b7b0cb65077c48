"""The slots: how many may be in use, and who of those that wait comes next."""

from __future__ import annotations

import asyncio
import math

import httpx
import pytest

from notebook_kit.client.transports.slots import Slots
from tests.transport.helpers import turns


def test_slots_are_counted_over_all_origins_and_for_each() -> None:
    """Who finds none, of either kind, gets none; one that is given back can be taken again."""
    slots = Slots(total=2, per_origin=1)
    assert (slots.take("a"), slots.take("a"), slots.take("b"), slots.take("c")) == (
        *(True, False),
        *(True, False),
    )
    slots.give_back("a")
    assert slots.taken == 1
    assert not slots.take("b")
    assert slots.take("c")


def test_the_first_in_line_gets_the_slot_that_comes_back() -> None:
    """Those who wait for an origin that is full do not keep others from what is free."""

    async def main() -> list[str]:
        slots, order = Slots(total=2, per_origin=1), []
        assert slots.take("a")
        assert slots.take("b")

        async def wait(origin: str, name: str) -> None:
            await slots.wait(origin, None)
            order.append(name)

        tasks = []
        for origin, name in (("a", "first"), ("b", "second"), ("a", "third")):
            tasks.append(asyncio.create_task(wait(origin, name)))
            await turns()
        assert slots.waiting == 3
        slots.give_back("b")
        await turns()
        slots.give_back("a")
        await turns()
        slots.give_back("a")
        await asyncio.gather(*tasks)
        assert (slots.waiting, slots.taken) == (0, 2)
        return order

    assert asyncio.run(main()) == ["second", "first", "third"]


@pytest.mark.parametrize(
    ("total", "per_origin", "said"),
    [
        (1, math.inf, "1 of max_connections=1 are in use"),
        (2, 1, "1 of max_connections_per_host=1 are in use"),
    ],
)
def test_who_waits_too_long_is_told_what_is_used_up(
    total: float, per_origin: float, said: str
) -> None:
    """The bound that keeps it is named, and its place in the line is given up."""

    async def main() -> None:
        slots = Slots(total=total, per_origin=per_origin)
        assert slots.take("a")
        with pytest.raises(httpx.PoolTimeout, match=said):
            await slots.wait("a", 0.01)
        assert (slots.waiting, slots.taken) == (0, 1)

    asyncio.run(main())


def test_a_slot_that_comes_with_a_cancellation_is_handed_on() -> None:
    """It must not be lost with the one who was cancelled in the same turn."""

    async def main() -> None:
        slots = Slots(total=1, per_origin=math.inf)
        assert slots.take("a")
        first, second = (asyncio.create_task(slots.wait("a", None)) for _ in range(2))
        await turns()
        slots.give_back("a")
        first.cancel()
        await second
        assert first.cancelled()
        assert slots.taken == 1

    asyncio.run(main())


def test_those_who_wait_are_turned_away_with_an_error_each() -> None:
    """Nobody is left waiting, and nobody shares an error with its traceback."""

    async def main() -> None:
        slots = Slots(total=1, per_origin=math.inf)
        assert slots.take("a")
        tasks = [asyncio.create_task(slots.wait("a", None)) for _ in range(2)]
        await turns()
        slots.turn_away(lambda: ValueError("closed"))
        errors = await asyncio.gather(*tasks, return_exceptions=True)
        assert list(map(str, errors)) == ["closed", "closed"]
        assert errors[0] is not errors[1]
        assert (slots.waiting, slots.taken) == (0, 1)

    asyncio.run(main())
