"""Retry: what is tried again, how often, and after how long."""

from __future__ import annotations

import math
import random
from dataclasses import FrozenInstanceError
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_kit.errors import ConfigurationError, UnwantedAnswer
from notebook_kit.policies import Failure, FailureKind, Retry

PLAIN = settings(deadline=None)

ERROR = ValueError("of no meaning here")
PASSING = [408, 409, 425, 429, 500, 501, 502, 503, 504, 520, 599]
LASTING = [400, 401, 402, 403, 404, 405, 410, 413, 415, 418, 421, 422, 428, 431, 451]
TIMED_OUT = Failure(FailureKind.TIMEOUT, ERROR)
LOST = Failure(FailureKind.TRANSPORT, ERROR)


def status(code: int, retry_after_s: float | None = None) -> Failure:
    return Failure(FailureKind.STATUS, ERROR, code, retry_after_s)


def delay(
    retry: Retry,
    failure: Failure,
    *,
    attempts: int = 1,
    safe: bool = True,
    drawn: float = 0.5,
    **so_far: Any,
) -> float | None:
    return retry.delay(failure, attempts=attempts, safe=safe, draw=lambda: drawn, **so_far)


# What heals


@pytest.mark.parametrize("code", PASSING)
def test_statuses_that_pass_are_tried_again(code: int) -> None:
    """408, 409, 425, 429 and every 5xx may heal by themselves."""
    assert delay(Retry(), status(code)) is not None


@pytest.mark.parametrize("code", LASTING)
def test_other_statuses_are_final(code: int) -> None:
    """The other 4xx would be answered in the same way again."""
    assert delay(Retry(unsafe=True), status(code)) is None


@pytest.mark.parametrize("failure", [TIMED_OUT, LOST])
def test_faults_on_the_way_are_tried_again(failure: Failure) -> None:
    """A broken connection and a time limit say nothing about the next try."""
    assert delay(Retry(), failure) is not None


@pytest.mark.parametrize("kind", [FailureKind.INVALID, FailureKind.OTHER, FailureKind.STATUS])
def test_what_no_repetition_can_heal_is_final(kind: FailureKind) -> None:
    """An item that cannot be sent, an error of the user's own and a missing status are final."""
    assert delay(Retry(unsafe=True), Failure(kind, ERROR, maybe_sent=False)) is None


@PLAIN
@given(most=st.integers(1, 8), attempts=st.integers(1, 10))
def test_never_more_tries_than_allowed(most: int, attempts: int) -> None:
    """After `max_attempts` tries, the first one counted, it is over."""
    tried_again = delay(Retry(max_attempts=most), LOST, attempts=attempts) is not None
    assert tried_again == (attempts < most)


# How long to wait


@PLAIN
@given(
    base=st.floats(0, 10, allow_subnormal=False),
    factor=st.floats(1, 10),
    highest=st.floats(0, 100, allow_subnormal=False),
    attempts=st.integers(1, 2000),
    drawn=st.floats(0, 1, exclude_max=True),
)
def test_a_wait_is_between_zero_and_its_ceiling(
    base: float, factor: float, highest: float, attempts: int, drawn: float
) -> None:
    """Full jitter: anything from zero to the ceiling, which grows but never above the highest."""
    retry = Retry(max_attempts=3000, base_delay=base, factor=factor, max_delay=highest)
    ceiling = retry.ceiling(attempts=attempts)
    assert 0 <= ceiling <= highest
    assert ceiling <= retry.ceiling(attempts=attempts + 1)
    if attempts < 10:
        assert ceiling == pytest.approx(min(highest, base * factor ** (attempts - 1)))
    wait = delay(retry, LOST, attempts=attempts, drawn=drawn)
    assert wait == drawn * ceiling
    assert not ceiling or wait < ceiling


@pytest.mark.parametrize("factor", [1e10, 10**9, 65_536])
def test_a_steep_factor_ends_at_the_highest_wait(factor: float) -> None:
    """However steep the growth and many the attempts, the ceiling is a number."""
    assert Retry(factor=factor, max_delay=7).ceiling(attempts=10_000) == 7
    assert Retry(factor=factor, base_delay=0).ceiling(attempts=10_000) == 0


