from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from notebook_kit.scheduling import RunState
from notebook_kit.widgets.cells import cells
from tests.widgets.fakes import parse
from tests.widgets.states import (
    COUNTED,
    DONE,
    EMPTY,
    JUST_STARTED,
    NEARLY_SPENT,
    PACED,
    PACED_TO_THE_END,
    PAUSED,
    RUNNING,
    STOPPED_BY_COST,
)

if TYPE_CHECKING:
    from notebook_kit.scheduling import Snapshot


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


def test_a_pace_that_is_found_by_itself_says_so() -> None:
    """The load names the number and that it may change."""
    assert texts(cells(PACED))[2].startswith("Load12 of 17 at onceauto · 2,347 attempts")
    assert "auto: 17 at once at the end" in texts(cells(STOPPED_BY_COST))[2]


def test_what_the_server_bears_is_not_contradicted() -> None:
    """Beside what is known of the server, while it runs and at the end, no one says "no rate"."""
    assert texts(cells(PACED))[2].endswith("at most 87/s, as the server bears")
    learnt = "slowed down: the server refused 20 times"
    ended = texts(cells(PACED_TO_THE_END))[2]
    assert ended == f"Load2,347 attempts{learnt}auto: 17 at once at the end"
    assert "no rate set" in texts(cells(replace(PACED_TO_THE_END, server=None)))[2]
    both = texts(cells(replace(PACED_TO_THE_END, rate="90/s")))[2]
    assert f"limit 90/s{learnt}" in both


def test_a_paused_run_has_no_pace_of_now() -> None:
    """What still counts as lately is not what happens now."""
    assert "on average" in texts(cells(PAUSED))[0]
    assert "now ·" not in texts(cells(PAUSED))[0]


def test_a_single_attempt_has_one_time() -> None:
    """Hundredths and bars of one attempt would say the same thing three times."""
    single = replace(
        RUNNING, latency_s=(0.1, 0.1, 0.102), latency_counts=(1,), latency_edges=(0.09, 0.107)
    )
    assert texts(cells(single))[1] == "Time of an attempt102 ms the only one so far"
    ended = cells(replace(single, state=RunState.DONE, throughput=(1,)))
    assert texts(ended)[1] == "Time of an attempt102 ms the only one"
    assert ended is not None
    assert not parse(ended).all(".nbk-chart")


def test_money_has_a_cell_of_its_own() -> None:
    """Where costs are counted there is a fourth cell; with a limit it has a meter."""
    assert len(texts(cells(RUNNING))) == 3
    assert texts(cells(PACED))[3] == "Cost0.42 of 5about 0.55 for all"
    assert texts(cells(COUNTED))[3] == "Cost1,235 spentabout 0.42 an item"
    markup = cells(COUNTED)
    assert markup is not None
    assert not parse(markup).all(".nbk-meter")


@pytest.mark.parametrize(
    ("snapshot", "share", "nearly"),
    [
        (PACED, 8, False),
        (NEARLY_SPENT, 97, True),
        (replace(PACED, spent=7.0), 100, True),
        (replace(PACED, spent=0.0, max_cost=0.0), 100, True),
    ],
)
def test_the_meter_is_the_share_that_is_spent(
    snapshot: Snapshot, share: int, *, nearly: bool
) -> None:
    """It never overflows, looks different when little is left, and speaks."""
    markup = cells(snapshot)
    assert markup is not None
    meter = parse(markup).one(".nbk-meter")
    assert meter.attributes["role"] == "meter"
    assert meter.attributes["aria-valuenow"] == str(share)
    spent = meter.one(".nbk-spent")
    width = str(spent.attributes["style"]).removeprefix("width:").removesuffix("%")
    assert round(float(width)) == share
    assert ("nbk-nearly" in str(spent.attributes["class"])) is nearly


def test_no_time_is_nothing() -> None:
    """Attempts that are too short for their digits are said to be that, and not 0.0 ms."""
    quick = replace(RUNNING, latency_s=(2e-6, 0.00004, 0.173))
    assert "<0.1 ms p50 · <0.1 ms p95" in texts(cells(quick))[1]
