"""What is shown while a run stands at its pilot: what the rest will most likely take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from notebook_kit.markup import Markup, element
from notebook_kit.numbers import count, duration, percent, plural, stretch
from notebook_kit.widgets import words

if TYPE_CHECKING:
    from notebook_kit.scheduling import Forecast, Range, Snapshot

__all__ = ["SHEET", "go_on_button", "pilot", "pilot_lines"]

_MINUTE_S: Final = 60.0
#: A share is rounded from so many parts of the whole.
_FINELY: Final = 1_000_000
_SPACE: Final = "\N{NO-BREAK SPACE}"
#: Room at the right of a range, so that its end is seen as one.
_HEADROOM: Final = 1.2
#: The least share of the scale that a range is drawn as.
_THINNEST: Final = 1.5
_WHAT_IT_IS: Final = (
    "It holds if the rest is like them; in about 95 of 100 such cases what comes is within the "
    "ranges."
)

_CSS: Final = """
.nbk-pilot { margin-top: 12px; padding-top: 10px; border-top: 1px solid var(--nbk-edge); }
.nbk-pilot .nbk-cells { margin-top: 6px; padding-top: 0; border-top: 0; }
.nbk-pilot .nbk-cell { max-width: 420px; }
.nbk-pilot > .nbk-label, .nbk-way { margin-top: 8px; }
.nbk-range { position: relative; height: 8px; margin: 7px 0 5px; border-radius: 4px;
  background: var(--nbk-track); forced-color-adjust: none; print-color-adjust: exact;
  -webkit-print-color-adjust: exact; }
.nbk-range > * { position: absolute; top: 0; height: 100%; }
.nbk-band { border-radius: 4px; background: color-mix(in srgb, var(--nbk-busy) 45%, transparent); }
.nbk-band-bad { background: repeating-linear-gradient(45deg,
  color-mix(in srgb, var(--nbk-bad) 55%, transparent) 0 4px,
  color-mix(in srgb, var(--nbk-bad) 30%, transparent) 4px 6px); }