def test_jitter_is_spread_over_the_whole_range() -> None:
    """Waits of many who failed together fill the range evenly, both ends included."""
    retry, draw = Retry(base_delay=8, max_delay=8), random.Random(1).random
    waits = [retry.delay(LOST, attempts=1, safe=True, draw=draw) or 0.0 for _ in range(8000)]
    for second in range(8):
        assert 850 < sum(second <= wait < second + 1 for wait in waits) < 1150


# Retry-After


@PLAIN
@given(asked=st.floats(0, 300, exclude_min=True), drawn=st.floats(0, 1, exclude_max=True))
def test_what_the_server_asks_for_is_waited_out(asked: float, drawn: float) -> None:
    """Never sooner than Retry-After, and little later: up to `base_delay`, to spread a crowd."""
    wait = delay(Retry(), status(429, asked), drawn=drawn)
    assert wait is not None
    assert asked <= wait <= asked + min(0.5, asked)


def test_a_retry_after_of_zero_leaves_the_wait_to_the_policy() -> None:
    """A date that is past must not bring everyone back at once: the usual wait is drawn."""
    assert delay(Retry(base_delay=8), status(503, 0.0)) == 4.0


@pytest.mark.parametrize("asked", [300.1, 86_400.0, 1e300])
def test_a_server_that_asks_for_too_much_is_not_waited_for(asked: float) -> None:
    """Above `max_retry_after` the item ends at once instead of holding up the run."""
    assert delay(Retry(), status(429, asked)) is None
    assert delay(Retry(max_retry_after="20 min"), status(429, 1100.0)) is not None


@pytest.mark.parametrize("asked", [math.nan, math.inf, -math.inf, -5.0])
def test_a_retry_after_that_is_no_time_counts_as_none(asked: float) -> None:
    """An error made by anyone may carry anything; a wait of NaN would never be over."""
    assert status(429, asked).retry_after_s is None
    assert delay(Retry(base_delay=8), status(429, asked)) == 4.0
    assert delay(Retry(), status(503, asked), safe=False) is None


# Methods that do harm when they are repeated


@pytest.mark.parametrize(
    ("failure", "repeated"),
    [
        (Failure(FailureKind.TRANSPORT, ERROR, maybe_sent=False), True),
        (Failure(FailureKind.TIMEOUT, ERROR, maybe_sent=False), True),
        (status(429), True),
        (status(429, 2.0), True),
        (status(503, 2.0), True),
        (status(503, 0.0), True),
        (status(503), False),
        (status(500), False),
        (status(502, 2.0), False),
        (status(504), False),
        (status(408), False),
        (status(409), False),
        (TIMED_OUT, False),
        (LOST, False),
    ],
)
def test_an_unsafe_request_is_repeated_only_if_it_surely_was_not_processed(
    failure: Failure, *, repeated: bool
) -> None:
    """A POST goes out again when it was not sent, at 429, and at 503 with Retry-After."""
    assert (delay(Retry(), failure, safe=False) is not None) == repeated
    assert delay(Retry(), failure, safe=True) is not None
    assert delay(Retry(unsafe=True), failure, safe=False) is not None


# Refusals


@PLAIN
@given(
    most=st.integers(1, 4),
    most_refused=st.integers(0, 4),
    ends=st.lists(st.sampled_from([LOST, status(429), status(429, 2.0), status(503, 2.0)])),
)
def test_refusals_are_counted_apart(most: int, most_refused: int, ends: list[Failure]) -> None:
    """An item ends at `max_attempts` tries that were let in, or beyond `max_refusals`."""
    retry = Retry(max_attempts=most, max_refusals=most_refused)
    let_in = refused = 0
    for failure in ends:
        refused += failure.refused
        let_in += not failure.refused
        goes_on = let_in < most and refused <= most_refused
        wait = delay(retry, failure, attempts=let_in + refused, refusals=refused)
        assert (wait is not None) == goes_on
        if not goes_on:
            break


def test_a_refusal_waits_as_any_failure_does() -> None:
    """Retry-After is waited out, and without it the ceiling grows with every try."""
    assert delay(Retry(), status(429, 20.0), attempts=9, refusals=9) == 20.25
    assert delay(Retry(base_delay=1), status(429), attempts=4, refusals=4) == 4.0
    assert delay(Retry(), status(429, 301.0), attempts=1, refusals=1) is None


