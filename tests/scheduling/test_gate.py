"""The gate: what has to agree before an attempt may start."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from notebook_kit.policies import Breaker, CircuitState, Limits, Rate, Server
from notebook_kit.scheduling.gate import Gate
from tests.scheduling.parts import LOST, REFUSED

if TYPE_CHECKING:
    from collections.abc import Sequence


def rate_of(amount: float, **options: Any) -> Rate:
    return Rate(amount, burst=True, **options)


def gate_to(server: Server, *rates: Rate) -> Gate:
    return Gate(Limits(rates), server_of=lambda _: server)


def broken_server(*, reset_timeout: float = 30.0) -> Server:
    """Return a server whose breaker opened at second 0."""
    server = Server(Breaker(failure_threshold=1, reset_timeout=reset_timeout))
    server.started(0.0)
    server.failed(0.0, LOST, sent=0.0)
    return server


def test_an_open_gate_lets_everybody_through() -> None:
    """Without limits and servers there is nothing to hold up, and nobody has to be told."""
    gate = Gate(Limits())
    assert gate.is_open
    assert not gate.is_told
    assert [gate.admit(index, 1.0) for index in range(3)] == [1.0] * 3
    assert gate.describe(1.0) is None
    assert gate.wait_s(1.0) is None


def test_how_long_a_server_is_left_alone() -> None:
    """Until its probe is due; while that is under way nobody can tell."""
    gate = gate_to(broken_server())
    assert gate.admit(0, 10.0) == 30.0
    assert gate.wait_s(10.0) == 20.0
    assert gate.wait_s(31.0) is None
    assert gate.admit(0, 31.0) == 31.0
    assert gate.wait_s(31.0) is None


def test_the_pace_that_a_server_bears_is_no_wait() -> None:
    """What it has asked for is one; the time from one attempt to the next is not."""
    server = Server()
    gate = gate_to(server)
    for index in range(4):
        assert gate.admit(index, 0.1 * index) == 0.1 * index
    gate.failed(3, 0.5, REFUSED, sent=0.3)
    assert gate.wait_s(0.5) == 5.0
    assert gate.admit(4, 5.5) == 5.5
    assert server.earliest(5.5)[0] > 5.5
    assert gate.wait_s(5.5) is None


def test_a_gate_with_a_server_or_a_limit_is_watched() -> None:
    """Both have to be asked, and told of what became of attempts."""
    for gate in (gate_to(Server()), Gate(Limits([rate_of(1)]))):
        assert not gate.is_open
        assert gate.is_told


# Limits


def test_a_limit_gives_a_time_and_keeps_the_place_in_the_line() -> None:
    """Another run that shares the rate does not overtake who was told to wait."""
    shared = rate_of(1)
    first, second = Gate(Limits([shared])), Gate(Limits([shared]))
    assert first.admit(0, 0.0) == 0.0
    at = first.admit(1, 0.1)
    assert at == pytest.approx(1.01)
    assert first.reason == "limit"
    assert second.admit(0, at) > at
    assert first.admit(1, at) == at


def test_a_place_that_is_given_up_is_free_for_others() -> None:
    """As when a run is paused."""
    shared = rate_of(1)
    first, second = Gate(Limits([shared])), Gate(Limits([shared]))
    first.admit(0, 0.0)
    at = first.admit(1, 0.1)
    first.let_go()
    assert second.admit(0, at) == at


def test_another_item_does_not_inherit_the_place() -> None:
    """Who was weighed last gives it up when another one is asked about."""
    weights = {0: (1.0,), 1: (10.0,), 2: (1.0,)}
    shared = rate_of(10)
    gate = Gate(Limits([shared]), weigh=weights.__getitem__)
    other = Gate(Limits([shared]), weigh=lambda _: (9.0,))
    assert gate.admit(0, 0.0) == 0.0
    assert gate.admit(1, 0.1) > 0.1
    assert gate.admit(2, 0.2) == 0.2
    assert gate.admit(1, 1.1) > 1.1
    # The place that it has now is behind this one's.
    assert other.admit(0, 1.2) > 1.2


def test_an_item_is_weighed_once_while_it_waits() -> None:
    """And anew for limits that took the place of those."""
    weighed = []

    def weigh(index: int) -> Sequence[float]:
        weighed.append(index)
        return (1.0,)

    gate = Gate(Limits([rate_of(1)]), weigh=weigh)
    for now in (0.0, 0.1, 0.2):
        gate.admit(int(now > 0), now)
    assert weighed == [0, 1]
    gate.limits = Limits([rate_of(1)])
    assert gate.admit(1, 0.3) == 0.3
    assert weighed == [0, 1, 1]


def test_limits_that_are_taken_away_hold_nobody_up() -> None:
    """The place in their line is given up with them."""
    shared = rate_of(1)
    gate, other = Gate(Limits([shared])), Gate(Limits([shared]))
    gate.admit(0, 0.0)
    at = gate.admit(1, 0.1)
    gate.limits = Limits()
    assert gate.admit(1, 0.2) == 0.2
    assert other.admit(0, at) == at


def test_what_was_really_used_takes_the_place_of_the_estimate() -> None:
    """Given back with the answer; an estimate that nobody corrects stays."""
    gate = Gate(Limits([rate_of(10, usage=lambda value: value)]), weigh=lambda _: (8.0,))
    assert gate.admit(0, 0.0) == 0.0
    assert gate.admit(1, 0.0) > 0.0
    gate.used(0, 0.1, 1.0)
    assert gate.admit(1, 0.1) == 0.1
    gate.keep_estimate(1)
    gate.used(1, 0.2, 0.0)
    assert gate.admit(2, 0.2) > 0.2


def test_answers_are_waited_for_that_were_let_through_by_limits_taken_away() -> None:
    """Only as long as there are any."""
    gate = Gate(Limits([rate_of(10, usage=lambda value: value)]))
    gate.admit(0, 0.0)
    gate.limits = Limits()
    assert gate.is_told
    gate.used(0, 0.1, 1.0)
    assert not gate.is_told


def test_what_is_sent_later_than_it_was_let_through_counts_from_then() -> None:
    """Once, and only where somebody tells of it."""
    gate = Gate(Limits([rate_of(1)]), tells_sent=True)
    assert gate.admit(0, 0.0) == 0.0
    gate.sent(0, 0.5)
    gate.sent(0, 0.9)
    assert gate.admit(1, 0.6) == pytest.approx(1.51)
    plain = Gate(Limits([rate_of(1)]))
    plain.admit(0, 0.0)
    plain.sent(0, 0.5)
    assert plain.admit(1, 0.6) == pytest.approx(1.01)


def test_what_was_sent_can_still_be_corrected_by_its_answer() -> None:
    """Where the answer tells what was used."""
    gate = Gate(Limits([rate_of(10, usage=lambda value: value)]), tells_sent=True)
    gate._weigh = lambda _: (8.0,)
    gate.admit(0, 0.0)
    gate.sent(0, 0.5)
    assert gate.admit(1, 0.6) == pytest.approx(1.51)
    gate.used(0, 0.7, 2.0)
    assert gate.admit(1, 0.7) == 0.7


# The server


def test_nobody_goes_while_the_server_asks_to_wait() -> None:
    """The reason is the server, and it is told in words."""
    server = Server()
    gate = gate_to(server)
    assert gate.admit(0, 0.0) == 0.0
    gate.failed(0, 0.5, REFUSED, sent=0.0)
    assert gate.admit(1, 1.0) == 5.5
    assert gate.reason == "server"
    assert gate.describe(1.0) == "the server said to wait 5\xa0s"


def test_one_probe_at_a_time_and_a_look_now_and_then_while_it_is_under_way() -> None:
    """It may be under way in another run, which tells nobody here how it went."""
    gate = gate_to(broken_server())
    assert gate.admit(0, 1.0) == 30.0
    assert gate.reason == "breaker"
    assert gate.admit(0, 30.0) == 30.0
    assert gate.admit(1, 30.0) == 30.25
    gate.succeeded(0, 30.1, sent=30.0, hint=None)
    assert gate.admit(1, 30.2) == 30.2


def test_a_probe_that_fails_is_known_as_one() -> None:
    """Nothing else that fails is, and it is forgotten with the next failure."""
    gate = gate_to(broken_server())
    gate.admit(0, 30.0)
    gate.failed(0, 31.0, LOST, sent=30.0)
    assert gate.probed
    gate.failed(1, 32.0, LOST, sent=29.0)
    assert not gate.probed
    without = Gate(Limits())
    without.failed(0, 1.0, LOST, sent=0.0)
    assert not without.probed


def test_a_probe_that_is_cut_off_makes_way_for_another() -> None:
    """It says nothing of the server."""
    gate = gate_to(broken_server())
    gate.admit(0, 30.0)
    gate.released(0, 31.0, sent=30.0)
    assert gate.admit(1, 31.0) == 31.0


def test_who_waits_for_its_server_gives_up_its_place_at_the_limit() -> None:
    """Others who share the limit need not wait for it."""
    server, shared = Server(), rate_of(1)
    gate, other = gate_to(server, shared), Gate(Limits([shared]))
    gate.admit(0, 0.0)
    at = gate.admit(1, 0.1)
    server.failed(0.2, REFUSED, sent=0.0)
    assert gate.admit(1, 0.3) == 5.2
    assert other.admit(0, at) == at


def test_who_waits_for_a_limit_is_not_counted_as_sent() -> None:
    """The server hears of those that start."""
    server = broken_server()
    gate = gate_to(server, rate_of(1))
    gate.limits.take_or_wait(29.5, (1.0,))
    assert gate.admit(0, 30.0) == pytest.approx(30.51)
    assert gate.reason == "limit"
    assert server.circuit is not None
    assert server.circuit.earliest(30.1) == 30.1


def test_what_was_learnt_is_told_at_the_end() -> None:
    """How often the server refused, where it did."""
    gate = gate_to(Server())
    gate.failed(0, 1.0, LOST, sent=0.0)
    assert gate.learnt() is None
    gate.failed(0, 1.0, REFUSED, sent=0.0)
    assert gate.learnt() == "slowed down: the server refused once"
    gate.refused = 1_200
    assert gate.learnt() == "slowed down: the server refused 1,200 times"


@pytest.mark.parametrize("again", [False, True])
def test_who_is_let_through_by_both_is_told_to_the_server_and_counted(*, again: bool) -> None:
    """A first attempt and a second one."""
    server = Server()
    gate = gate_to(server, rate_of(1))
    assert (gate.admit_once_more if again else gate.admit)(0, 1.0) == 1.0
    assert server.pace._under_way == 1
    assert gate.admit(1, 1.5) == pytest.approx(2.01)


# A second attempt


def test_what_was_used_beyond_the_estimate_counts_from_the_second_attempt() -> None:
    """Nobody knows which of the two was answered: the window must hold if it was the second."""
    gate = Gate(Limits([rate_of(10, per=10.0, usage=lambda value: value)]))
    assert gate.admit(0, 0.0) == 0.0
    assert gate.admit_once_more(0, 9.0) == 9.0
    gate.used(0, 9.5, 9.0)
    # Nine were used at 9.0: at most one more may go until 19.1.
    assert [gate.admit(index, 10.2) for index in (1, 2)] == [10.2, pytest.approx(19.1)]


def test_a_second_attempt_never_probes() -> None:
    """That is for those to do who have none under way; nobody can say when to ask again."""
    server = broken_server()
    gate = gate_to(server)
    assert gate.admit_once_more(0, 1.0) == math.inf
    assert gate.admit_once_more(0, 31.0) == math.inf
    assert server.circuit is not None
    assert server.circuit.state(31.0) is CircuitState.HALF_OPEN
    assert gate.admit(1, 31.0) == 31.0


def test_a_second_attempt_takes_of_the_limits_but_no_place_in_their_line() -> None:
    """It waits for what is left over."""
    shared = rate_of(2)
    gate, other = Gate(Limits([shared])), Gate(Limits([shared]))
    gate.admit(0, 0.0)
    assert gate.admit_once_more(0, 0.1) == 0.1
    at = gate.admit_once_more(0, 0.2)
    assert at == pytest.approx(1.01)
    assert other.admit(0, at) == at


def test_a_second_attempt_is_told_to_the_server() -> None:
    """As every attempt that is sent."""
    server = Server()
    assert gate_to(server).admit_once_more(0, 1.0) == 1.0
    assert server.pace._under_way == 1


# A server that nobody has named


def test_a_pace_is_begun_at_the_first_refusal() -> None:
    """Told of what was answered before, so that it does not begin from nothing."""
    gate = Gate(Limits())
    gate.mind_the_server(admitted=100, since=0.0, now=10.0)
    assert not gate.is_open
    gate.failed(0, 10.0, REFUSED, sent=9.9)
    assert gate.admit(0, 10.1) == 15.0
    said = gate.describe(16.0)
    assert said is not None
    rate = float(said.removeprefix("at most ").partition("/s")[0])
    # Ten a second were let in, as evenly as could be.
    assert 5.0 <= rate <= 10.0


def test_a_pace_is_told_of_no_more_answers_than_it_remembers() -> None:
    """The last of them, at the times at which they may have been."""
    started: list[float] = []
    told: list[float] = []

    class Heard(Server):
        def started(self, now: float) -> None:
            started.append(now)

        def succeeded(self, now: float, *, sent: float, hint: object = None) -> None:
            told.append(now)

    gate = Gate(Limits())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("notebook_kit.scheduling.gate.Server", Heard)
        gate.mind_the_server(admitted=8_000, since=100.0, now=140.0)
    assert len(told) == 2_000
    assert told == started
    assert told[0] == pytest.approx(130.0)
    assert told[-1] == pytest.approx(140.0, abs=0.01)


def test_a_server_that_is_known_is_not_replaced() -> None:
    """Nor one that was begun before; before any answer there is nothing to tell."""
    server = Server()
    gate = gate_to(server)
    gate.mind_the_server(admitted=10, since=0.0, now=1.0)
    gate.admit(0, 1.0)
    assert server.pace._under_way == 1
    fresh = Gate(Limits())
    fresh.mind_the_server(admitted=0, since=0.0, now=1.0)
    assert fresh.admit(0, 1.0) == 1.0


# The short way


def test_who_has_a_server_only_to_ask_is_let_through_by_it() -> None:
    """The server is told of it, as `admit` tells it."""
    server = Server(Breaker())
    gate = gate_to(server)
    assert [gate.lets_through(index, 1.0) for index in range(2)] == [True, True]
    assert server.pace._under_way == 2


@pytest.mark.parametrize(
    "gate",
    [
        Gate(Limits()),
        gate_to(Server(), rate_of(9)),
        gate_to(broken_server()),
        Gate(Limits(), server_of=lambda index: [Server()][index + 1]),
    ],
)
def test_whatever_else_there_is_to_say_is_for_admit(gate: Gate) -> None:
    """No server, a limit, a server that is not ready, one that nobody can find."""
    assert not gate.lets_through(0, 1.0)


def test_a_place_in_a_line_is_given_up_with_care() -> None:
    """Limits that were taken away have to be let go first, which is for `admit` to do."""
    gate = gate_to(Server(), rate_of(1))
    assert gate.admit(0, 0.0) == 0.0
    assert gate.admit(1, 0.1) > 0.1
    gate.limits = Limits()
    assert not gate.lets_through(1, 0.2)
    assert gate.admit(1, 0.2) == 0.2
    assert gate.lets_through(2, 0.2)


def test_only_what_took_of_a_limit_has_to_be_told_of_when_it_leaves() -> None:
    """Where the transport tells of it at all, and until it has ended."""
    gate = Gate(Limits([rate_of(9)]), tells_sent=True)
    gate.admit(0, 0.0)
    assert gate.awaits_sending(0)
    assert not gate.awaits_sending(1)
    gate.used(0, 1.0, None)
    gate.used(1, 1.0, None)
    assert not gate.awaits_sending(0)
