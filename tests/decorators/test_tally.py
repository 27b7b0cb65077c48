"""Counting calls."""

from __future__ import annotations

import asyncio
import pickle
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_kit.decorators.tally import Stats, Tally

ENDS = st.sampled_from([None, KeyError("x"), ValueError("y"), asyncio.CancelledError()])


@settings(deadline=None)
@given(st.lists(st.one_of(st.just("begin"), ENDS), max_size=80))
def test_the_kinds_add_up(steps: list[object]) -> None:
    """Whatever begins and ends, calls are the sum of what became of them."""
    tally, under_way, most, begun, total = Tally(), 0, 0, 0, 0.0
    ends: list[BaseException | None] = []
    for number, step in enumerate(steps):
        if step == "begin":
            tally.began()
            under_way, begun = under_way + 1, begun + 1
            most = max(most, under_way)
        elif under_way:
            assert step is None or isinstance(step, BaseException)
            tally.ended(float(number), step)
            ends.append(step)
            under_way, total = under_way - 1, total + number
    stats = tally.stats(elapsed_s=1.0)
    assert stats.calls == begun
    assert stats.calls == stats.succeeded + stats.failed + stats.cancelled + stats.in_flight
    assert (stats.in_flight, stats.most_in_flight) == (under_way, most)
    assert stats.succeeded == ends.count(None)
    assert sum(stats.errors.values()) == stats.failed
    assert stats.total_s == pytest.approx(total)
    assert stats.mean_s == pytest.approx(total / len(ends) if ends else 0.0)
    assert stats.longest_s <= stats.total_s


def test_stats_are_frozen_and_travel() -> None:
    """They are numbers of one moment: nothing changes them, and they pickle."""
    tally = Tally()
    tally.began()
    stats = tally.stats(elapsed_s=2.0)
    tally.ended(1.0, KeyError("x"))
    assert (stats.calls, stats.failed) == (1, 0)
    with pytest.raises(FrozenInstanceError):
        stats.calls = 5  # type: ignore[misc]
    later = tally.stats(elapsed_s=3.0)
    assert pickle.loads(pickle.dumps(later)) == later  # noqa: S301 - its own
    assert Stats() == Tally().stats(elapsed_s=0.0)


def test_the_most_frequent_error_comes_first() -> None:
    """Errors are in the order of how many there were."""
    tally = Tally()
    for error in (KeyError(), ValueError(), ValueError()):
        tally.began()
        tally.ended(0.1, error)
    assert list(tally.stats(elapsed_s=0.0).errors.items()) == [("ValueError", 2), ("KeyError", 1)]
