"""Two small charts as inline SVG: how fast items ended, how long attempts took."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from notebook_kit.markup import Markup, element, void
from notebook_kit.numbers import plural, rate, stretch, took

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_kit.scheduling import Snapshot

__all__ = ["histogram", "no_chart", "sparkline"]

_WIDTH: Final = 240.0
_HEIGHT: Final = 36.0
#: Room above the highest point, so that a line's stroke is not cut.
_HEADROOM: Final = 2.0
_MOST_BARS: Final = 24
#: A few bars must not be blocks: what they leave free stays free, at the right.
_WIDEST_CLASS: Final = 24.0


def sparkline(snapshot: Snapshot) -> Markup | None:
    """Return items ended per interval as an area, oldest left; None with less than two intervals.

    The newest interval of a live run is left out: it is not full yet, and would look like a
    collapse.
    """
    ended = _levels(snapshot)
    if len(ended) < 2:  # noqa: PLR2004 - a line has two ends
        return None
    highest = max(ended) or 1
    step = _WIDTH / (len(ended) - 1)
    points = [(i * step, _y(number / highest)) for i, number in enumerate(ended)]
    line = "M" + "L".join(f"{x:.4g} {y:.4g}" for x, y in points)
    peak, low = (rate(number / snapshot.interval_s) for number in (max(ended), min(ended)))
    span = stretch(len(ended) * snapshot.interval_s)
    return _chart(
        f"Items ended per second over {span}: between {low} and {peak}.",
        void("path", d=f"{line}V{_HEIGHT:g}H0Z", class_="nbk-area"),
        void("path", d=line, class_="nbk-line"),
    )


def _levels(snapshot: Snapshot) -> Sequence[float]:
    """Return how many items ended in each whole interval, and at the end also in the last one."""
    if not snapshot.throughput:
        return ()
    *whole, newest = snapshot.throughput
    if not whole or not snapshot.state.ended:
        return whole
    # An interval that ends with the run reaches back into the one before.
    begun = snapshot.elapsed_s % snapshot.interval_s / snapshot.interval_s
    return [*whole, newest + (1 - begun) * whole[-1]]


def histogram(snapshot: Snapshot) -> Markup | None:
    """Return how long attempts took as bars with the 50th and 95th hundredth; None without any."""
    counts, edges = _merge(snapshot.latency_counts, snapshot.latency_edges)
    if snapshot.latency_s is None or not counts or len(edges) != len(counts) + 1:
        return None
    p50, p95, longest = snapshot.latency_s
    width = min(_WIDTH / len(counts), _WIDEST_CLASS)
    highest = max(counts) or 1
    bars = [
        _bar(i * width, width, number / highest) for i, number in enumerate(counts) if number > 0
    ]
    marks = [_mark(_position(seconds, edges, width)) for seconds in (p50, p95)]
    return _chart(
        f"Time of {plural(sum(counts), 'attempt')}: half took up to {took(p50)}, "
        f"95 of 100 up to {took(p95)}, the longest {took(longest)}.",
        *bars,
        *marks,
    )


def no_chart() -> Markup:
    """Return the room that a chart will take, so that the page does not jump when it comes."""
    return element("div", class_="nbk-room", aria_hidden="true")


def _chart(title: str, *shapes: Markup) -> Markup:
    return element(
        "svg",
        element("title", title),
        *shapes,
        class_="nbk-chart",
        role="img",
        aria_label=title,
        viewBox=f"0 0 {_WIDTH:g} {_HEIGHT:g}",
        preserveAspectRatio="none",
    )


def _y(part: float) -> float:
    return _HEIGHT - part * (_HEIGHT - _HEADROOM)


def _bar(x: float, width: float, part: float) -> Markup:
    # One attempt among thousands still has to be seen.
    height = max(1.5, part * (_HEIGHT - _HEADROOM))
    return void(
        "rect",
        x=f"{x + 0.08 * width:.4g}",
        y=f"{_HEIGHT - height:.4g}",
        width=f"{0.84 * width:.4g}",
        height=f"{height:.4g}",
        class_="nbk-column",
    )


def _mark(x: float) -> Markup:
    return void("path", d=f"M{x:.4g} 0V{_HEIGHT:g}", class_="nbk-mark")


def _position(seconds: float, edges: Sequence[float], width: float) -> float:
    """Return where a time falls; the bars are equally wide whatever they stand for."""
    for i, (low, high) in enumerate(pairwise(edges)):
        if seconds < high:
            inside = (seconds - low) / (high - low) if high > low else 0.0
            return (i + max(0.0, inside)) * width
    return width * (len(edges) - 1)


def _merge(counts: Sequence[int], edges: Sequence[float]) -> tuple[Sequence[int], Sequence[float]]:
    """Join neighbours until there are few enough bars to tell apart."""
    while len(counts) > _MOST_BARS and len(edges) == len(counts) + 1:
        edges = (*edges[:-1:2], edges[-1])
        counts = [sum(counts[i : i + 2]) for i in range(0, len(counts), 2)]
    return counts, edges
