"""A chart as SVG: the same drawing for a page, where it follows the theme, and for a file."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Final

from notebook_kit.frames.charts.shapes import marked, shape, swatch, width_of
from notebook_kit.frames.charts.style import NARROW, NO_FORMULA, STYLE, WIDE
from notebook_kit.frames.charts.ticks import ticks
from notebook_kit.markup import Markup, element, void

if TYPE_CHECKING:
    from notebook_kit.frames.charts.model import Key, Panel, Scene

__all__ = ["drawing", "page"]

_WIDE: Final = 700
_NARROW: Final = 400
_TITLE: Final = 15
_TEXT: Final = 12
_SMALL: Final = 11
#: Parts of its size that a letter of a sentence is wide, on average and a little more.
_LETTER: Final = 0.54
_BOLD_LETTER: Final = 0.61
_RIGHT: Final = 16.0
_KEY_GAP: Final = 16.0
_TICK_EVERY: Final = 90.0
_ROW_EVERY: Final = 36.0
_NAME_EVERY: Final = 14.0


def page(scene: Scene) -> Markup:
    """Return the chart as HTML, drawn for a wide and for a narrow place."""
    wide = _svg(scene, _WIDE, class_=WIDE)
    # Without its style sheet, as where pages are cleaned, only one of them is to be seen.
    narrow = _svg(scene, _NARROW, class_=NARROW, display="none")
    return element("div", STYLE, wide, narrow, class_=f"nbk-plots {NO_FORMULA}")


def drawing(scene: Scene, width: float = _WIDE) -> Markup:
    """Return the chart as an SVG document on a white ground, so many pixels wide."""
    return _svg(scene, width, xmlns="http://www.w3.org/2000/svg")


def _svg(scene: Scene, width: float, **attributes: object) -> Markup:
    parts: list[Markup] = []
    y = _lines(parts, scene.title, width, y=4.0, size=_TITLE, bold=True)
    y = _keys(parts, scene.keys, width, y + 3)
    for panel in scene.panels:
        y = _panel(parts, panel, width, y + 6)
    for note in scene.notes:
        y = _lines(parts, note, width, y=y + 2, size=_SMALL, quiet=True)
    height = math.ceil(y + 4)
    if "xmlns" in attributes:
        ground = void("rect", width=f"{width:g}", height=height, fill="#ffffff")
        parts.insert(0, ground)
        attributes |= {"font_family": "system-ui, 'Segoe UI', Helvetica, Arial, sans-serif"}
    return element(
        "svg",
        element("title", scene.title),
        element("desc", scene.words),
        *parts,
        role="img",
        aria_label=scene.title,
        viewBox=f"0 0 {width:g} {height}",
        width=f"{width:g}",
        height=height,
        **attributes,
    )


def _text(x: float, y: float, text: str, *, quiet: bool = False, **attributes: object) -> Markup:
    size = attributes.pop("font_size", _SMALL)
    tone = {"fill": "#555555", "class_": "f-quiet"} if quiet else {"fill": "#222222"}
    if not quiet:
        tone["class_"] = "f-ink"
    return element("text", text, x=f"{x:.1f}", y=f"{y:.1f}", font_size=size, **tone, **attributes)


def _lines(
    parts: list[Markup],
    text: str,
    width: float,
    *,
    y: float,
    size: int,
    bold: bool = False,
    quiet: bool = False,
) -> float:
    """Add a text in as many lines as it needs, and return where it ends."""
    letter = size * (_BOLD_LETTER if bold else _LETTER)
    for line in textwrap.wrap(text, max(12, int(width / letter))):
        y += size * 1.3
        weight = "600" if bold else None
        parts.append(_text(0, y, line, quiet=quiet, font_size=size, font_weight=weight))
    return y


def _keys(parts: list[Markup], keys: tuple[Key, ...], width: float, y: float) -> float:
    x = 0.0
    for at, key in enumerate(keys):
        wide = 18 + width_of(key.label, _TEXT)
        if at == 0 or x + wide > width:
            x, y = 0.0, y + 19
        parts += (swatch(key, x, y), _text(x + 18, y, key.label, font_size=_TEXT))
        x += wide + _KEY_GAP
    return y + (6 if keys else 0)


def _panel(parts: list[Markup], panel: Panel, width: float, y: float) -> float:
    """Add a panel that begins at a height, and return where it ends."""
    every = _NAME_EVERY if panel.y.kind == "names" else _ROW_EVERY
    rows = ticks(panel.y, max(2, int(panel.height / every)))
    longest = max((width_of(name, _SMALL) for _, name in rows), default=0.0)
    left = max(24.0, longest + 10)
    right = width - _RIGHT
    labels, room = marked(panel, left, right)
    y += _SMALL + 2
    parts.append(_text(0, y, panel.y.label, quiet=True))
    top = y + 8 + room
    bottom = top + panel.height
    parts += labels(top)
    for value, name in rows:
        at = bottom - float(panel.y.part(value)) * panel.height
        parts.append(_rule(f"M{left:.1f} {at:.1f}H{right:.1f}", "grid"))
        parts.append(_text(left - 6, at + 4, name, quiet=True, text_anchor="end"))
    parts += [shape(panel, layer, left, right, top) for layer in panel.layers]
    parts += _below(panel, left, right, bottom)
    return bottom + 18 + (16 if panel.x.label else 0)


def _below(panel: Panel, left: float, right: float, bottom: float) -> list[Markup]:
    """Return the horizontal axis with its ticks."""
    parts = [_rule(f"M{left:.1f} {bottom:.1f}H{right:.1f}", "edge")]
    for value, name in ticks(panel.x, max(2, int((right - left) / _TICK_EVERY))):
        at = left + float(panel.x.part(value)) * (right - left)
        half = width_of(name, _SMALL) / 2
        # What would stand out at the right is written to the left of its tick.
        anchor = "end" if at + half > right + _RIGHT else "middle"
        parts.append(_rule(f"M{at:.1f} {bottom:.1f}v4", "edge"))
        parts.append(_text(at, bottom + 16, name, quiet=True, text_anchor=anchor))
    if panel.x.label:
        middle = (left + right) / 2
        parts.append(_text(middle, bottom + 32, panel.x.label, quiet=True, text_anchor="middle"))
    return parts


def _rule(path: str, kind: str) -> Markup:
    colour = {"grid": "#dddddd", "edge": "#999999"}[kind]
    return void("path", d=path, stroke=colour, fill="none", class_=f"s-{kind}")
