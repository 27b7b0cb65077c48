"""Counting for the eye: throughput, pace, latencies, errors."""

from __future__ import annotations

import itertools
import math
import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_kit.policies import Failure, FailureKind, classify
from notebook_kit.redact import Secret
from notebook_kit.scheduling.tempo import ErrorTally, Tempo

PLAIN = settings(deadline=None)


def tempo_of(ends: list[float], start: float = 0.0) -> Tempo:
    tempo = Tempo(start=start)
    for end in ends:
        tempo.ended(end)
    return tempo


# Throughput


@PLAIN
@given(
    ends=st.lists(st.floats(0, 3e6), max_size=60).map(sorted),
    start=st.sampled_from([0.0, 1234.5]),
)
def test_no_item_is_lost_however_long_the_run(ends: list[float], start: float) -> None:
    """Every end is in the interval of its time, whatever the intervals have grown to."""
    tempo = tempo_of([start + end for end in ends], start)
    counts = tempo._counts
    assert sum(counts) == len(ends)
    assert len(counts) <= 120
    assert math.log2(tempo.interval_s).is_integer()
    for position, count in enumerate(counts):
        begin = position * tempo.interval_s
        expected = sum(begin <= (start + end) - start < begin + tempo.interval_s for end in ends)
        assert count == expected


def test_the_running_interval_is_the_last() -> None:
    """Intervals in which nothing ended are zeros, up to now."""
    tempo = tempo_of([0.1, 0.9, 1.5])
    assert tempo.throughput(1.6) == (2, 1)
    assert tempo.throughput(4.2) == (2, 1, 0, 0, 0)


def test_only_the_last_intervals_are_shown() -> None:
    """After a minute the oldest go, also while nothing ends."""
    tempo = tempo_of([second + 0.5 for second in range(100)])
    assert tempo.throughput(99.6) == (1,) * 60
    assert tempo.throughput(129.6) == (1,) * 30 + (0,) * 30
    assert tempo.throughput(10_000.0) == (0,) * 60


def test_looking_changes_nothing() -> None:
    """A view may ask for any time, from any thread, without a trace."""
    tempo = tempo_of([0.5])
    for now in (0.6, 50.0, 1e6):
        tempo.throughput(now)
        tempo.rate_now(now)
        tempo.latency()
        tempo.histogram()
    assert (tempo._counts, tempo.interval_s) == ([1], 1.0)


def test_intervals_double_so_that_days_fit() -> None:
    """A run of three days with an end a minute keeps at most 120 intervals."""
    tempo = tempo_of([60.0 * minute for minute in range(3 * 24 * 60)])
    assert tempo.interval_s == 4096.0
    shown = tempo.throughput(3 * 86_400 - 60)
    assert len(shown) == 60
    assert all(67 <= count <= 69 for count in shown[:-1])


def test_doubling_adds_up_pairs() -> None:
    """An odd number of intervals is filled up with an empty one."""
    tempo = tempo_of([0.5, 1.5, 1.6, 2.5])
    tempo.ended(120.0)
    assert tempo.interval_s == 2.0
    assert tempo._counts[:3] == [3, 1, 0]
    assert (tempo._counts[60], len(tempo._counts)) == (1, 61)


# Pace


@pytest.mark.parametrize("pace", [1, 10, 250])
def test_an_even_pace_is_told_as_it_is(pace: int) -> None:
    """From the first second on, an even pace is found to within a few hundredths."""
    tempo = Tempo(start=100.0)
    for number in range(20 * pace):
        now = 100.0 + (number + 1) / pace
        tempo.ended(now)
        if now > 102.0:
            assert tempo.rate_now(now) == pytest.approx(pace, rel=0.5 if pace == 1 else 0.12)


def test_a_pace_of_the_past_is_forgotten() -> None:
    """Four seconds after the last end nothing of it is left in the pace."""
    tempo = tempo_of([number / 100 for number in range(1000)])
    assert tempo.rate_now(10.0) == pytest.approx(100, rel=0.01)
    assert tempo.rate_now(14.0) == 0.0


def test_the_pace_of_the_first_moment_is_a_number() -> None:
    """Asked at the start, or before anything ended, there is no division by zero."""
    assert Tempo(start=5.0).rate_now(5.0) == 0.0
    assert tempo_of([5.0], start=5.0).rate_now(5.0) == 1000.0


def test_a_long_run_tells_the_pace_of_its_last_interval() -> None:
    """When intervals are longer than the usual seconds, one of them and the running one count."""
    tempo = tempo_of([float(second) for second in range(3600)])
    assert tempo.interval_s == 32.0
    assert tempo.rate_now(3600.0) == pytest.approx(1.0, rel=0.05)


# Latency


def exact(times: list[float], share: float) -> float:
    return sorted(times)[math.ceil(share * len(times) - 1e-9) - 1]


@settings(deadline=None, max_examples=200)
@given(st.lists(st.floats(1e-6, 1e5), min_size=1, max_size=200))
def test_quantiles_are_within_a_fifth(times: list[float]) -> None:
    """The 50th and 95th hundredth are estimated to within 20 %, the longest is exact."""
    tempo = Tempo(start=0.0)
    for took in times:
        tempo.attempt(took)
    latency = tempo.latency()
    assert latency is not None
    middle, high, longest = latency
    assert middle == pytest.approx(exact(times, 0.5), rel=0.2)
    assert high == pytest.approx(exact(times, 0.95), rel=0.2)
    assert longest == max(times)
    assert min(times) <= middle <= high <= longest


