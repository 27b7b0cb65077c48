"""Runs whose endpoint is unavailable, and that have something else to give; on a manual clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from notebook_kit.errors import CircuitOpen, NotebookKitError
from notebook_kit.policies import (
    Breaker,
    Failure,
    FailureKind,
    Hedge,
    Limits,
    Rate,
    Retry,
    Server,
    classify,
)
from notebook_kit.scheduling import (
    DONE,
    WAIT,
    Answer,
    Endings,
    NotRescued,
    Rescued,
    Scheduler,
    Source,
    Status,
    Stop,
    StopKind,
)
from tests.scheduling.parts import BAD, INVALID, SLOW, asked, budget_of, scheduler_of, statuses

if TYPE_CHECKING:
    from collections.abc import Callable

ONCE = Retry.of(0)
NOTHING = classify(NotRescued("nothing is kept"))


def lost() -> Failure:
    """Return a failure of its own, as it may be given notes."""
    return Failure(FailureKind.TRANSPORT, ConnectionError("reset"))


def run_of(count: int, **terms: Any) -> Scheduler:
    """Return a scheduler that can rescue from all but bad calls."""
    terms.setdefault("retry", ONCE)
    terms.setdefault("rescues", lambda failure: failure is not BAD)
    return scheduler_of(count, **terms)


def rescuing(count: int, failure: Failure | None = None, **terms: Any) -> Scheduler:
    """Return a scheduler whose first item has failed at 1.0 and is being rescued since."""
    scheduler = run_of(count, **terms)
    assert scheduler.next(0.0) == 0
    assert scheduler.failed(0, 1.0, failure or lost())
    assert scheduler.next(1.0) == 0
    return scheduler


def test_when_the_tries_are_over_something_else_is_given() -> None:
    """The item is started once more, at once, and is good."""
    scheduler = run_of(1, retry=Retry(max_attempts=2, base_delay=4.0))
    assert scheduler.next(0.0) == 0
    assert scheduler.failed(0, 1.0, lost())
    assert asked(scheduler, [1.0, 5.0]) == [WAIT, 0]
    assert scheduler.failed(0, 6.0, lost())
    assert not scheduler.nothing_left
    assert scheduler.next(6.0) == 0
    assert 0 in scheduler.rescues.under_way
    scheduler.rescued(0, 6.5, Rescued("else", 200, sent=True))
    outcome = scheduler.ledger.outcome(0, None)
    assert (outcome.status, outcome.source, outcome.value) == ("ok", "fallback", "else")
    assert (outcome.attempts, outcome.status_code, outcome.error) == (3, 200, None)
    assert (outcome.network_s, outcome.backoff_s) == (2.5, 4.0)
    assert scheduler.attempts == 3
    assert scheduler.next(6.5) == DONE


def test_what_needs_no_request_is_no_attempt() -> None:
    """Neither counted nor timed."""
    scheduler = rescuing(1)
    scheduler.rescued(0, 1.25, Rescued("else"))
    outcome = scheduler.ledger.outcome(0, None)
    assert (outcome.attempts, outcome.network_s, outcome.status_code) == (1, 1.0, None)
    assert scheduler.attempts == 1


def test_from_other_failures_nobody_is_rescued() -> None:
    """They are the row's error."""
    scheduler = run_of(1)
    scheduler.next(0.0)
    assert not scheduler.failed(0, 1.0, BAD)
    assert statuses(scheduler) == ["failed"]
    assert scheduler.next(1.0) == DONE


@pytest.mark.parametrize(("sent", "attempts"), [(True, 2), (False, 1)])
def test_when_that_fails_too_the_first_error_counts(*, sent: bool, attempts: int) -> None:
    """With a note; an attempt was made if something was sent."""
    first = lost()
    scheduler = rescuing(1, first)
    assert not scheduler.failed(0, 2.0, classify(NotRescued("the mirror is down", sent=sent)))
    outcome = scheduler.ledger.outcome(0, None)
    assert (outcome.status, outcome.attempts, outcome.source) == ("failed", attempts, "network")
    assert outcome.error is first.error
    assert first.error.__notes__ == ["The fallback failed too: the mirror is down"]
    assert scheduler.next(2.0) == DONE


def test_a_rescue_that_raises_something_else_was_sent() -> None:
    """A time limit, say, that cut it off."""
    scheduler = rescuing(1)
    scheduler.failed(0, 2.0, SLOW)
    assert scheduler.ledger.attempts[0] == 2
    assert statuses(scheduler) == ["failed"]