def test_no_retries_at_all_means_refusals_too() -> None:
    """`retry=None` and `retry=0` send once, whatever the server says."""
    for value in (None, 0):
        retry = Retry.of(value)
        assert retry.max_refusals == 0
        assert delay(retry, status(429, 1.0), attempts=1, refusals=1) is None
    assert Retry.of(1).max_refusals == 10
    assert delay(Retry(max_attempts=1), status(429, 1.0), attempts=1, refusals=1) is not None


@pytest.mark.parametrize("code", [402, 403, 429])
def test_a_quota_that_is_gone_never_heals(code: int) -> None:
    """Asking again costs time, and brings no credit."""
    gone = Failure(FailureKind.STATUS, ERROR, code, quota_gone=True)
    assert delay(Retry(unsafe=True), gone) is None
    assert delay(Retry(unsafe=True), Failure(FailureKind.STATUS, ERROR, 429)) is not None


# The deadline of an item


@PLAIN
@given(
    deadline=st.floats(0.1, 100),
    elapsed=st.floats(0, 100),
    asked=st.one_of(st.none(), st.floats(0, 100)),
)
def test_no_try_starts_after_the_deadline(
    deadline: float, elapsed: float, asked: float | None
) -> None:
    """Where the wait would end too late, the item ends now instead."""
    wait = delay(Retry(), status(429, asked))
    limited = delay(Retry(deadline=deadline), status(429, asked), elapsed_s=elapsed)
    assert wait is not None
    assert limited == (wait if elapsed + wait <= deadline else None)


def test_a_try_may_start_at_the_very_deadline() -> None:
    """The deadline is a duration, counted from the first try, and the last moment belongs to it."""
    retry = Retry(deadline="1 min", base_delay=0)
    assert retry.deadline == 60.0
    assert delay(retry, LOST, elapsed_s=60.0) == 0.0
    assert delay(retry, LOST, elapsed_s=60.001) is None
    assert delay(Retry(base_delay=0), LOST, elapsed_s=1e9) == 0.0


# What the user decides


@pytest.mark.parametrize("healing", [True, False])
@pytest.mark.parametrize(
    "failure",
    [
        LOST,
        TIMED_OUT,
        status(404),
        status(429),
        status(503),
        Failure(FailureKind.OTHER, ERROR),
        Failure(FailureKind.STATUS, ERROR, 429, quota_gone=True),
    ],
)
def test_retry_if_decides_alone(failure: Failure, *, healing: bool) -> None:
    """It is asked about the exception, and what would be tried otherwise does not matter."""
    asked: list[BaseException] = []

    def heals(error: BaseException) -> bool:
        asked.append(error)
        return healing

    assert (delay(Retry(retry_if=heals), failure) is not None) == healing
    assert asked == [ERROR]


def test_retry_if_is_bound_by_the_other_rules() -> None:
    """Neither items that cannot be sent, nor POSTs that may have been processed, nor too many."""
    retry = Retry(retry_if=lambda error: True)
    assert delay(retry, Failure(FailureKind.INVALID, ERROR, maybe_sent=False)) is None
    assert delay(retry, LOST, safe=False) is None
    assert delay(retry, LOST, attempts=3) is None
    assert delay(retry, status(429, 301.0)) is None
    assert delay(Retry(retry_if=lambda error: True, unsafe=True), LOST, safe=False) is not None
    # Turned away is turned away: for want of money too, a POST was not processed.
    gone = Failure(FailureKind.STATUS, ERROR, 429, quota_gone=True)
    assert delay(retry, gone, safe=False) is not None


def test_any_truth_will_do() -> None:
    """A predicate may return what counts as true or false."""
    assert Retry(retry_if=lambda error: "").may_heal(LOST) is False  # type: ignore[arg-type,return-value]
    assert Retry(retry_value=lambda value: value).rejects([1]) is True
    assert Retry(retry_value=lambda value: value).rejects([]) is False


def test_what_predicates_raise_is_raised() -> None:
    """An error in the user's own code must not look like one of the server."""
    retry = Retry(retry_if=lambda error: error.no_such_name, retry_value=lambda value: value["no"])
    with pytest.raises(AttributeError):
        delay(retry, LOST)
    with pytest.raises(KeyError):
        retry.rejects({})


