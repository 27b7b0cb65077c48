"""The breaker: when a server is left alone, and how it is found to be back."""

from __future__ import annotations

import math
import threading
from dataclasses import FrozenInstanceError
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from notebook_kit.errors import ConfigurationError
from notebook_kit.policies import Failure, FailureKind
from notebook_kit.policies.breaker import Breaker, Circuit, CircuitState

ERROR = ValueError("of no meaning here")
LOST = Failure(FailureKind.TRANSPORT, ERROR)
TIMED_OUT = Failure(FailureKind.TIMEOUT, ERROR)
INVALID = Failure(FailureKind.INVALID, ERROR)
OTHER = Failure(FailureKind.OTHER, ERROR)
CLOSED, OPEN, HALF_OPEN = CircuitState


def status(code: int | None, retry_after_s: float | None = None) -> Failure:
    return Failure(FailureKind.STATUS, ERROR, code, retry_after_s)


FAULTS = [LOST, TIMED_OUT, status(500), status(503), status(503, 1.0), status(599)]
ANSWERS = [status(400), status(404), status(429), status(429, 1.0), status(499), status(None)]
SILENT = [INVALID, OTHER]


def opened_at(now: float, **options: Any) -> Circuit:
    circuit = Circuit(Breaker(failure_threshold=1, reset_timeout=10.0, **options))
    circuit.failed(now, LOST, sent=now)
    assert circuit.state(now) is OPEN
    return circuit


def probing(now: float) -> Circuit:
    circuit = opened_at(now - 10.0)
    circuit.started(now)
    assert circuit.earliest(now) == math.inf
    return circuit


# The policy


def test_durations_are_read() -> None:
    """Each duration may be seconds, a text or a timedelta."""
    breaker = Breaker(reset_timeout="1 min", window=timedelta(seconds=5), call_timeout="500 ms")
    assert (breaker.reset_timeout, breaker.window, breaker.call_timeout) == (60.0, 5.0, 0.5)
    assert Breaker().window is None
    assert Breaker().call_timeout is None


@pytest.mark.parametrize("name", ["reset_timeout", "window", "call_timeout"])
@pytest.mark.parametrize("value", [0, -1, "soon", math.nan, math.inf, True])
def test_bad_durations_are_refused(name: str, value: Any) -> None:
    """What is no length of time is refused, with the name of the option."""
    with pytest.raises(ConfigurationError, match=name):
        Breaker(**{name: value})


def test_a_breaker_without_an_end_is_refused() -> None:
    """`reset_timeout` must be given: open for ever would be of no use."""
    with pytest.raises(ConfigurationError, match="reset_timeout=None is not a duration"):
        Breaker(reset_timeout=None)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "5", None])
def test_a_bad_threshold_is_refused(value: Any) -> None:
    """Failures are counted in whole numbers from one."""
    with pytest.raises(ConfigurationError, match="failure_threshold"):
        Breaker(failure_threshold=value)


def test_the_policy_is_a_plain_value() -> None:
    """Equal options make equal policies, and none can be changed."""
    assert Breaker(reset_timeout="1 min") == Breaker(reset_timeout=60)
    with pytest.raises(FrozenInstanceError):
        Breaker().failure_threshold = 3  # type: ignore[misc]


def test_the_option_is_read() -> None:
    """The `breaker` option is True for one as it comes, a policy, or None or False for none."""
    mine = Breaker(failure_threshold=3)
    assert Breaker.of(mine) is mine
    default, none = True, False
    assert Breaker.of(default) == Breaker()
    assert Breaker.of(None) is None
    assert Breaker.of(none) is None


@pytest.mark.parametrize("value", [1, 0, "5", 5.0])
def test_other_options_are_refused(value: Any) -> None:
    """A number could be a threshold or a time, so it has to be said which."""
    with pytest.raises(ConfigurationError, match=r"nk\.Breaker\(failure_threshold=5\)"):
        Breaker.of(value)


# What opens it


@pytest.mark.parametrize("failure", FAULTS)
def test_faults_of_the_server_open_it(failure: Failure) -> None:
    """Broken connections, time limits and 5xx count, and the last of so many opens it."""
    circuit = Circuit(Breaker(failure_threshold=3, reset_timeout=10.0))
    for now in (1.0, 2.0):
        circuit.failed(now, failure, sent=now)
        assert circuit.state(now) is CLOSED
        assert circuit.earliest(now) == now
    circuit.failed(3.0, failure, sent=0.0)
    assert circuit.state(3.0) is OPEN
    assert circuit.earliest(3.0) == 13.0
    assert circuit.opened == 1


@pytest.mark.parametrize("failure", [*ANSWERS, *SILENT])
def test_what_is_not_the_servers_fault_does_not_count(failure: Failure) -> None:
    """4xx, items that cannot be sent and errors of the user's own code never open it."""
    circuit = Circuit(Breaker(failure_threshold=1))
    for now in range(100):
        circuit.failed(float(now), failure, sent=float(now))
    assert circuit.state(100.0) is CLOSED