def test_a_rescued_item_is_no_error() -> None:
    """`max_errors` counts those that failed."""
    scheduler = run_of(3, max_concurrency=1, endings=Endings(max_errors=0))
    for index in range(3):
        assert scheduler.next(index) == index
        scheduler.failed(index, index + 0.2, lost())
        assert scheduler.next(index + 0.2) == index
        scheduler.rescued(index, index + 0.4, Rescued(index))
    assert scheduler.stop is None
    assert scheduler.settler.tally.groups() == ()
    assert statuses(scheduler) == ["ok"] * 3


def test_a_rescue_goes_before_those_who_wait_at_the_gate() -> None:
    """It asks for no permit, and takes none."""
    limits = Limits([Rate(1, per=100.0, burst=True)])
    scheduler = run_of(2, limits=limits)
    assert asked(scheduler, [0.0, 0.0]) == [0, WAIT]
    scheduler.failed(0, 1.0, lost())
    assert scheduler.next(1.0) == 0
    scheduler.rescued(0, 1.5, Rescued("else"))
    assert scheduler.next(1.5) == WAIT
    assert scheduler.waiting_for == "limit"
    assert scheduler.next(102.0) == 1


def test_a_rescue_counts_as_under_way() -> None:
    """No more are started than may be."""
    scheduler = run_of(2, max_concurrency=1)
    scheduler.next(0.0)
    scheduler.failed(0, 1.0, lost())
    assert asked(scheduler, [1.0, 1.0]) == [0, WAIT]
    scheduler.rescued(0, 2.0, Rescued(0))
    assert scheduler.next(2.0) == 1


def test_a_late_word_of_a_rescue_is_not_heeded() -> None:
    """An item ends once."""
    scheduler = run_of(1)
    scheduler.rescued(0, 1.0, Rescued("else"))
    assert scheduler.ledger.done == 0


# The server


def server_of(breaker: Breaker) -> tuple[Server, Callable[[int], Server]]:
    server = Server(breaker)
    return server, lambda _index: server


def behind_a_breaker(count: int, **terms: Any) -> Scheduler:
    """Return a scheduler whose breaker is open until 51.0 because of the item being rescued."""
    _, server_of_item = server_of(Breaker(failure_threshold=1, reset_timeout=50.0))
    return rescuing(count, max_concurrency=1, server_of=server_of_item, **terms)


def test_failures_are_held_against_the_server_and_rescues_are_not_told() -> None:
    """The breaker opens after as many failures as without a fallback, and stays open."""
    server, server_of_item = server_of(Breaker(failure_threshold=2, reset_timeout=50.0))
    scheduler = run_of(2, max_concurrency=1, server_of=server_of_item)
    for index in range(2):
        assert scheduler.next(index) == index
        scheduler.failed(index, index + 0.2, lost())
        assert scheduler.next(index + 0.2) == index
        scheduler.rescued(index, index + 0.4, Rescued(index, sent=True))
    assert server.circuit is not None
    assert server.circuit.earliest(2.0) == pytest.approx(51.2)


def test_while_the_breaker_is_open_items_are_rescued_unsent() -> None:
    """Nobody waits for the server, and the error says why nothing was sent."""
    scheduler = behind_a_breaker(3)
    scheduler.rescued(0, 1.0, Rescued(0))
    assert scheduler.next(2.0) == 1
    error = scheduler.rescues.under_way[1].error
    assert isinstance(error, CircuitOpen)
    assert error.retry_at_s == pytest.approx(49.0)
    scheduler.rescued(1, 2.0, Rescued(1))
    # When it may be tried again, it is: by one that is sent.
    assert scheduler.next(51.5) == 2
    assert not scheduler.rescues.under_way
    scheduler.succeeded(2, 52.0, "back")
    assert scheduler.ledger.attempts.tolist() == [1, 0, 1]


def test_who_cannot_be_rescued_waits_for_the_server() -> None:
    """Others that can be go before it; when the server is back it is sent."""
    scheduler = behind_a_breaker(3)
    scheduler.rescued(0, 1.0, Rescued(0))
    assert scheduler.next(2.0) == 1
    assert scheduler.failed(1, 2.0, NOTHING)
    assert scheduler.next(2.0) == 2
    scheduler.rescued(2, 2.0, Rescued(2))
    assert scheduler.next(2.0) == WAIT
    assert scheduler.wake_at == pytest.approx(51.0)
    assert scheduler.waiting_for == "breaker"
    assert scheduler.next(51.0) == 1
    assert not scheduler.rescues.under_way
    scheduler.succeeded(1, 52.0, "back")
    assert scheduler.next(52.0) == DONE
    assert [it.source for it in (scheduler.ledger.outcome(i, None) for i in range(3))] == [
        "fallback",
        "network",
        "fallback",
    ]


