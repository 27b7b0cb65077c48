"""The line of a run with a pilot."""

from __future__ import annotations

from notebook_kit.scheduling.line import NOBODY
from notebook_kit.scheduling.outcome import Source, Status
from notebook_kit.scheduling.pilot import Pilot
from notebook_kit.scheduling.pilot_line import PilotLine
from tests.scheduling.parts import ledger_of


def line_of(count: int, size: int) -> tuple[PilotLine, Pilot]:
    ledger = ledger_of(count)
    pilot = Pilot(size, lambda positions, many: positions[-many:])
    line = PilotLine(ledger, None, pilot)
    line.added(0)
    pilot.whole = True
    return line, pilot


def test_it_is_not_empty_as_long_as_somebody_is_held_back() -> None:
    """Nobody can go, but the run is not done."""
    line, pilot = line_of(3, 1)
    assert (line.take(0.0), line.take(0.0)) == (2, NOBODY)
    assert line.holds_back
    assert line.stands
    assert not line.is_empty()
    pilot.gone_on = True
    assert not line.holds_back
    assert not line.stands
    assert (line.take(1.0), line.take(1.0), line.take(1.0)) == (0, 1, NOBODY)


def test_everybody_is_sent_home() -> None:
    """Who was held back is in no line any more."""
    line, _ = line_of(3, 1)
    line.take(0.0)
    assert line.clear() == []
    assert line.is_empty()
    assert list(line.taken()) == [2]


def test_those_let_in_who_wait_stand_among_the_others() -> None:
    """Of equals the oldest goes first, also when some of them were let in before."""
    line, pilot = line_of(4, 2)
    assert line.take(0.0) == 2
    pilot.gone_on = True
    assert [line.take(1.0) for _ in range(3)] == [0, 1, 3]


def test_who_comes_again_keeps_a_place_that_is_held_back() -> None:
    """An item that was never let in waits for the word; one that was let in goes at once."""
    line, pilot = line_of(3, 1)
    ledger = line._ledger
    assert line.take(0.0) == 2
    ledger.reuse(0, None, source=Source.CHECKPOINT, status_code=0, now=0.0, status=Status.FAILED)
    ledger.settle(2, Status.FAILED, now=1.0)
    for index in (0, 2):
        ledger.errors[index] = ValueError()
    assert line.come_again([0, 2], 2.0) == {0}
    for index in (0, 2):
        ledger.reopen(index, fresh=index == 0)
    assert (line.take(2.0), line.take(2.0)) == (2, NOBODY)
    pilot.gone_on = True
    assert (line.take(3.0), line.take(3.0)) == (0, 1)


def test_no_more_is_needed_than_the_pilot_is_of() -> None:
    """Told to go on, there is never enough."""
    line, pilot = line_of(1, 2)
    pilot.whole = False
    assert not line.has_enough
    line._ledger.grow(1)
    line.added(1)
    assert line.has_enough
    pilot.gone_on = True
    assert not line.has_enough
