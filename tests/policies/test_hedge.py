"""Hedging: when a call is late, and how many may be sent twice."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest

from notebook_kit.errors import ConfigurationError
from notebook_kit.policies import Hedge


def quantile_of(share: float) -> float | None:
    return 10 * share


@pytest.mark.parametrize("value", [None, False])
def test_it_is_off_unless_asked_for(*, value: bool | None) -> None:
    """Nothing is sent twice."""
    assert Hedge.of(value) is None


def test_true_asks_for_what_most_calls_take() -> None:
    """The slowest twentieth, and no more than one call in ten."""
    hedge = Hedge.of(True)  # noqa: FBT003 - as it is written
    assert hedge == Hedge(after=None, quantile=0.95, max_share=0.1)


def test_a_policy_is_taken_as_it_is() -> None:
    """The very same."""
    hedge = Hedge(after=1)
    assert Hedge.of(hedge) is hedge


@pytest.mark.parametrize("after", [2, 2.0, "2 s", "2000 ms", timedelta(seconds=2)])
def test_a_duration_says_after_how_long(after: float | str | timedelta) -> None:
    """In whatever form durations come."""
    hedge = Hedge.of(after)
    assert hedge is not None
    assert hedge.late_after(attempts=0, quantile_s=lambda _: 99.0) == 2.0


@pytest.mark.parametrize("value", ["soon", 0, -1, math.nan, [1]])
def test_what_is_no_duration_is_an_error_that_names_the_option(value: object) -> None:
    """With the name by which it was given."""
    with pytest.raises(ConfigurationError, match="hedge="):
        Hedge.of(value)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="after="):
        Hedge(after=value)  # type: ignore[arg-type]


@pytest.mark.parametrize("quantile", [0, 1, -0.5, 1.5, math.nan, "0.9", None])
def test_a_quantile_is_between_zero_and_one(quantile: object) -> None:
    """Neither none nor all."""
    with pytest.raises(ConfigurationError, match=r"quantile=.* must be between 0 and 1"):
        Hedge(quantile=quantile)  # type: ignore[arg-type]


@pytest.mark.parametrize("share", [0, -0.1, 1.1, math.nan, "0.1", None])
def test_a_share_is_above_zero_and_at_most_one(share: object) -> None:
    """All calls may be sent twice, none is said otherwise."""
    with pytest.raises(ConfigurationError, match=r"max_share=.* must be above 0"):
        Hedge(max_share=share)  # type: ignore[arg-type]
    assert Hedge(max_share=1).max_share == 1


def test_nobody_knows_what_is_late_before_twenty_have_ended() -> None:
    """Then it is what takes longer than the share that was asked for."""
    hedge = Hedge(quantile=0.5)
    assert hedge.late_after(attempts=19, quantile_s=quantile_of) is None
    assert hedge.late_after(attempts=20, quantile_s=quantile_of) == 5.0


@pytest.mark.parametrize(("hedged", "allowed"), [(0, True), (19, True), (20, False)])
def test_only_a_share_of_all_calls_is_sent_twice(hedged: int, *, allowed: bool) -> None:
    """So that a slow server does not get twice the load."""
    assert Hedge(max_share=0.1).allows(hedged=hedged, attempts=200) == allowed


def test_one_may_be_sent_twice_however_few_there_are() -> None:
    """Else a short batch would never have the use of it."""
    assert Hedge(max_share=0.01).allows(hedged=0, attempts=1)
    assert not Hedge(max_share=0.01).allows(hedged=1, attempts=1)
