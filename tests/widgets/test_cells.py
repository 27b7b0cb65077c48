from __future__ import annotations

from dataclasses import replace

from notebook_kit.widgets.cells import cells
from tests.widgets.fakes import parse
from tests.widgets.states import DONE, EMPTY, JUST_STARTED, RUNNING


def texts(markup: str | None) -> list[str]:
    assert markup is not None
    return [cell.text.replace("\N{NO-BREAK SPACE}", " ") for cell in parse(markup).all(".nbk-cell")]


def test_a_live_run_has_pace_latency_and_load() -> None:
    """Three cells tell how fast, how long and how much at once."""
    pace, latency, load = texts(cells(RUNNING))
    assert "50.2/s now · 49.0/s average" in pace
    assert "205 ms p50 · 620 ms p95" in latency
    assert "10 of 10 at once" in load
    assert "limit 50/s · 2,347 attempts" in load
    assert "held back by the rate limit" in load


def test_a_run_that_has_ended_looks_back() -> None:
    """At the end there is no now: pace and load are those of the whole."""
    pace, _, load = texts(cells(DONE))
    assert "on average" in pace
    assert "before the end" in pace
    assert "now" not in pace
    assert load == "Load3,021 attemptslimit 50/sat most 10 at once"


def test_a_run_that_did_nothing_has_no_cells() -> None:
    """Where nothing was attempted there is nothing to say about it."""
    assert cells(EMPTY) is None


def test_a_run_that_has_just_begun_promises_nothing() -> None:
    """Before the first attempt has ended no time is given."""
    assert "none has ended yet" in texts(cells(JUST_STARTED))[1]


def test_latency_without_a_histogram_is_two_figures() -> None:
    """The figures do not need the chart."""
    figures = texts(cells(replace(RUNNING, latency_counts=(), latency_edges=())))[1]
    assert figures == "Time of an attempt205 ms p50 · 620 ms p95"