def test_cancelled_attempts_do_not_count() -> None:
    """Cancelling a hundred attempts says nothing about the server."""
    circuit = Circuit(Breaker(failure_threshold=1))
    for _ in range(100):
        circuit.started(0.0)
        circuit.released(1.0, sent=0.0)
    assert circuit.state(1.0) is CLOSED


@pytest.mark.parametrize("answer", [None, *ANSWERS])
def test_an_answer_starts_the_count_anew(answer: Failure | None) -> None:
    """Only failures one after the other count: any answer between them, a 404 too, is a pause."""
    circuit = Circuit(Breaker(failure_threshold=2))
    for now in (1.0, 2.0, 3.0):
        circuit.failed(now, LOST, sent=now)
        if answer is None:
            circuit.succeeded(now, sent=now)
        else:
            circuit.failed(now, answer, sent=now)
    assert circuit.state(3.0) is CLOSED


@pytest.mark.parametrize("failure", SILENT)
def test_what_says_nothing_does_not_start_the_count_anew(failure: Failure) -> None:
    """An item that cannot be sent does not show that the server is well."""
    circuit = Circuit(Breaker(failure_threshold=2))
    circuit.failed(1.0, LOST, sent=1.0)
    circuit.failed(2.0, failure, sent=2.0)
    circuit.failed(3.0, LOST, sent=3.0)
    assert circuit.state(3.0) is OPEN


def test_within_a_window_answers_do_not_matter() -> None:
    """With a window, failures count though others were answered between them."""
    circuit = Circuit(Breaker(failure_threshold=3, window=10.0))
    for now in (1.0, 6.0, 11.0):
        assert circuit.state(now) is CLOSED
        circuit.succeeded(now, sent=now)
        circuit.failed(now, LOST, sent=now)
    assert circuit.state(11.0) is OPEN


def test_failures_older_than_the_window_do_not_count() -> None:
    """With a window, failures that are far enough apart never open it."""
    circuit = Circuit(Breaker(failure_threshold=3, window=10.0))
    for now in range(0, 600, 6):
        circuit.failed(float(now), LOST, sent=float(now))
    assert circuit.state(600.0) is CLOSED


# Open


def test_an_open_circuit_says_when_to_ask_again() -> None:
    """Until its time is up nothing may start, and one that starts all the same is no probe."""
    circuit = opened_at(100.0)
    assert circuit.start_or_wait(109.9) == 110.0
    circuit.started(109.9)
    assert circuit.state(109.9) is OPEN
    assert circuit.earliest(110.0) == 110.0
    assert circuit.earliest(500.0) == 500.0
    assert circuit.state(110.0) is HALF_OPEN


@pytest.mark.parametrize("answer", [None, LOST, status(404), OTHER])
def test_what_was_sent_before_changes_nothing_once_open(answer: Failure | None) -> None:
    """Late answers of attempts from before are ignored while it is open and while it is probed."""
    for now in (101.0, 115.0):
        circuit = opened_at(100.0)
        circuit.started(now)
        before = circuit.state(now), circuit.earliest(now)
        for sent in (0.0, 99.0, 100.0):
            if answer is None:
                circuit.succeeded(now, sent=sent)
            else:
                circuit.failed(now, answer, sent=sent)
            circuit.released(now, sent=sent)
        assert (circuit.state(now), circuit.earliest(now)) == before
        assert circuit.opened == 1


# Half-open


def test_exactly_one_probe_goes_however_many_ask() -> None:
    """Of a thousand who ask one may start, and the others are told that none knows until when."""
    circuit = opened_at(100.0)
    answers = [circuit.start_or_wait(110.0) for _ in range(1_000)]
    assert answers.count(110.0) == 1
    assert answers.count(math.inf) == 999


def test_exactly_one_probe_goes_though_threads_ask_at_once() -> None:
    """Asked for by many threads at the same moment, the probe is given once."""
    circuit = opened_at(100.0)
    ready = threading.Barrier(8)
    granted: list[float] = []

    def ask() -> None:
        ready.wait(10.0)
        granted.extend(at for at in [circuit.start_or_wait(110.0)] if at == 110.0)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10.0)
    assert len(granted) == 1


@pytest.mark.parametrize("answer", [None, *ANSWERS])
def test_an_answered_probe_closes_it(answer: Failure | None) -> None:
    """An answer, be it a 404, shows that the server is back: all go again, from zero."""
    circuit = probing(110.0)
    if answer is None:
        circuit.succeeded(111.0, sent=110.0)
    else:
        circuit.failed(111.0, answer, sent=110.0)
    assert circuit.state(111.0) is CLOSED
    assert [circuit.start_or_wait(111.0) for _ in range(100)] == [111.0] * 100


@pytest.mark.parametrize("failure", FAULTS)
def test_a_failed_probe_opens_it_for_as_long_again(failure: Failure) -> None:
    """However often the probe fails, the next one goes `reset_timeout` after that."""
    circuit = opened_at(100.0)
    now = 110.0
    for times in range(2, 20):
        circuit.started(now)
        circuit.failed(now + 1.0, failure, sent=now)
        assert circuit.opened == times
        assert circuit.state(now + 1.0) is OPEN
        assert circuit.earliest(now + 1.0) == now + 11.0
        now += 11.0


