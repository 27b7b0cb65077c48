"""Failing fast: which ends of items stop a whole run, and what the user is told."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_kit.errors import APIError, AuthenticationError, ClosedError
from notebook_kit.policies.fail_fast import FailFast
from notebook_kit.policies.failure import Failure, FailureKind, classify
from notebook_kit.policies.hints import RateHint
from notebook_kit.redact import Secret

PLAIN = settings(deadline=None)


def status(code: int, *, gone: bool = False, hint: RateHint | None = None) -> Failure:
    error = APIError(f"the server answered {code}", status_code=code)
    return Failure(FailureKind.STATUS, error, code, hint=hint, quota_gone=gone)


OK: Final = None
KEY: Final = status(401)
UNPAID: Final = status(402)
GONE: Final = status(429, gone=True)
DENIED: Final = status(403)
DENIED_AND_GONE: Final = status(403, gone=True)
ABSENT: Final = status(404)
BUSY: Final = status(429)
LATE: Final = Failure(FailureKind.TIMEOUT, TimeoutError())
EARLIER: Final = Failure(FailureKind.OTHER, ValueError("as a checkpoint kept it"), 401)


def stopped_after(*ends: Failure | None) -> int | None:
    """Return after how many ends the run was told to stop, or None."""
    fail_fast = FailFast()
    for count, end in enumerate(ends, start=1):
        if fail_fast.ended(end) is not None:
            return count
    return None


@pytest.mark.parametrize("failure", [KEY, UNPAID, GONE, DENIED_AND_GONE])
def test_three_in_a_row_about_the_account(failure: Failure) -> None:
    """A key that is not accepted and an account without credit stop the run at the third item."""
    assert stopped_after(*[failure] * 5) == 3
    assert stopped_after(OK, *[failure] * 5) == 4


def test_they_may_be_mixed() -> None:
    """It is one row, whichever of them it is made of."""
    assert stopped_after(KEY, UNPAID, GONE) == 3
    assert stopped_after(DENIED_AND_GONE, KEY, UNPAID) == 3


@pytest.mark.parametrize("other", [OK, ABSENT, BUSY, LATE, DENIED, EARLIER])
def test_anything_else_begins_the_row_anew(other: Failure | None) -> None:
    """Two, something else and two again are no three in a row."""
    assert stopped_after(KEY, KEY, other, KEY, KEY, other) is None
    assert stopped_after(KEY, KEY, other, KEY, KEY, KEY) == 6


@pytest.mark.parametrize("other", [OK, ABSENT, BUSY, LATE, KEY, EARLIER])
def test_anything_else_begins_the_row_of_403_anew(other: Failure | None) -> None:
    """Nine, something else and nine again are no ten in a row."""
    assert stopped_after(*[DENIED] * 9, other, *[DENIED] * 9) is None


def test_ten_times_403_where_nothing_ended_well() -> None:
    """The key seems to have no rights at all, whatever other errors there were."""
    assert stopped_after(*[DENIED] * 30) == 10
    assert stopped_after(ABSENT, LATE, *[DENIED] * 30) == 12


@pytest.mark.parametrize("others", [[], [DENIED], [ABSENT, LATE], [KEY] * 2])
def test_twenty_five_times_403_where_something_ended_well(others: list[Failure]) -> None:
    """Some rows are allowed, so that many more must not be before it is plain."""
    assert stopped_after(OK, *others, ABSENT, *[DENIED] * 24) is None
    assert stopped_after(OK, *others, ABSENT, *[DENIED] * 25) == 2 + len(others) + 25


@pytest.mark.parametrize("failure", [ABSENT, BUSY, LATE, EARLIER, status(400), status(500)])
def test_other_failures_stop_nothing(failure: Failure) -> None:
    """They may be about the row, or heal; how many are too many is for `max_errors` to say."""
    assert stopped_after(*[failure] * 1_000) is None


@PLAIN
@given(st.lists(st.sampled_from([OK, KEY, UNPAID, GONE, DENIED, ABSENT, LATE]), max_size=80))
def test_it_is_said_once(ends: list[Failure | None]) -> None:
    """Items that were under way when the run was stopped end without a word."""
    fail_fast = FailFast()
    assert sum(fail_fast.ended(end) is not None for end in ends) <= 1


# What the user is told


def told(*ends: Failure | None) -> str:
    fail_fast = FailFast()
    said = [text for end in ends if (text := fail_fast.ended(end)) is not None]
    assert len(said) == 1
    return said[0]


def test_what_is_said_of_a_key() -> None:
    """What happened, what it means, what to do, and the last error."""
    text = told(*[KEY] * 3)
    assert text.startswith("The last 3 items ended with status 401: the server does not accept")
    assert "Run again with the right one." in text
    assert text.endswith("The last error: the server answered 401")


@pytest.mark.parametrize("failure", [UNPAID, GONE, DENIED_AND_GONE])
def test_what_is_said_of_a_quota(failure: Failure) -> None:
    """Money is what is missing, and a run can go on once it is there."""
    text = told(*[failure] * 3)
    assert f"ended with status {failure.status_code}: the account has nothing left" in text
    assert "run.retry_failed() goes on" in text


def test_what_is_said_of_rights() -> None:
    """The number is that of the row, and nothing is said of limits that are not used up."""
    text = told(OK, *[DENIED] * 25)
    assert text.startswith("The last 25 items ended with status 403: the server knows the key")
    assert "Or wait" not in text
    assert "Or wait" not in told(*[status(403, hint=RateHint(60, 1, 720))] * 10)


@pytest.mark.parametrize(("reset_s", "when"), [(720.0, " for 12\xa0min 00\xa0s"), (None, "")])
def test_what_is_said_of_403_for_a_limit(reset_s: float | None, when: str) -> None:
    """GitHub answers 403 when its limit is used up: then waiting helps, and how long is said."""
    text = told(*[status(403, hint=RateHint(60, 0, reset_s))] * 10)
    assert f"Or wait: the server also says that nothing is left of its limit{when}." in text
    assert "Or wait" not in told(*[status(401, hint=RateHint(60, 0, reset_s))] * 3)


class Mute(APIError):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def test_what_is_said_when_the_error_says_nothing() -> None:
    """Then its name must do, or why its words cannot be read."""
    for error, words in (
        (Mute("", status_code=401), "(its message cannot be read: RuntimeError)"),
        (AuthenticationError("", status_code=401), "AuthenticationError"),
    ):
        assert told(*[classify(error)] * 3).endswith(f"The last error: {words}")


def test_secrets_are_not_told() -> None:
    """An error of another library may hold the key, also where it is cut."""
    key = Secret("k" * 60)
    error = AuthenticationError("x" * 180 + key.reveal() + "y" * 5_000, status_code=401)
    text = told(*[classify(error)] * 3)
    assert "kkk" not in text
    assert len(text) < 600


def test_a_pause_that_is_too_long_is_not_waited_for_by_every_item() -> None:
    """Three items told to come back in an hour are enough; a short pause is waited out."""
    hour = Failure(FailureKind.STATUS, ValueError("busy"), 429, retry_after_s=3_600.0)
    short = Failure(FailureKind.STATUS, ValueError("busy"), 429, retry_after_s=30.0)
    fail_fast = FailFast(longest_pause_s=300.0)
    assert [fail_fast.ended(end) for end in (short, short, short, hour, hour)] == [None] * 5
    said = fail_fast.ended(hour)
    assert said is not None
    assert "a longer pause than max_retry_after allows" in said
    assert "It asked for 1\xa0h 00\xa0min." in said
    assert "run.retry_failed() goes on" in said


def test_a_closed_client_ends_the_run() -> None:
    """Nothing that is left could be sent."""
    closed = Failure(FailureKind.OTHER, ClosedError("This client is closed."))
    said = told(*[closed] * 3)
    assert said.startswith("The last 3 items ended with ClosedError: the client was closed")
