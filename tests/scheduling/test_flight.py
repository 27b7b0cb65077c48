"""The attempts under way: what begins, what lands, and who is told of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from notebook_kit.policies import AutoConcurrency, Breaker, Hedge, Limits, Rate, Server
from notebook_kit.scheduling.flight import Flight
from notebook_kit.scheduling.gate import Gate
from tests.scheduling.parts import INVALID, LOST, REFUSED, ledger_of

if TYPE_CHECKING:
    from notebook_kit.policies import Failure

HEDGE = Hedge(after=2.0, max_share=1.0)


def flight_of(
    *,
    gate: Gate | None = None,
    auto: AutoConcurrency | None = None,
    hedge: Hedge | None = None,
    max_concurrency: int = 3,
) -> Flight:
    return Flight(
        ledger_of(5),
        gate or Gate(Limits()),
        max_concurrency=max_concurrency,
        start=0.0,
        auto=auto,
        hedge=hedge,
    )


def begin(flight: Flight, index: int, now: float = 0.0) -> None:
    flight._gate.admit(index, now)
    flight.begun[index] = now


def answer(flight: Flight, index: int, now: float, value: Any = None) -> None:
    sent = flight.begun.pop(index)
    flight.succeeded(index, now, sent, value, None)


def never(_: int) -> float:
    return math.inf


def asked_in_vain(_: object) -> float:
    raise AssertionError


class Recorded(Server):
    """A server that writes down what it is told."""

    def __init__(self, breaker: Breaker | None = None) -> None:
        super().__init__(breaker)
        self.told: list[tuple[str, float, float]] = []

    def started(self, now: float) -> None:
        self.told.append(("started", now, now))
        super().started(now)

    def succeeded(self, now: float, *, sent: float, hint: Any = None) -> None:
        self.told.append(("succeeded", now, sent))
        super().succeeded(now, sent=sent, hint=hint)

    def failed(self, now: float, failure: Failure, *, sent: float) -> bool:
        self.told.append(("failed", now, sent))
        return super().failed(now, failure, sent=sent)

    def released(self, now: float, *, sent: float) -> None:
        self.told.append(("released", now, sent))
        super().released(now, sent=sent)


def flight_to(server: Server, **options: Any) -> Flight:
    return flight_of(gate=Gate(Limits(), server_of=lambda _: server), **options)


# How many


def test_as_many_as_may_be_are_under_way_and_no_more() -> None:
    """Second attempts count as first ones do."""
    flight = flight_of(hedge=HEDGE)
    begin(flight, 0)
    begin(flight, 1)
    assert (flight.under_way, flight.is_full()) == (2, False)
    assert flight.late(2.0, never) == 0
    assert (flight.under_way, flight.is_full()) == (3, True)
    assert not flight_of(max_concurrency=1).is_full()


def test_a_number_that_is_found_replaces_the_one_that_was_given() -> None:
    """Until somebody sets it, then it is found no more."""
    flight = flight_of(auto=AutoConcurrency(start=4, most=100))
    assert flight.max_concurrency == 4
    for now in range(1, 30):
        for index in range(4):
            begin(flight, index, now - 1.0)
        for index in range(4):
            answer(flight, index, float(now))
    found = flight.max_concurrency
    assert found > 4
    flight.set_max_concurrency(2)
    begin(flight, 0, 30.0)
    answer(flight, 0, 31.0)
    assert (flight.max_concurrency, flight.auto) == (2, None)


def test_a_number_that_is_set_meanwhile_is_not_lost() -> None:
    """Another thread may set it just while one is being found."""
    flight = flight_of()

    class Setting(AutoConcurrency):
        def finished(self, *args: Any, **kwargs: Any) -> None:
            flight.set_max_concurrency(7)

    flight.auto = Setting(start=4)
    begin(flight, 0)
    answer(flight, 0, 1.0)
    assert flight.max_concurrency == 7


def test_failures_lower_the_number_too() -> None:
    """A refusal at once."""
    flight = flight_of(auto=AutoConcurrency(start=8))
    begin(flight, 0)
    flight.failed(0, 1.0, 0.0, REFUSED, done=0)
    assert flight.max_concurrency < 8


@pytest.mark.parametrize(
    ("options", "watched"),
    [
        ({}, False),
        ({"hedge": HEDGE}, True),
        ({"auto": AutoConcurrency()}, True),
        ({"gate": Gate(Limits([Rate(1)]))}, True),
    ],
)
def test_it_is_told_of_answers_where_somebody_wants_to_know(
    options: dict[str, Any], *, watched: bool
) -> None:
    """A plain run need not."""
    assert flight_of(**options).is_watched == watched


# How attempts end


def test_a_failed_attempt_is_counted_with_its_time() -> None:
    """For the row and for the eye, and it is under way no more."""
    flight = flight_of()
    begin(flight, 0, 1.0)
    assert flight.failed(0, 3.5, 1.0, LOST, done=0)
    ledger = flight._ledger
    assert (ledger.attempts[0], ledger.network[0], flight.attempts) == (1, 2.5, 1)
    assert not flight.begun
    assert flight.tempo.latency() is not None
    assert flight.tempo.throughput(4.0) == (0,) * 5


def test_what_could_not_be_sent_was_no_attempt() -> None:
    """Nothing is counted, for the row or the eye."""
    flight = flight_of()
    begin(flight, 0)
    assert flight.failed(0, 1.0, 0.0, INVALID, done=0)
    assert (flight._ledger.attempts[0], flight._ledger.network[0], flight.attempts) == (0, 0.0, 0)
    assert flight.tempo.latency() is None


def test_the_status_of_the_last_attempt_is_the_row_s() -> None:
    """Of one that had none, there is none."""
    flight = flight_of()
    for failure, status in ((REFUSED, 429), (LOST, 0)):
        begin(flight, 0, 100.0)
        flight.failed(0, 100.0, 100.0, failure, done=0)
        assert flight._ledger.status_code[0] == status


def test_the_server_is_told_how_each_attempt_ended() -> None:
    """Once of each, with the time at which it was sent."""
    server = Recorded()
    flight = flight_to(server)
    for index in range(3):
        begin(flight, index, float(index))
    answer(flight, 0, 5.0)
    flight.failed(1, 6.0, 1.0, LOST, done=1)
    flight.cut(7.0)
    assert server.told[3:] == [
        ("succeeded", 5.0, 0.0),
        ("failed", 6.0, 1.0),
        ("released", 7.0, 2.0),
    ]


def test_after_a_refusal_there_is_a_server_that_nobody_named() -> None:
    """Its pace holds for all that follows."""
    flight = flight_of()
    begin(flight, 0)
    flight.failed(0, 1.0, 0.0, REFUSED, done=0)
    assert flight.is_watched
    assert flight._gate.admit(1, 1.0) == 6.0


def test_other_failures_name_no_server() -> None:
    """A function that fails says nothing of a pace."""
    flight = flight_of()
    begin(flight, 0)
    flight.failed(0, 1.0, 0.0, LOST, done=0)
    assert not flight.is_watched


def test_what_telling_the_use_raises_is_kept_and_the_answer_is_good() -> None:
    """The first of such errors, for whoever looks after the run."""
    gate = Gate(Limits([Rate(100, burst=True, usage=lambda value: 1 / value)]))
    flight = flight_of(gate=gate)
    for index in range(2):
        begin(flight, index)
        answer(flight, index, 1.0, value=0)
    assert isinstance(flight.mishap, ZeroDivisionError)
    first = flight.mishap
    begin(flight, 2)
    answer(flight, 2, 1.0, value=0)
    assert flight.mishap is first


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_while_the_use_is_told_goes_on(interrupt: type[BaseException]) -> None:
    """It is for who runs the program, not for the row."""

    def usage(_: Any) -> float:
        raise interrupt

    flight = flight_of(gate=Gate(Limits([Rate(100, usage=usage)])))
    begin(flight, 0)
    with pytest.raises(interrupt):
        answer(flight, 0, 1.0)
    assert flight.mishap is None


@pytest.mark.parametrize("how", ["failed", "cut"])
def test_what_an_attempt_without_an_answer_took_stays_taken(how: str) -> None:
    """Nobody will tell what it really used, and nothing is kept of it."""
    gate = Gate(Limits([Rate(1, per=9.0, burst=True, usage=asked_in_vain)]))
    flight = flight_of(gate=gate)
    begin(flight, 0)
    if how == "failed":
        flight.failed(0, 1.0, 0.0, LOST, done=0)
    else:
        flight.cut(1.0)
    gate.used(0, 1.5, "late")
    assert gate.admit(1, 2.0) == pytest.approx(9.09)


# Second attempts


def test_the_faster_of_two_counts_and_the_other_is_to_be_cut() -> None:
    """Both were tries; the server hears that the slower one said nothing."""
    server = Recorded()
    flight = flight_to(server, hedge=HEDGE)
    begin(flight, 0, 1.0)
    assert flight.late(3.0, never) == 0
    answer(flight, 0, 4.0)
    assert flight.overtaken == [0]
    assert (flight.attempts, flight._ledger.attempts[0]) == (1, 1)
    assert server.told[2:] == [("succeeded", 4.0, 1.0), ("released", 4.0, 3.0)]
    assert flight.under_way == 0


def test_when_one_of_two_fails_the_item_goes_on_with_the_other() -> None:
    """As if it had begun when that one did; the time that both were under way is spent once."""
    flight = flight_of(hedge=HEDGE)
    begin(flight, 0, 1.0)
    assert flight.late(3.0, never) == 0
    assert not flight.failed(0, 4.0, 1.0, LOST, done=0)
    assert flight.begun == {0: 3.0}
    assert flight._ledger.network[0] == 2.0
    assert flight.failed(0, 5.0, 3.0, LOST, done=0)
    assert (flight._ledger.network[0], flight._ledger.attempts[0]) == (4.0, 2)


def test_without_hedging_nobody_is_late() -> None:
    """However long it takes."""
    flight = flight_of()
    begin(flight, 0)
    assert flight.late(1e9, never) is None


def test_nobody_is_sent_twice_whose_time_is_over() -> None:
    """The next one that is late is; the first is not looked at again."""
    flight = flight_of(hedge=HEDGE)
    begin(flight, 0)
    begin(flight, 1)
    assert flight.late(5.0, lambda index: 5.0 if index == 0 else 9.0) == 1
    assert flight.late(5.0, never) is None


def test_a_second_attempt_waits_for_the_limit() -> None:
    """The time is known at which to look again."""
    flight = flight_of(gate=Gate(Limits([Rate(1, per=10.0, burst=True)])), hedge=HEDGE)
    begin(flight, 0)
    assert flight.late(3.0, never) is None
    assert flight.hedger is not None
    assert flight.hedger.wake_at == pytest.approx(10.1)
    assert flight.late(10.1, never) == 0


def test_a_second_attempt_is_not_made_while_the_server_may_be_down() -> None:
    """Nobody can tell when to look again, so there is no such time."""
    server = Recorded(Breaker(failure_threshold=1))
    flight = flight_to(server, hedge=HEDGE)
    begin(flight, 0)
    begin(flight, 1)
    flight.failed(1, 1.0, 0.0, LOST, done=0)
    assert flight.late(3.0, never) is None
    assert flight.hedger is not None
    assert flight.hedger.wake_at is None


def unweighable(_: int) -> tuple[float]:
    raise ZeroDivisionError


def test_an_item_that_cannot_be_weighed_again_is_left_alone() -> None:
    """Its first attempt goes on, and it is not asked about again."""
    gate = Gate(Limits([Rate(100, burst=True)]))
    flight = flight_of(gate=gate, hedge=HEDGE)
    begin(flight, 0)
    gate._weigh = unweighable
    assert flight.late(3.0, never) is None
    assert 0 in flight.begun
    gate._weigh = None
    assert flight.late(4.0, never) is None


def interrupted(_: int) -> tuple[float]:
    raise KeyboardInterrupt


def test_an_interrupt_while_weighing_again_goes_on() -> None:
    """It is not the item's."""
    flight = flight_of(gate=Gate(Limits([Rate(100, burst=True)])), hedge=HEDGE)
    begin(flight, 0)
    flight._gate._weigh = interrupted
    with pytest.raises(KeyboardInterrupt):
        flight.late(3.0, never)