@pytest.mark.parametrize("failure", [None, *SILENT])
def test_a_probe_that_says_nothing_lets_another_go(failure: Failure | None) -> None:
    """A cancelled probe, or one that failed for our own reasons, decides nothing."""
    circuit = probing(110.0)
    if failure is None:
        circuit.released(111.0, sent=110.0)
    else:
        circuit.failed(111.0, failure, sent=110.0)
    assert circuit.state(111.0) is HALF_OPEN
    assert circuit.opened == 1
    assert [circuit.start_or_wait(111.0) for _ in range(2)] == [111.0, math.inf]


def test_late_news_from_before_do_not_open_it_again() -> None:
    """Failures and answers of what was sent before it closed are of the past and do not count."""
    circuit = Circuit(Breaker(failure_threshold=2, reset_timeout=10.0))
    for _ in range(2):
        circuit.failed(100.0, LOST, sent=99.0)
    circuit.started(110.0)
    circuit.succeeded(111.0, sent=110.0)
    for _ in range(5):
        circuit.failed(112.0, TIMED_OUT, sent=99.0)
    assert circuit.state(112.0) is CLOSED
    circuit.failed(113.0, LOST, sent=111.0)
    circuit.succeeded(113.0, sent=99.0)
    circuit.failed(114.0, LOST, sent=111.5)
    assert circuit.state(114.0) is OPEN


class BreakerMachine(RuleBasedStateMachine):
    """Any number of attempts that start when they may and end in any order and in any way."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.window: float | None = None
        self.circuit = Circuit(Breaker(failure_threshold=3, reset_timeout=5.0))
        self.under_way: list[float] = []
        self.probes: list[float] = []
        #: What the state was before the rule, when it last opened, and when it last closed.
        self.opened_at = self.closed_at = -1.0
        #: Failures that count, by the time they were noticed; emptied by what starts anew.
        self.failures: list[float] = []

    @rule(by=st.sampled_from([0.0, 0.25, 1.0, 4.0, 6.0]))
    def time_passes(self, by: float) -> None:
        self.now += by

    @rule(ask=st.booleans())
    def one_asks(self, *, ask: bool) -> None:
        """One asks in either of the two ways, and starts if it may."""
        state = self.circuit.state(self.now)
        if ask:
            at = self.circuit.start_or_wait(self.now)
        else:
            at = self.circuit.earliest(self.now)
            if at == self.now:
                self.circuit.started(self.now)
        assert (at == self.now) == (state is CLOSED or (state is HALF_OPEN and not self.probes))
        if at > self.now:
            assert at == (self.opened_at + 5.0 if state is OPEN else math.inf)
            return
        if state is HALF_OPEN:
            self.probes.append(self.now)
        self.under_way.append(self.now)

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), failure=st.sampled_from([None, LOST, status(500), status(404), OTHER]))
    def one_ends(self, data: st.DataObject, failure: Failure | None) -> None:
        """Any of those under way ends, well or not, and the model says what follows."""
        sent = self.take(data)
        if failure is None:
            self.circuit.succeeded(self.now, sent=sent)
        else:
            self.circuit.failed(self.now, failure, sent=sent)
        if failure is OTHER:
            self.probes = [probe for probe in self.probes if probe != sent]
        else:
            self.expect(sent, fault=failure in (LOST, status(500)))

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def one_is_cancelled(self, data: st.DataObject) -> None:
        sent = self.take(data)
        self.circuit.released(self.now, sent=sent)
        self.probes = [probe for probe in self.probes if probe != sent]

    def take(self, data: st.DataObject) -> float:
        place = data.draw(st.integers(0, len(self.under_way) - 1))
        return self.under_way.pop(place)

    def expect(self, sent: float, *, fault: bool) -> None:
        is_open = self.opened_at > self.closed_at
        if is_open:
            if sent in self.probes:
                self.probes = []
                self.failures = []
                if fault:
                    self.opened_at = self.now
                else:
                    self.closed_at = self.now
        elif sent >= self.closed_at:
            self.failures = [*self.failures, self.now] if fault else []
            if len(self.failures) == 3:
                self.opened_at, self.failures = self.now, []

    @invariant()
    def the_state_is_that_of_the_model(self) -> None:
        if self.opened_at <= self.closed_at:
            assert self.circuit.state(self.now) is CLOSED
        elif self.now < self.opened_at + 5.0:
            assert self.circuit.state(self.now) is OPEN
        else:
            assert self.circuit.state(self.now) is HALF_OPEN

    @invariant()
    def never_two_probes(self) -> None:
        assert len(self.probes) <= 1
        assert (self.circuit.earliest(self.now) == math.inf) == bool(self.probes)


TestBreakerMachine = BreakerMachine.TestCase
TestBreakerMachine.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