.nbk-guess { width: 2px; margin-left: -1px; background: var(--nbk-text); }
.nbk-short { font-weight: 600; color: var(--nbk-bad); }
"""
#: The look of it, beside that of the panel.
SHEET: Final = Markup(" ".join(_CSS.split()))


@dataclass(frozen=True, slots=True)
class _Figure:
    """One thing that is guessed, in words and as shares of a scale."""

    label: str
    guess: str
    span: str
    shares: tuple[float, float, float]
    bad: bool = False
    warning: str = ""


def pilot(snapshot: Snapshot, *, static: bool) -> Markup | None:
    """Return what the rest will most likely take; None where the run does not stand at a pilot.

    ``static`` leaves out time and cost, which differ from one run of the same work to the next.
    """
    forecast = snapshot.forecast
    if forecast is None:
        return None
    cells = [_cell(figure) for figure in _figures(snapshot, forecast, static=static)]
    way = element("div", words.way_on_from_pilot(snapshot), class_="nbk-way") if static else None
    source = f"guessed from the {plural(forecast.sample, 'item')} of the pilot"
    return element(
        "div",
        element("style", SHEET),
        element("div", element("b", _rest(forecast)), f", {source}"),
        element("div", *cells, class_="nbk-cells"),
        element("div", _WHAT_IT_IS, class_="nbk-label"),
        way,
        class_="nbk-pilot",
        role="group",
        aria_label="Forecast",
    )


def pilot_lines(snapshot: Snapshot, *, static: bool) -> list[str]:
    """Return the same as lines of text, and how to go on."""
    forecast = snapshot.forecast
    if forecast is None:
        return []
    told = [
        f"{figure.label.lower()} {figure.guess}"
        + (f" ({figure.span})" if figure.span else "")
        + (f", {figure.warning}" if figure.warning else "")
        for figure in _figures(snapshot, forecast, static=static)
    ]
    source = plural(forecast.sample, "item")
    return [
        f"  {_rest(forecast)}, guessed from {source}: {'; '.join(told)}",
        f"  {words.way_on_from_pilot(snapshot)}",
    ]


def go_on_button(snapshot: Snapshot) -> dict[str, str]:
    """Return what the button says that goes on from the pilot."""
    rest = "the rest" if snapshot.to_do is None else f"the other {plural(snapshot.to_do, 'item')}"
    return {
        # As short as what stands there before and afterwards, so that nothing moves.
        "description": "Go on",
        "icon": "play",
        "tooltip": f"The pilot is done: do {rest} as well",
    }


def _rest(forecast: Forecast) -> str:
    if forecast.items_left is None:
        return "The rest, however many there are"
    return f"The other {plural(forecast.items_left, 'item')}"


def _figures(snapshot: Snapshot, forecast: Forecast, *, static: bool) -> list[_Figure]:
    found = []
    if not static and (time_s := forecast.time_s) is not None:
        low, expected, high = map(_time, time_s)
        span = _span(low, expected, high)
        found.append(_Figure("Time", f"about {expected}", span, _shares(time_s)))
    if not static and (cost := forecast.cost) is not None:
        found.append(_cost(snapshot, cost))
    return [*found, _failures(forecast)]


def _cost(snapshot: Snapshot, cost: Range) -> _Figure:
    low, expected, high = map(words.money, cost)
    warning = ""
    if snapshot.max_cost is not None and snapshot.spent is not None:
        left = max(0.0, snapshot.max_cost - snapshot.spent)
        if cost.high > left:
            more = "more" if cost.expected > left else "perhaps more"
            warning = f"{more} than the {words.money(left)} that max_cost leaves"
    span = _span(low, expected, high)
    return _Figure("Cost", f"about {expected}", span, _shares(cost), warning=warning)


def _failures(forecast: Forecast) -> _Figure:
    low, expected, high = map(_hundredths, forecast.failed_share)
    guess, span = f"about {expected}", _span(low, expected, high)
    if (failed := forecast.failed) is not None:
        least, likely, most = (count(round(number)) for number in failed)
        spans = _span(least, likely, most), _span(low, expected, high)
        guess, span = f"about {likely} ({expected})", ", ".join(filter(None, spans))
    start, middle, end = (100 * share for share in forecast.failed_share)
    return _Figure("Failures", guess, span, (start, middle, end), bad=True)


def _span(low: str, expected: str, high: str) -> str:
    """Return from where to where; nothing where that is the one figure that is told anyway."""
    if low == high:
        return "" if low == expected else low
    return f"{low} to {high}"


def _time(seconds: float) -> str:
    return duration(seconds) if seconds < _MINUTE_S else stretch(seconds)


def _hundredths(share: float) -> str:
    return percent(round(_FINELY * share), _FINELY)


def _shares(values: Range) -> tuple[float, float, float]:
    """Return where a range stands on a scale from nothing to a little more, in hundredths."""
    whole = values.high * _HEADROOM or 1.0
    low, expected, high = (100 * value / whole for value in values)
    return low, expected, high


def _cell(figure: _Figure) -> Markup:
    return element(
        "div",
        element("div", figure.label, class_="nbk-label"),
        element("b", figure.guess),
        _drawn(figure),
        element("div", figure.span, class_="nbk-quiet") if figure.span else None,
        element("div", figure.warning, class_="nbk-short") if figure.warning else None,
        class_="nbk-cell",
    )


def _drawn(figure: _Figure) -> Markup:
    low, expected, high = figure.shares
    width = max(_THINNEST, high - low)
    band = f"left:{min(low, 100 - width):.1f}%;width:{width:.1f}%"
    look = "nbk-band nbk-band-bad" if figure.bad else "nbk-band"
    return element(
        "div",
        element("div", class_=look, style=band),
        element("div", class_="nbk-guess", style=f"left:{min(max(expected, 0.3), 99.7):.1f}%"),
        class_="nbk-range",
        role="img",
        aria_label=", ".join(filter(None, (f"{figure.label}: {figure.guess}", figure.span))),
    )