def test_time_runs_for_who_waits_for_the_server() -> None:
    """`item_timeout` ends the wait of one that cannot be rescued."""
    scheduler = behind_a_breaker(2, item_timeout_s=10.0)
    scheduler.failed(0, 1.0, NOTHING)
    assert scheduler.next(1.0) == 1
    assert scheduler.failed(1, 1.0, NOTHING)
    assert scheduler.next(1.0) == WAIT
    assert scheduler.wake_at == pytest.approx(11.0)
    assert scheduler.next(11.0) == DONE
    assert statuses(scheduler) == ["failed", "timeout"]


# With other options


def test_who_is_rescued_is_not_sent_twice() -> None:
    """A rescue is no late call."""
    scheduler = run_of(1, max_concurrency=2, hedge=Hedge(after=1.0, max_share=1.0))
    scheduler.next(0.0)
    scheduler.failed(0, 0.5, lost())
    assert asked(scheduler, [0.5, 9.0]) == [0, WAIT]
    scheduler.rescued(0, 9.0, Rescued("else"))
    assert scheduler.next(9.0) == DONE


def test_of_two_attempts_both_have_to_fail() -> None:
    """As long as one is under way nothing else is given."""
    scheduler = run_of(1, max_concurrency=2, hedge=Hedge(after=1.0, max_share=1.0))
    assert asked(scheduler, [0.0, 1.0]) == [0, 0]
    assert scheduler.failed(0, 2.0, lost())
    assert not scheduler.rescues.waiting
    assert scheduler.failed(0, 3.0, lost())
    assert scheduler.next(3.0) == 0
    assert scheduler.failed(0, 4.0, NOTHING) is False
    assert statuses(scheduler) == ["failed"]


def test_equal_items_have_the_same_fallback() -> None:
    """And are said to have it."""
    scheduler = run_of(2, identify=lambda _index: "the same")
    assert asked(scheduler, [0.0, 0.0]) == [0, WAIT]
    scheduler.failed(0, 1.0, lost())
    scheduler.next(1.0)
    scheduler.rescued(0, 2.0, Rescued("else"))
    assert scheduler.ledger.values == ["else", "else"]
    assert list(scheduler.ledger.source) == [Source.FALLBACK] * 2
    assert scheduler.next(2.0) == DONE


def test_a_rescue_is_reckoned_with_as_the_item_was() -> None:
    """With too little left for anybody else, who was sent is rescued all the same."""
    scheduler = run_of(2, max_concurrency=1, endings=budget_of(2.0, spent=1.0))
    assert scheduler.next(0.0) == 0
    scheduler.failed(0, 1.0, lost())
    assert scheduler.next(1.0) == 0
    scheduler.rescued(0, 2.0, Rescued("else"))
    assert scheduler.next(2.0) == 1


# Ending


def test_a_run_that_is_drained_rescues_nobody_more() -> None:
    """What is under way comes to its end as it is."""
    scheduler = run_of(2)
    assert asked(scheduler, [0.0, 0.0]) == [0, 1]
    scheduler.failed(0, 1.0, lost())
    scheduler.next(1.0)
    scheduler.drain(1.5)
    assert not scheduler.failed(1, 2.0, lost())
    scheduler.rescued(0, 2.0, Rescued("else"))
    assert statuses(scheduler) == ["ok", "failed"]
    assert scheduler.next(2.0) == DONE


def test_who_waits_for_a_rescue_when_the_run_ends_has_failed() -> None:
    """With his own error, told aside."""
    scheduler = run_of(2, max_concurrency=1)
    scheduler.next(0.0)
    failure = lost()
    scheduler.failed(0, 1.0, failure)
    scheduler.drain(1.0, Stop(StopKind.TIME, "enough"))
    assert statuses(scheduler) == ["failed", "skipped"]
    assert scheduler.ledger.errors[0] is failure.error
    assert scheduler.aside == [0]
    assert scheduler.next(1.0) == DONE