@PLAIN
@given(st.lists(st.floats(1e-6, 1e5), min_size=1, max_size=100))
def test_the_histogram_holds_every_attempt_between_its_edges(times: list[float]) -> None:
    """One edge more than classes, rising by 19 %, and each class holds what lies between."""
    tempo = Tempo(start=0.0)
    for took in times:
        tempo.attempt(took)
    counts, edges = tempo.histogram()
    assert sum(counts) == len(times)
    assert len(edges) == len(counts) + 1
    assert counts[0] > 0
    assert counts[-1] > 0
    for lower, upper in itertools.pairwise(edges):
        assert upper / lower == pytest.approx(2**0.25)
    rounding = 1e-9
    for count, (lower, upper) in zip(counts, itertools.pairwise(edges), strict=True):
        surely = sum(lower * (1 + rounding) <= took < upper * (1 - rounding) for took in times)
        maybe = sum(lower * (1 - rounding) <= took < upper * (1 + rounding) for took in times)
        assert surely <= count <= maybe


def test_without_attempts_there_is_nothing_to_show() -> None:
    """No attempt, no latency and no histogram."""
    tempo = Tempo(start=0.0)
    assert tempo.latency() is None
    assert tempo.histogram() == ((), ())


def test_attempts_that_took_no_time_are_counted() -> None:
    """A clock may stand still; zero falls into the shortest class."""
    tempo = Tempo(start=0.0)
    tempo.attempt(0.0)
    counts, edges = tempo.histogram()
    assert (counts, tempo.latency()) == ((1,), (0.0, 0.0, 0.0))
    assert edges[0] <= 1e-6 < edges[1]


# Errors


class Unreadable(Exception):
    def __str__(self) -> str:
        message = "no text"
        raise KeyError(message)


class NoText(Exception):
    def __str__(self) -> Any:
        return 7  # noqa: PLE0307 - as bad as it can be


def tally_of(*errors: BaseException) -> ErrorTally:
    tally = ErrorTally()
    for index, error in enumerate(errors):
        tally.add(index, classify(error))
    return tally


def test_errors_are_grouped_by_class_and_status() -> None:
    """The most frequent kind comes first, the first of each kind is its example."""
    tally = tally_of(KeyError("a"), ValueError("first"), ValueError("second"), TimeoutError())
    busy = Failure(FailureKind.STATUS, ValueError("busy"), 503)
    for index in (7, 8, 9):
        tally.add(index, busy)
    groups = [(it.kind, it.count, it.example, it.position) for it in tally.groups()]
    assert groups == [
        ("ValueError 503", 3, "busy", 7),
        ("ValueError", 2, "first", 1),
        ("KeyError", 1, "'a'", 0),
        ("TimeoutError", 1, "", 3),
    ]


@pytest.mark.parametrize(("error", "kind"), [(Unreadable(), "KeyError"), (NoText(), "TypeError")])
def test_an_error_that_cannot_be_read_is_counted_all_the_same(error: Exception, kind: str) -> None:
    """Its text says why there is none."""
    (group,) = tally_of(error).groups()
    assert group.example == f"(its message cannot be read: {kind})"
    assert group.count == 1


def test_examples_tell_no_secret() -> None:
    """Known secrets, credentials in URLs and bearer tokens are struck out."""
    secret = Secret("tally-secret-0123")
    error = ValueError(f"GET https://me:pw@host/?token=abc with {secret.reveal()} failed")
    (group,) = tally_of(error).groups()
    assert group.example == "GET https://****@host/?token=**** with **** failed"


def test_an_example_is_cut_after_secrets_are_struck_out() -> None:
    """The end of the text that is shown may not be the first half of a secret."""
    secret = Secret("cut-secret-" + "0123456789" * 5)
    for before in range(1930, 2001):
        (group,) = tally_of(ValueError("x" * before + secret.reveal() + "y" * 99)).groups()
        assert len(group.example) <= 2000
        assert "cut" not in group.example


def test_a_view_may_look_while_an_error_is_being_read() -> None:
    """An error's `__str__` may be slow; meanwhile the groups can be asked for."""
    tally = ErrorTally()
    seen: list[int] = []

    class Slow(Exception):
        def __str__(self) -> str:
            looker = threading.Thread(target=lambda: seen.append(len(tally.groups())))
            looker.start()
            looker.join(timeout=10)
            return "slow"

    tally.add(0, classify(Slow()))
    assert seen == [0]
    assert tally.groups()[0].example == "slow"


# Standing


def test_time_in_which_it_was_made_to_stand_is_left_out() -> None:
    """Items a second, and items per interval, are those of the time in which any could end."""
    tempo = tempo_of([0.5, 1.5, 2.5])
    tempo.stood(100.0, 103.0)
    tempo.ended(103.5)
    assert tempo.throughput(103.6) == (1, 1, 1, 1)
    assert tempo.rate_now(104.0) == pytest.approx(1.0, rel=0.4)
    assert tempo.rate_now(104.0) > 0.5


def test_what_ended_while_it_stood_does_not_hide_the_pace_afterwards() -> None:
    """It counts as ended when the run goes on, and what ends then is seen at once."""
    tempo = tempo_of([second / 10 for second in range(100)])
    tempo.ended(25.0)
    tempo.stood(50.0, 60.0)
    assert tempo.throughput(60.0) == (*(10,) * 10, 1)
    for tenth in range(50):
        tempo.ended(60.0 + tenth / 10)
    assert tempo.throughput(64.99) == (*(10,) * 10, 11, *(10,) * 4)
    assert tempo.rate_now(64.99) == pytest.approx(10, rel=0.05)
