"""Pace, latency, load and cost of a run: cells side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from notebook_kit.markup import Markup, element
from notebook_kit.numbers import count, plural, rate, stretch, took
from notebook_kit.scheduling import RunState
from notebook_kit.widgets import words
from notebook_kit.widgets.charts import histogram, no_chart, sparkline
from notebook_kit.widgets.foreign import plain
from notebook_kit.widgets.parts import APART

if TYPE_CHECKING:
    from notebook_kit.scheduling import Snapshot

__all__ = ["cells"]

_SPACE: Final = "\N{NO-BREAK SPACE}"
#: Characters of the limits in words.
_WORDS_LIMIT: Final = 60
#: Of shorter attempts only this is said, in seconds.
_LEAST_S: Final = 0.0001
#: From this share of the money on it is worth a look.
_NEARLY: Final = 0.9


def cells(snapshot: Snapshot) -> Markup | None:
    """Return pace, latency, load and, if it is counted, cost; nothing if nothing was done."""
    if snapshot.state.ended and not snapshot.attempts:
        return None
    found = [_pace(snapshot), _latency(snapshot), _load(snapshot)]
    cost = _cost(snapshot)
    if cost is None:
        return element("div", *found, class_="nbk-cells")
    return element("div", *found, cost, class_="nbk-cells nbk-four")


def _cell(label: str, value: object, *rest: Markup | None) -> Markup:
    return element(
        "div",
        element("div", label, class_="nbk-label"),
        element("div", value),
        *rest,
        class_="nbk-cell",
    )


def _figure(number: str, rest: str) -> Markup:
    return element("span", element("b", number), element("span", f" {rest}", class_="nbk-quiet"))


def _axis(left: str, right: str) -> Markup:
    return element("div", element("span", left), APART, element("span", right), class_="nbk-axis")


def _pace(snapshot: Snapshot) -> Markup:
    average = rate(words.average_rate(snapshot))
    if snapshot.state.ended or snapshot.state is RunState.PAUSED:
        value = _figure(average, "on average")
    else:
        value = _figure(rate(snapshot.rate_now), f"now · {average} average")
    chart = sparkline(snapshot)
    if chart is None:
        return _cell("Pace", value, *_room(snapshot))
    since = stretch((len(snapshot.throughput) - 1) * snapshot.interval_s)
    if snapshot.state.ended:
        return _cell("Pace", value, chart, _axis(f"{since} before the end", "end"))
    return _cell("Pace", value, chart, _axis(f"{since} ago", "now"))


def _latency(snapshot: Snapshot) -> Markup:
    label = "Time of an attempt"
    if snapshot.latency_s is None:
        none_yet = element("span", "none has ended yet", class_="nbk-quiet")
        return _cell(label, none_yet, *_room(snapshot))
    p50, p95, longest = snapshot.latency_s
    if sum(snapshot.latency_counts) == 1:
        only = "the only one" if snapshot.state.ended else "the only one so far"
        return _cell(label, _figure(_took(longest), only), *_room(snapshot))
    value = element("span", _figure(_took(p50), "p50 · "), _figure(_took(p95), "p95"))
    chart = histogram(snapshot)
    if chart is None:
        return _cell(label, value)
    axis = _axis(_took(snapshot.latency_edges[0]), f"longest {_took(longest)}")
    return _cell(label, value, chart, axis)


def _took(seconds: float) -> str:
    # A function that waits for nothing takes less than there are digits for.
    return f"<0.1{_SPACE}ms" if seconds < _LEAST_S else took(seconds)


def _room(snapshot: Snapshot) -> list[Markup]:
    return [] if snapshot.state.ended else [no_chart()]


def _load(snapshot: Snapshot) -> Markup:
    if snapshot.state.ended:
        number, _, noun = plural(snapshot.attempts, "attempt").partition(" ")
        facts = [_limit(snapshot), words.learnt(snapshot), _most(snapshot)]
        lines = [element("div", fact, class_="nbk-quiet") for fact in facts if fact]
        return _cell("Load", _figure(number, noun), *lines)
    most = count(snapshot.max_concurrency)
    value = _figure(count(snapshot.in_flight), f"of {most} at once")
    limit = "auto" if snapshot.auto and not snapshot.rate else _limit(snapshot)
    attempts = plural(snapshot.attempts, "attempt").replace(" ", _SPACE)
    told = element("div", " · ".join(filter(None, (limit, attempts))), class_="nbk-quiet")
    # The reason comes and goes: it keeps its room, so that the page below does not jump.
    why = element("div", words.waiting(snapshot) or _SPACE, class_="nbk-why")
    return _cell("Load", value, told, why)


def _limit(snapshot: Snapshot) -> str:
    if snapshot.rate:
        return f"limit {plain(snapshot.rate, _WORDS_LIMIT)}"
    # Beside what the server bears, that would be misread as if nothing held the run back.
    return "" if snapshot.server else "no rate set"


def _most(snapshot: Snapshot) -> str:
    number = count(snapshot.max_concurrency)
    return f"auto: {number} at once at the end" if snapshot.auto else f"at most {number} at once"


def _cost(snapshot: Snapshot) -> Markup | None:
    if snapshot.spent is None:
        return None
    number, _, rest = words.spending(snapshot).partition(" ")
    most, outlook = snapshot.max_cost, words.outlook(snapshot)
    return _cell(
        "Cost",
        _figure(number, rest),
        None if most is None else _meter(snapshot.spent, most),
        element("div", outlook, class_="nbk-quiet") if outlook else None,
    )


def _meter(spent: float, most: float) -> Markup:
    share = min(1.0, spent / most) if most > 0 else 1.0
    look = "nbk-spent nbk-nearly" if share > _NEARLY else "nbk-spent"
    return element(
        "div",
        element("div", class_=look, style=f"width:{100 * share:.1f}%"),
        class_="nbk-meter",
        role="meter",
        aria_label="Share of max_cost that is spent",
        aria_valuemin=0,
        aria_valuemax=100,
        aria_valuenow=round(100 * share),
    )
