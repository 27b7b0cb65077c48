"""Loops are woken while something is used on them, and left alone afterwards."""

from __future__ import annotations

import asyncio

from notebook_kit.lifetime.wakeful import stay_awake


class Used:
    """Something in use for as many looks as it is told."""

    def __init__(self, looks: int) -> None:
        self.is_kept_awake = False
        self.left = looks
        self.ended = asyncio.Event()

    @property
    def is_busy(self) -> bool:
        assert self.left, "asked again after it had ended"
        self.left -= 1
        if not self.left:
            self.ended.set()
        return self.left > 0


def test_a_loop_is_woken_as_long_as_something_is_in_use() -> None:
    """Each is asked until it ends, and never again; what comes later begins anew."""

    async def main() -> None:
        short, long = Used(1), Used(3)
        stay_awake(short)
        stay_awake(long)
        await short.ended.wait()
        await long.ended.wait()
        assert (short.is_kept_awake, long.is_kept_awake) == (False, False)
        again = Used(2)
        stay_awake(again)
        await again.ended.wait()

    asyncio.run(main())


def test_each_loop_of_a_thread_has_its_own() -> None:
    """One that was closed in the middle does not keep the next from being woken."""

    async def leaves() -> None:
        stay_awake(Used(100))

    async def stays() -> None:
        used = Used(2)
        stay_awake(used)
        await used.ended.wait()

    asyncio.run(leaves())
    asyncio.run(stays())
