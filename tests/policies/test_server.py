"""One server as its callers see it: its pace and its breaker."""

from __future__ import annotations

import math

import pytest

from notebook_kit.policies import (
    Breaker,
    CircuitState,
    Failure,
    FailureKind,
    RateHint,
    Server,
    ServerPace,
)

LOST = Failure(FailureKind.TRANSPORT, ConnectionError("reset"))
BROKEN = Failure(FailureKind.STATUS, ValueError("broken"), 500)
MISSING = Failure(FailureKind.STATUS, ValueError("no such row"), 404)
REFUSED = Failure(FailureKind.STATUS, ValueError("too many"), 429, 10.0)
BUSY = Failure(FailureKind.STATUS, ValueError("busy"), 503, 10.0)
OWN = Failure(FailureKind.OTHER, ValueError("bad"))


class Heard(ServerPace):
    """A pace that writes down what it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[tuple[float, float, RateHint | None]] = []

    def succeeded(self, now: float, *, sent: float, hint: RateHint | None = None) -> None:
        self.answers.append((now, sent, hint))
        super().succeeded(now, sent=sent, hint=hint)


def server_with_breaker() -> Server:
    return Server(Breaker(failure_threshold=1, reset_timeout=30.0))


def fail(server: Server, failure: Failure, now: float = 1.0, sent: float = 0.0) -> bool:
    if sent == 0.0:
        server.started(sent)
    return server.failed(now, failure, sent=sent)


def test_a_server_that_said_nothing_holds_nobody_up() -> None:
    """Neither first attempts nor second ones, and there is nothing to say of it."""
    server = Server()
    assert server.circuit is None
    assert server.earliest(5.0) == (5.0, "server")
    assert server.spare(5.0) == 5.0
    assert server.describe(5.0) is None


def test_a_pace_may_be_shared() -> None:
    """What one caller is told holds for the other."""
    pace = ServerPace()
    one, other = Server(pace=pace), Server(pace=pace)
    fail(one, REFUSED)
    assert other.earliest(2.0) == (11.0, "server")


def test_a_good_answer_is_told_to_the_pace() -> None:
    """With what it said of its limits, and how many more are awaited."""
    pace = Heard()
    server = Server(pace=pace)
    hint = RateHint(limit=100, remaining=50, reset_s=60.0, refills=False)
    server.started(0.0)
    server.started(0.0)
    server.succeeded(1.0, sent=0.0, hint=hint)
    assert pace.answers == [(1.0, 0.0, hint)]
    assert pace._under_way == 1


@pytest.mark.parametrize("failure", [REFUSED, BUSY])
def test_a_refusal_holds_up_all(failure: Failure) -> None:
    """First attempts and second ones, for as long as was asked."""
    server = Server()
    fail(server, failure)
    assert server.earliest(2.0) == (11.0, "server")
    assert server.spare(2.0) == 11.0
    assert server.describe(2.0) == "the server said to wait 9\xa0s"


def test_a_refusal_s_hint_is_read() -> None:
    """What it says of its limit counts beside the wait."""
    server = Server()
    hint = RateHint(limit=10, remaining=0, reset_s=60.0, refills=False)
    fail(server, Failure(FailureKind.STATUS, ValueError("too many"), 429, hint=hint))
    assert server.earliest(2.0)[0] >= 60.0


@pytest.mark.parametrize("failure", [MISSING, BROKEN])
def test_an_error_that_was_answered_says_as_much_of_the_pace_as_any_answer(
    failure: Failure,
) -> None:
    """It was let in, and its headers are read."""
    pace = Heard()
    hint = RateHint(limit=100, remaining=50, reset_s=60.0, refills=False)
    answered = Failure(failure.kind, failure.error, failure.status_code, hint=hint)
    fail(Server(pace=pace), answered)
    assert pace.answers == [(1.0, 0.0, hint)]


@pytest.mark.parametrize("failure", [LOST, OWN])
def test_what_was_not_answered_says_nothing_of_the_pace(failure: Failure) -> None:
    """Nobody knows whether it was let in."""
    pace = Heard()
    fail(Server(pace=pace), failure)
    assert pace.answers == []


def test_a_server_that_fails_is_left_alone_and_then_probed() -> None:
    """By one at a time; a probe that fails is known as one."""
    server = server_with_breaker()
    assert not fail(server, LOST)
    assert server.earliest(2.0) == (31.0, "breaker")
    assert server.earliest(31.0) == (31.0, "server")
    server.started(31.0)
    assert server.earliest(31.0) == (math.inf, "breaker")
    assert fail(server, BROKEN, now=32.0, sent=31.0)
    assert server.earliest(33.0) == (62.0, "breaker")


def test_an_answer_to_the_probe_lets_all_go_again() -> None:
    """At once."""
    server = server_with_breaker()
    fail(server, LOST)
    server.started(31.0)
    server.succeeded(32.0, sent=31.0)
    assert server.earliest(32.0) == (32.0, "server")
    assert server.circuit is not None
    assert server.circuit.state(32.0) is CircuitState.CLOSED


def test_a_probe_that_is_cut_off_makes_way_for_another() -> None:
    """It says neither good nor bad; without a breaker nobody minds."""
    server = server_with_breaker()
    fail(server, LOST)
    server.started(31.0)
    server.released(32.0, sent=31.0)
    assert server.earliest(32.0) == (32.0, "server")
    plain = Server()
    plain.started(0.0)
    plain.released(1.0, sent=0.0)
    assert plain.earliest(1.0) == (1.0, "server")


def test_what_could_be_done_without_is_not_asked_of_a_server_that_may_be_down() -> None:
    """Neither while it is left alone nor while it is probed."""
    server = server_with_breaker()
    assert server.spare(0.0) == 0.0
    fail(server, LOST)
    assert server.spare(2.0) == math.inf
    assert server.spare(31.0) == math.inf
    server.started(31.0)
    server.succeeded(32.0, sent=31.0)
    assert server.spare(32.0) == 32.0


def test_what_holds_up_callers_is_said_in_words() -> None:
    """When it will be tried again, or that it is being tried."""
    server = server_with_breaker()
    assert server.describe(0.0) is None
    fail(server, LOST)
    assert server.describe(11.0) == "the server keeps failing, next try in 20\xa0s"
    assert server.describe(31.0) == "the server keeps failing, trying now"
    server.started(31.0)
    assert server.describe(32.0) == "the server keeps failing, trying now"
    server.succeeded(33.0, sent=31.0)
    assert server.describe(33.0) is None