def test_a_weight_function_that_ends_the_run_starts_nothing() -> None:
    """What was let through by then is told to have come to nothing."""
    server = Recorded()
    limits = Limits([Rate(100, burst=True, usage=asked_in_vain)])
    gate = Gate(limits, server_of=lambda _: server)
    flight = flight_of(gate=gate, hedge=HEDGE)
    begin(flight, 0)

    def weigh(_: int) -> tuple[float]:
        flight.cut(3.0)
        return (1.0,)

    gate._weigh = weigh
    assert flight.late(3.0, never) is None
    assert flight.under_way == 0
    assert [what for what, _, _ in server.told] == ["started", "released", "started", "released"]
    gate.used(0, 4.0, "late")


# Cutting


def test_all_that_is_under_way_is_cut() -> None:
    """Each counts as a try that took until now, second attempts too."""
    server = Recorded()
    flight = flight_to(server, hedge=HEDGE)
    begin(flight, 0, 0.0)
    begin(flight, 1, 3.5)
    assert flight.late(3.0, never) == 0
    assert flight.cut(4.0) == [0, 1]
    ledger = flight._ledger
    assert list(ledger.attempts) == [2, 1, 0, 0, 0]
    assert list(ledger.network) == [4.0, 0.5, 0.0, 0.0, 0.0]
    assert (flight.attempts, flight.under_way) == (3, 0)
    assert sorted(server.told[3:]) == [("released", 4.0, sent) for sent in (0.0, 3.0, 3.5)]
    assert sum(flight.tempo.histogram()[0]) == 2
