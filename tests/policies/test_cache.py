"""How long answers are kept, given again and asked for anew."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest

from notebook_kit.errors import ConfigurationError
from notebook_kit.policies import Cache


@pytest.mark.parametrize("value", [None, False])
def test_nothing_is_kept_unless_asked_for(*, value: bool | None) -> None:
    """There is no policy then."""
    assert Cache.of(value) is None


@pytest.mark.parametrize("value", [300, 300.0, "5 min", timedelta(minutes=5)])
def test_a_duration_is_short_for_a_policy(value: float | str | timedelta) -> None:
    """In whatever form durations come."""
    assert Cache.of(value) == Cache("5 min")


def test_a_policy_is_taken_as_it_is() -> None:
    """The very same."""
    policy = Cache("5 min")
    assert Cache.of(policy) is policy


@pytest.mark.parametrize(
    ("age", "fresh", "due"),
    [(0, True, False), (239.9, True, False), (240, True, True), (300, False, True)],
)
def test_an_answer_ages(age: float, *, fresh: bool, due: bool) -> None:
    """Given again until the end, asked for anew a little before."""
    policy = Cache("5 min", refresh_before_expiry="1 min")
    assert (policy.is_fresh(age), policy.is_due(age)) == (fresh, due)
    assert policy.keep_s == 300


def test_without_an_end_it_is_good_for_ever() -> None:
    """Nothing is due then."""
    policy = Cache(None)
    assert policy.is_fresh(1e12)
    assert not policy.is_due(1e12)
    assert policy.keep_s == math.inf


def test_without_a_word_nothing_is_due() -> None:
    """Answers are asked for again when they have expired."""
    assert not Cache("5 min").is_due(299)


def test_beyond_its_time_it_is_kept_for_a_fallback() -> None:
    """Kept, but not given again by itself."""
    policy = Cache("5 min", stale="1 day")
    assert policy.keep_s == 86_400
    assert not policy.is_fresh(301)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"ttl": 0}, "more than zero"),
        ({"ttl": "soon"}, "ttl='soon' is not a duration"),
        ({"ttl": 60, "refresh_before_expiry": 60}, "must be shorter than ttl, which is 60.0"),
        ({"ttl": None, "refresh_before_expiry": 60}, "must be shorter than ttl, which is None"),
        ({"ttl": 60, "stale": "1 min"}, "must be longer than ttl"),
        ({"ttl": None, "stale": "1 min"}, "must be longer than ttl"),
        ({"ttl": 60, "max_items": 0}, "max_items=0 must be a whole number"),
        ({"ttl": 60, "max_item_bytes": 1.5}, "max_item_bytes=1.5 must be a whole number"),
        ({"ttl": 60, "max_bytes": 0}, "max_bytes=0 must be a whole number"),
    ],
)
def test_what_cannot_work_is_refused(options: dict[str, Any], said: str) -> None:
    """With what to write instead."""
    with pytest.raises(ConfigurationError, match=said):
        Cache(**options)


@pytest.mark.parametrize("value", [True, 0, -1, "soon", [1], object()])
def test_an_option_that_says_no_time_is_refused(value: Any) -> None:
    """The message shows how to say it."""
    with pytest.raises(ConfigurationError, match="'5 min'"):
        Cache.of(value)


def test_any_number_may_be_kept() -> None:
    """None is no bound, and 1000 is what is kept if nothing is said."""
    assert Cache(60, max_items=None).max_items is None
    assert Cache(60).max_items == 1000
    assert Cache(60, max_bytes=None).max_bytes is None
    assert Cache(60).max_bytes == 100_000_000
