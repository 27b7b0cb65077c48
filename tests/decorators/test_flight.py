"""One call under way for all who want its answer."""

from __future__ import annotations

import asyncio

import pytest

from notebook_kit.decorators.flight import Ending, Flight, Lost


def test_an_ending_is_given_any_number_of_times() -> None:
    """A value is returned, an error raised, with the same traceback each time."""
    assert Ending(None).give() is None
    try:
        raise KeyError("no")  # noqa: TRY301 - an error with a traceback
    except KeyError as error:
        ending = Ending.of(error)
    depths = set()
    for _ in range(3):
        with pytest.raises(KeyError) as raised:
            ending.give()
        depths.add(len(raised.traceback))
    assert len(depths) == 1


def test_it_ends_once() -> None:
    """What is said after the end changes nothing."""
    flight = Flight()
    flight.land(Ending(1))
    flight.land(Ending(2))
    assert flight.wait() == 1
    assert not flight.lost


def test_in_a_forked_child_it_is_lost() -> None:
    """The thread that would end it is in another process."""
    flight = Flight()
    flight._look()
    assert not flight.lost
    flight._pid = -1
    assert flight.lost


def test_there_may_be_nothing_to_abandon() -> None:
    """Before its task was made, or after its loop was closed, abandoning it does nothing."""

    async def begin() -> Flight:
        flight = Flight()
        flight.abandon()
        flight.task = asyncio.create_task(asyncio.sleep(0))
        await flight.task
        return flight

    flight = asyncio.run(begin())
    flight.abandon()
    assert flight.lost
    with pytest.raises(Lost):
        flight._look()