def test_an_unsent_item_whose_run_ends_has_failed() -> None:
    """It does not go back to wait for its server."""
    scheduler = behind_a_breaker(2)
    scheduler.rescued(0, 1.0, Rescued(0))
    assert scheduler.next(2.0) == 1
    scheduler.drain(2.5)
    assert not scheduler.failed(1, 3.0, NOTHING)
    assert isinstance(scheduler.ledger.errors[1], CircuitOpen)
    assert isinstance(scheduler.ledger.errors[1], NotebookKitError)
    assert scheduler.next(3.0) == DONE


@pytest.mark.parametrize("how", ["cancel", "expire"])
def test_a_rescue_is_cut_off_with_the_run(how: str) -> None:
    """Its server is told of nothing."""
    told: list[float] = []

    class Told(Server):
        def released(self, now: float, *, sent: float) -> None:
            told.append(sent)
            super().released(now, sent=sent)

    server = Told(Breaker(failure_threshold=9, reset_timeout=50.0))
    scheduler = run_of(2, max_concurrency=2, server_of=lambda _index: server)
    asked(scheduler, [0.0, 0.0])
    scheduler.failed(0, 1.0, lost())
    assert scheduler.next(1.0) == 0
    if how == "cancel":
        scheduler.cancel(2.0)
        assert statuses(scheduler) == ["cancelled"] * 2
    else:
        scheduler.expire(2.0, "over")
        assert statuses(scheduler) == ["timeout"] * 2
    assert told == [0.0]
    scheduler.rescued(0, 3.0, Rescued("late"))
    assert not scheduler.failed(0, 3.0, NOTHING)
    assert scheduler.next(3.0) == DONE


# What is known


def test_an_item_whose_answer_is_known_is_not_started() -> None:
    """It takes no permit, and those behind it go on."""
    known = {0: Answer("zero", 200, Source.CACHE), 2: Answer(None, 204, Source.CACHE)}
    limits = Limits([Rate(1, per=100.0, burst=True)])
    scheduler = scheduler_of(3, known=known.get, limits=limits)
    assert scheduler.next(1.0) == 1
    scheduler.succeeded(1, 2.0, "one")
    assert scheduler.next(2.0) == DONE
    outcomes = [scheduler.ledger.outcome(index, None) for index in range(3)]
    assert [it.value for it in outcomes] == ["zero", "one", None]
    assert [it.source for it in outcomes] == ["cache", "network", "cache"]
    assert [it.attempts for it in outcomes] == [0, 1, 0]
    assert [it.status_code for it in outcomes] == [200, None, 204]
    assert [it.started for it in outcomes] == [1.0, 1.0, 2.0]
    assert scheduler.ledger.reused == 2
    assert scheduler.aside == [0, 2]


def test_what_becomes_known_while_an_item_waits() -> None:
    """It is asked again in its turn, and gives up its place in the line of a limit."""
    known: dict[int, Answer] = {}
    limits = Limits([Rate(1, per=100.0, burst=True)])
    scheduler = scheduler_of(2, known=known.get, limits=limits)
    assert asked(scheduler, [0.0, 1.0]) == [0, WAIT]
    known[1] = Answer("one", 200, Source.CACHE)
    assert scheduler.next(2.0) == WAIT
    assert statuses(scheduler) == ["cancelled", "ok"]
    scheduler.succeeded(0, 3.0, "zero")
    assert scheduler.next(3.0) == DONE


def test_equal_items_that_wait_have_what_is_known() -> None:
    """Those that waited for the item are settled with it."""
    known: dict[int, Answer] = {}
    scheduler = scheduler_of(
        2, known=known.get, identify=lambda _index: "the same", retry=Retry(base_delay=4.0)
    )
    assert asked(scheduler, [0.0, 0.0]) == [0, WAIT]
    scheduler.failed(0, 1.0, lost())
    known[0] = Answer("zero", 200, Source.CACHE)
    assert scheduler.next(5.0) == DONE
    assert scheduler.ledger.values == ["zero", "zero"]
    assert scheduler.ledger.attempts.tolist() == [1, 0]


def test_a_known_answer_that_cannot_be_read_is_the_rows_error() -> None:
    """As if it had just come."""

    def known(_index: int) -> Answer | None:
        message = "no JSON"
        raise ValueError(message)

    scheduler = scheduler_of(1, known=known)
    assert scheduler.next(0.0) == DONE
    assert statuses(scheduler) == ["failed"]


def test_what_is_known_may_end_the_run() -> None:
    """A function of the user's that reads it has cancelled all."""

    def known(_index: int) -> Answer | None:
        scheduler.cancel(0.0)
        return Answer("zero", 200, Source.CACHE)

    scheduler = scheduler_of(2, known=known)
    assert scheduler.next(0.0) == DONE
    assert statuses(scheduler) == ["cancelled"] * 2


