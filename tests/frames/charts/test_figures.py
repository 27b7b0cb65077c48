from __future__ import annotations

from notebook_kit.frames.charts import concurrency, failures, latency, timeline
from tests.frames.charts import runs


def test_a_figure_has_the_axes_and_the_words_of_the_chart() -> None:
    """Title, units, ticks and legend are those of the picture in the page."""
    made = failures(*runs.mixed(100))
    figure = made.figure()
    (axes,) = figure.axes
    assert figure.get_suptitle() == made.title
    assert axes.get_xlabel().startswith("time since")
    assert axes.get_ylabel().startswith("failures in")
    legend = axes.get_legend()
    assert legend is not None
    assert legend.get_texts()[0].get_text() == "RateLimited 429: 20"


def test_the_first_row_of_a_timeline_is_at_the_top() -> None:
    """As in the page."""
    (axes,) = timeline(*runs.mixed(10)).figure().axes
    assert axes.yaxis_inverted()
    assert axes.get_yticklabels()[0].get_text() == "0"


def test_durations_are_on_a_logarithmic_axis() -> None:
    """With the hundredths as words."""
    (axes,) = latency(*runs.mixed(100)).figure().axes
    assert axes.get_xscale() == "log"
    assert [text.get_text()[:3] for text in axes.texts] == ["p50", "p95", "p99"]


def test_concurrency_has_two_panels() -> None:
    """One over time, one against throughput."""
    over_time, against = concurrency(*runs.mixed(100)).figure().axes
    assert over_time.get_xlabel().startswith("time since")
    assert against.get_xlabel() == "attempts under way"