def test_an_answer_that_is_not_wanted() -> None:
    """True means that it should be tried again; without a predicate every answer is wanted."""
    retry = Retry(retry_value=lambda answer: answer["state"] == "pending")
    assert retry.rejects({"state": "pending"})
    assert not retry.rejects({"state": "done"})
    assert not Retry().rejects({"state": "pending"})


@pytest.mark.parametrize("safe", [True, False])
def test_an_item_whose_answer_is_not_wanted_is_tried_again(*, safe: bool) -> None:
    """A POST too, and whatever `retry_if` says: it is what `retry_value` was given for."""
    unwanted = Failure(FailureKind.OTHER, UnwantedAnswer("still pending", value=1))
    retry = Retry(retry_value=bool, retry_if=lambda error: False, base_delay=8)
    assert delay(retry, unwanted, safe=safe) == 4.0
    assert delay(retry, unwanted, safe=safe, attempts=3) is None
    assert delay(Retry(retry_value=bool, deadline=1, base_delay=8), unwanted, elapsed_s=0) is None
    assert delay(Retry(unsafe=True), unwanted, safe=safe) is None
    assert delay(retry, Failure(FailureKind.OTHER, ERROR), safe=safe) is None


# Making one


def test_durations_are_read() -> None:
    """All three waits take any form of a duration, and are seconds from then on."""
    retry = Retry(base_delay="200 ms", max_delay=timedelta(minutes=1), max_retry_after="1 hour")
    assert (retry.base_delay, retry.max_delay, retry.max_retry_after) == (0.2, 60.0, 3600.0)


def test_waits_may_be_zero() -> None:
    """Without a base delay there is no wait."""
    assert delay(Retry(base_delay=0), LOST) == 0.0


async def some_coroutine_function(value: Any) -> bool:
    """Give what is true of every coroutine that nobody awaits."""
    return bool(value)


@pytest.mark.parametrize(
    "options",
    [
        {"max_attempts": 0},
        {"max_attempts": True},
        {"max_attempts": 2.0},
        {"factor": 0.9},
        {"factor": math.nan},
        {"factor": math.inf},
        {"factor": "2"},
        {"factor": None},
        {"base_delay": -1},
        {"max_delay": "soon"},
        {"max_retry_after": None},
        {"deadline": 0},
        {"deadline": "soon"},
        {"budget": 0},
        {"budget": "0.2"},
        {"max_refusals": -1},
        {"max_refusals": None},
        {"retry_if": ValueError("no function")},
        {"retry_if": (ValueError,)},
        {"retry_value": "pending"},
        {"retry_value": some_coroutine_function},
    ],
)
def test_what_cannot_work_is_refused_by_name(options: dict[str, Any]) -> None:
    """The error names the option, and comes when the policy is made."""
    with pytest.raises(ConfigurationError, match=f"^{next(iter(options))}="):
        Retry(**options)


def test_a_policy_cannot_be_changed() -> None:
    """It is a plain frozen value, made with keywords only."""
    with pytest.raises(FrozenInstanceError):
        Retry().budget = 0.5  # type: ignore[misc]
    with pytest.raises(ConfigurationError, match=r"by name: write nk\.Retry\(max_attempts="):
        Retry(3)  # type: ignore[call-arg]
    assert Retry(budget=0.5) == Retry(budget=0.5)


def test_the_retry_option_is_a_policy_a_number_of_further_tries_or_none() -> None:
    """`retry=2` is three attempts in all, None and 0 are one, a policy is itself."""
    policy = Retry(max_attempts=7)
    assert Retry.of(policy) is policy
    assert [Retry.of(value).max_attempts for value in (None, 0, 2)] == [1, 1, 3]


@pytest.mark.parametrize("value", [-1, True, 2.0, "2", [2]])
def test_the_retry_option_refuses_anything_else(value: Any) -> None:
    """The error says what to write instead."""
    with pytest.raises(ConfigurationError, match=r"^retry=.*nk\.Retry\(max_attempts=3\)"):
        Retry.of(value)


def test_ceilings_double_until_the_highest() -> None:
    """Each wait may be twice as long as the one before, but for the highest."""
    retry = Retry(max_attempts=9, base_delay=1, max_delay=20)
    ceilings = [retry.ceiling(attempts=attempts) for attempts in range(1, 8)]
    assert ceilings == [1, 2, 4, 8, 16, 20, 20]