def test_others_have_a_turn_between_those_that_are_known() -> None:
    """After fifty in one go the loop is given back, to be asked again at once."""
    scheduler = scheduler_of(120, known=lambda index: Answer(index, 200, Source.CACHE))
    for count in (50, 100):
        assert scheduler.next(1.0) == WAIT
        assert scheduler.wake_at == 1.0
        assert scheduler.ledger.counts[Status.OK] == count
    assert scheduler.next(1.0) == DONE
    assert scheduler.ledger.counts[Status.OK] == 120


def test_an_item_whose_time_is_over_before_its_rescue_begins_ends_once() -> None:
    """While the run is paused nothing begins, and it is the rescue that ends the item then."""
    scheduler = run_of(2, retry=Retry(max_attempts=2, base_delay=1.0), item_timeout_s=10.0)
    scheduler.max_concurrency = 2
    assert asked(scheduler, [0.0, 0.0]) == [0, 1]
    assert scheduler.failed(0, 0.5, lost())
    assert scheduler.failed(1, 1.0, lost())
    assert asked(scheduler, [1.0, 2.0, 2.0]) == [WAIT, 0, 1]
    assert scheduler.failed(0, 3.0, lost())
    assert scheduler.failed(1, 3.0, lost())
    scheduler.paused = True
    assert asked(scheduler, [3.0, 20.0]) == [WAIT, WAIT]
    scheduler.paused = False
    assert asked(scheduler, [20.0, 20.0]) == [0, 1]
    for index in (0, 1):
        scheduler.rescued(index, 20.0, Rescued("else"))
    assert statuses(scheduler) == ["ok", "ok"]
    assert sum(scheduler.ledger.counts) == scheduler.ledger.done == 2
    assert scheduler.next(20.0) == DONE


@pytest.mark.parametrize("sent", [True, False])
def test_equal_items_have_one_rescue_and_one_attempt_after_it(*, sent: bool) -> None:
    """What was to be rescued in vain goes on for all who are equal to it."""
    server = Server(Breaker(failure_threshold=1, reset_timeout=5.0))
    server.failed(0.0, lost(), sent=0.0)
    scheduler = run_of(2, server_of=lambda _index: server, identify=lambda _index: "the same")
    scheduler.max_concurrency = 2
    assert asked(scheduler, [0.0, 0.0]) == [0, WAIT]
    assert scheduler.failed(0, 1.0, classify(NotRescued("nothing there", sent=sent)))
    assert asked(scheduler, [1.0, 6.0, 6.0]) == [WAIT, 0, WAIT]
    scheduler.succeeded(0, 7.0, "answer")
    assert scheduler.next(7.0) == DONE
    assert scheduler.ledger.values == ["answer", "answer"]


def test_who_was_perhaps_processed_is_told_so_to_who_rescues() -> None:
    """An attempt that failed later says nothing of those before it."""
    seen: list[bool] = []

    def rescues(failure: Failure) -> bool:
        seen.append(failure.maybe_processed_before)
        return False

    retry = Retry(max_attempts=2, base_delay=0)
    scheduler = run_of(1, retry=retry, safe=True, rescues=rescues)
    unsent = Failure(FailureKind.TRANSPORT, ConnectionError("refused"), maybe_sent=False)
    for now, failure in ((0.0, lost()), (1.0, unsent)):
        assert scheduler.next(now) == 0
        scheduler.failed(0, now, failure)
    assert seen == [True]


def test_a_rescue_in_vain_that_was_sent_is_reckoned_with() -> None:
    """What it has cost is not known before its item has ended."""
    server = Server(Breaker(failure_threshold=1, reset_timeout=5.0))
    server.failed(0.0, lost(), sent=0.0)
    scheduler = run_of(1, server_of=lambda _index: server, endings=budget_of(9.0, spent=1.0))
    assert scheduler.next(0.0) == 0
    assert scheduler.failed(0, 1.0, classify(NotRescued("nothing there", sent=True)))
    assert scheduler._purse.tried == {0}


def test_what_could_not_be_sent_is_no_attempt_before_its_rescue() -> None:
    """Something else is given for it, and the log has nothing of a call that never was."""
    scheduler = rescuing(1, INVALID)
    scheduler.rescued(0, 2.0, Rescued("else"))
    assert (scheduler.ledger.attempts[0], len(scheduler.ledger.log)) == (0, 0)
