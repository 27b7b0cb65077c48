"""Which attempts are late."""

from __future__ import annotations

import pytest

from notebook_kit.policies import Hedge
from notebook_kit.scheduling.hedger import Hedger
from notebook_kit.scheduling.tempo import Tempo


def hedger_of(*answers: float, max_share: float = 1.0, after: float | None = 2.0) -> Hedger:
    """Return a hedger that has seen answers that took so long."""
    tempo = Tempo(start=0.0)
    for took in answers:
        tempo.answered(0.0, took)
    return Hedger(Hedge(after=after, max_share=max_share), tempo)


def test_the_first_that_is_late_is_sent_once_more() -> None:
    """Until then the time is known at which it will be late."""
    hedger = hedger_of()
    begun = {4: 1.0, 7: 1.5}
    assert (hedger.late(2.9, begun, 0), hedger.wake_at) == (None, 3.0)
    assert (hedger.late(3.0, begun, 0), hedger.wake_at) == (4, None)


def test_nobody_is_sent_three_times() -> None:
    """Who has a second attempt under way is passed over; the next in order may be late."""
    hedger = hedger_of()
    begun = {4: 1.0, 7: 1.5}
    hedger.started(4, 3.0)
    assert hedger.under_way == {4: 3.0}
    assert (hedger.late(3.2, begun, 0), hedger.wake_at) == (None, 3.5)
    hedger.started(7, 3.5)
    assert (hedger.late(9.0, begun, 0), hedger.wake_at) == (None, None)


def test_who_cannot_be_sent_twice_is_left_alone_until_its_attempt_has_ended() -> None:
    """Its next attempt is another matter."""
    hedger = hedger_of()
    hedger.leave_alone(4)
    assert hedger.late(9.0, {4: 1.0}, 0) is None
    assert hedger.ended(4) is None
    assert hedger.late(19.0, {4: 11.0}, 0) == 4


def test_when_one_of_two_has_ended_the_other_s_begin_is_given() -> None:
    """Once: of a single attempt there is no other."""
    hedger = hedger_of()
    hedger.started(4, 3.0)
    assert hedger.ended(4) == 3.0
    assert hedger.ended(4) is None
    assert not hedger.under_way


def test_no_more_than_a_share_of_all_that_were_sent() -> None:
    """Those under way count too, and second ones that have ended are not forgotten."""
    hedger = hedger_of(max_share=0.2)
    for index in range(2):
        hedger.started(index, 0.0)
        hedger.ended(index)
    assert (hedger.late(9.0, {5: 0.0}, 13), hedger.wake_at) == (None, None)
    assert hedger.late(9.0, {5: 0.0}, 14) == 5


def test_without_a_time_it_is_what_most_attempts_took() -> None:
    """Nobody knows before there are some answers."""
    answers = [1.0] * 19
    assert hedger_of(*answers, after=None).late(99.0, {5: 0.0}, 19) is None
    hedger = hedger_of(*answers, 1.0, after=None)
    assert hedger.late(0.9, {5: 0.0}, 20) is None
    assert hedger.wake_at == pytest.approx(1.0, rel=0.2)
    assert hedger.late(1.2, {5: 0.0}, 20) == 5


def test_what_is_late_is_worked_out_anew_now_and_then() -> None:
    """Not for each attempt, as that costs time; after a fiftieth more of them."""
    hedger = hedger_of(*[1.0] * 100, after=None)
    assert hedger.late(2.0, {5: 0.0}, 100) == 5
    for _ in range(5_000):
        hedger._tempo.answered(0.0, 30.0)
    assert hedger.late(2.0, {5: 0.0}, 101) == 5
    assert hedger.late(2.0, {5: 0.0}, 102) is None
    assert hedger.wake_at == pytest.approx(30.0, rel=0.2)
