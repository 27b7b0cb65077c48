"""Behaviours of the test server that wait for something to have happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from notebook_kit.testing import Behaviour, Wait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from notebook_kit.testing import FaultServer
    from notebook_kit.testing.steps import Step

__all__ = ["held_back", "held_until_open"]


def held_back(until: Callable[[], bool], said: Behaviour) -> Behaviour:
    """Answer when that has happened, and not before."""

    def steps() -> Iterator[Step]:
        while not until():
            yield Wait(0.02)
        yield from said.steps

    # The server asks for one step after the other, so they may be made as they are asked for.
    return Behaviour(cast("Sequence[Step]", steps()))


def held_until_open(server: FaultServer, count: int, said: Behaviour) -> Behaviour:
    """Answer when so many connections have been open at once, however slowly they come."""
    return held_back(lambda: server.connections.peak >= count, said)
