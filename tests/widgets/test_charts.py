from __future__ import annotations

from dataclasses import replace

import pytest

from notebook_kit.scheduling import RunState
from notebook_kit.widgets.charts import histogram, sparkline
from tests.widgets.fakes import Element, parse
from tests.widgets.states import EMPTY, JUST_STARTED, RUNNING


def chart(markup: str | None) -> Element:
    assert markup is not None
    return parse(markup).one("svg")


def numbers_of(path: str) -> list[float]:
    for letter in "MLVHZ":
        path = path.replace(letter, " ")
    return [float(number) for number in path.split()]


def test_charts_say_in_words_what_they_show() -> None:
    """Each chart is one image for a screen reader, with its figures in the title."""
    for drawn in (chart(sparkline(RUNNING)), chart(histogram(RUNNING))):
        assert drawn.attributes["role"] == "img"
        assert drawn.one("title").text == drawn.attributes["aria-label"]
    assert "half took up to 205" in chart(histogram(RUNNING)).text


def test_lines_stay_inside_their_chart() -> None:
    """No point lies outside the picture, and the highest is near its top."""
    line = chart(sparkline(RUNNING)).one(".nbk-line").attributes["d"]
    points = numbers_of(str(line))
    assert all(0 <= x <= 240.1 for x in points[::2])
    assert min(points[1::2]) == pytest.approx(2)
    assert max(points[1::2]) <= 36


def test_the_unfinished_interval_is_left_out() -> None:
    """The newest count is still growing; drawn, it would look like a collapse."""
    dropped = replace(RUNNING, throughput=(*RUNNING.throughput[:-1], 0))
    assert sparkline(dropped) == sparkline(RUNNING)


def test_the_end_of_a_run_is_drawn() -> None:
    """The last interval before the end reaches back into the one before it: no gap, no spike."""
    done = replace(RUNNING, state=RunState.DONE, elapsed_s=3.25)
    collapsed = chart(sparkline(replace(done, throughput=(40, 40, 40, 0))))
    points = numbers_of(str(collapsed.one(".nbk-line").attributes["d"]))
    assert points[::2] == [0, 80, 160, 240]
    # A quarter of it had nothing, and the other three quarters were as fast as before.
    assert points[-1] == pytest.approx(36 - 0.75 * 34, abs=0.01)
    even = chart(sparkline(replace(done, throughput=(40, 40, 40, 10))))
    assert set(numbers_of(str(even.one(".nbk-line").attributes["d"]))[1::2]) == {2.0}


def test_a_run_of_a_second_and_a_half_has_a_line() -> None:
    """At the end one whole interval and a part of one are enough."""
    short = replace(RUNNING, elapsed_s=1.5, throughput=(20, 10))
    assert sparkline(short) is None
    assert sparkline(replace(short, state=RunState.DONE)) is not None


def test_a_few_bars_are_no_blocks() -> None:
    """However few classes there are, a bar stays a bar, and the marks stand in their bars."""
    two = replace(
        RUNNING,
        latency_s=(0.105, 0.13, 0.139),
        latency_counts=(7, 1),
        latency_edges=(0.1, 0.12, 0.14),
    )
    drawn = chart(histogram(two))
    bars = [
        (float(str(bar.attributes["x"])), float(str(bar.attributes["width"])))
        for bar in drawn.all(".nbk-column")
    ]
    marks = [numbers_of(str(mark.attributes["d"]))[0] for mark in drawn.all(".nbk-mark")]
    assert all(width < 24 for _, width in bars)
    for (left, width), mark in zip(bars, marks, strict=True):
        assert left <= mark <= left + width


@pytest.mark.parametrize("throughput", [(), (5,), (5, 3)])
def test_too_short_a_history_has_no_line(throughput: tuple[int, ...]) -> None:
    """A line needs two full intervals."""
    assert sparkline(replace(RUNNING, throughput=throughput)) is None


def test_standstill_is_a_flat_line() -> None:
    """Nothing ended at all: no division by nothing."""
    line = chart(sparkline(replace(RUNNING, throughput=(0, 0, 0)))).one(".nbk-line")
    assert set(numbers_of(str(line.attributes["d"]))[1::2]) == {36.0}


@pytest.mark.parametrize("classes", [1, 2, 24, 25, 77, 200])
def test_bars_are_few_and_none_is_lost(classes: int) -> None:
    """However fine the counting, there are at most 24 bars, and every attempt is in one."""
    edges = tuple(0.001 * 1.19**i for i in range(classes + 1))
    snapshot = replace(RUNNING, latency_counts=(3,) * classes, latency_edges=edges)
    drawn = chart(histogram(snapshot))
    assert 0 < len(drawn.all(".nbk-column")) <= 24
    assert f"{3 * classes:,} attempts" in drawn.text
    for bar in drawn.all(".nbk-column"):
        left, width = float(str(bar.attributes["x"])), float(str(bar.attributes["width"]))
        assert left >= 0
        assert left + width <= 240.1


def test_marks_stand_where_the_times_are() -> None:
    """The 50th and the 95th hundredth are marked inside the bars they belong to."""
    marks = chart(histogram(RUNNING)).all(".nbk-mark")
    positions = [numbers_of(str(mark.attributes["d"]))[0] for mark in marks]
    width = 240 / len(RUNNING.latency_counts)
    for position, seconds in zip(positions, (0.205, 0.62), strict=True):
        edges = RUNNING.latency_edges
        bar = max(i for i, edge in enumerate(edges) if edge <= seconds)
        assert bar * width <= position <= (bar + 1) * width


def test_a_time_beyond_the_last_bar_is_marked_at_the_edge() -> None:
    """A mark never leaves the picture."""
    far = replace(RUNNING, latency_s=(1e-9, 1e9, 1e9))
    marks = chart(histogram(far)).all(".nbk-mark")
    assert [numbers_of(str(mark.attributes["d"]))[0] for mark in marks] == [0.0, 240.0]


def test_no_attempts_no_histogram() -> None:
    """Where nothing was measured nothing is drawn."""
    assert histogram(EMPTY) is None
    assert histogram(JUST_STARTED) is None
    assert histogram(replace(RUNNING, latency_edges=(1.0,))) is None
