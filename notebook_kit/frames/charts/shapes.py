"""What is drawn between the axes, as SVG: one path for all shapes of a tone, to keep it small."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from notebook_kit.frames.charts.marks import placed_marks
from notebook_kit.frames.charts.model import TONES, Boxes, Dots, Line, Strips
from notebook_kit.markup import Markup, element, void

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from notebook_kit.frames.charts.model import Key, Layer, Panel, Tone

__all__ = ["marked", "shape", "swatch", "width_of"]

Pixels: TypeAlias = "NDArray[np.float64]"

#: A thing of no length or height still has to be seen.
_LEAST: Final = 1.5
#: Columns that are not wider stand without a gap between them.
_NO_GAP: Final = 3.0
_LABEL_SIZE: Final = 11
_LABEL_ROW: Final = 15.0
#: Words may stand out so far to the right of the plot.
_OVERHANG: Final = 14.0
#: Parts of its size that a letter is wide, in the usual fonts and a little more.
_NARROW: Final = frozenset("iljtfrI.,:;'|()[]! \N{NO-BREAK SPACE}")
_BROAD: Final = frozenset("mwMW%@")


def width_of(text: str, size: float) -> float:
    """Return about how many pixels a text is wide; no font is at hand to be asked.

    >>> width_of("limit", 10) < width_of("waits", 10) < width_of("MMMMM", 10)
    True
    """
    letters = sum(0.36 if it in _NARROW else 0.9 if it in _BROAD else 0.6 for it in text)
    return letters * size


def shape(panel: Panel, layer: Layer, left: float, right: float, top: float) -> Markup:
    """Return a layer of a panel whose plot lies between these pixels."""
    bottom = top + panel.height

    def across(values: Pixels) -> Pixels:
        return left + panel.x.part(values) * (right - left)

    def upward(values: Pixels) -> Pixels:
        return bottom - panel.y.part(values) * panel.height

    if isinstance(layer, Boxes):
        low, high = upward(layer.low), upward(layer.high)
        return _boxes(layer, across(layer.left), across(layer.right), low, high)
    if isinstance(layer, Strips):
        begin, end = across(layer.left), across(layer.right)
        thick = layer.thickness / abs(panel.y.high - panel.y.low) * panel.height
        return _strips(layer, begin, end, upward(layer.y), thick)
    x, y = across(layer.x), upward(layer.y)
    if isinstance(layer, Dots):
        path = "".join(f"M{a:.1f} {b:.1f}h0" for a, b in np.column_stack((x, y)).tolist())
        return _stroked(path, layer.tone, width=6, stroke_linecap="round", opacity="0.65")
    return _line(layer, x, y)


def _boxes(layer: Boxes, begin: Pixels, end: Pixels, low: Pixels, high: Pixels) -> Markup:
    gap = 0.8 * (end - begin > _NO_GAP) * (not layer.faint)
    wide = np.maximum(end - begin - gap, 0.4)
    tall = np.maximum(low - high, _LEAST)
    seen = layer.high > layer.low
    path = "".join(
        f"M{x:.1f} {y:.1f}h{w:.1f}v{-h:.1f}h{-w:.1f}z"
        for x, y, w, h in np.column_stack((begin, low, wide, tall))[seen].tolist()
    )
    return _filled(path, layer.tone, opacity="0.35" if layer.faint else None)


def _strips(layer: Strips, begin: Pixels, end: Pixels, y: Pixels, thick: float) -> Markup:
    wide = np.maximum(end - begin, _LEAST)
    path = "".join(
        f"M{x:.1f} {h:.1f}h{w:.1f}" for x, h, w in np.column_stack((begin, y, wide)).tolist()
    )
    return _stroked(path, layer.tone, width=max(0.7, min(thick, 14.0)))


def _line(layer: Line, x: Pixels, y: Pixels) -> Markup:
    known = np.isfinite(x) & np.isfinite(y)
    steps: list[str] = []
    goes_on = False
    for a, b, is_known in zip(x.tolist(), y.tolist(), known.tolist(), strict=True):
        if is_known:
            steps.append(f"{'L' if goes_on else 'M'}{a:.1f} {b:.1f}")
        goes_on = is_known
    return _stroked(
        "".join(steps),
        layer.tone,
        width=2,
        stroke_linejoin="round",
        stroke_dasharray="5 4" if layer.dashed else None,
    )


def swatch(key: Key, x: float, y: float) -> Markup:
    """Return the sign of a tone before its words, whose baseline is at a height."""
    if key.shape == "box":
        return _filled(f"M{x:.1f} {y - 9:.1f}h12v10h-12z", key.tone)
    if key.shape == "dot":
        path = f"M{x + 6:.1f} {y - 4:.1f}h0"
        return _stroked(path, key.tone, width=8, stroke_linecap="round")
    dashes = "4 3" if key.shape == "dashed" else None
    width = 4 if key.shape == "thin" else 2
    path = f"M{x:.1f} {y - 4:.1f}h13"
    return _stroked(path, key.tone, width=width, stroke_dasharray=dashes)


def marked(
    panel: Panel, left: float, right: float
) -> tuple[Callable[[float], list[Markup]], float]:
    """Return what draws the marks of a panel below a height, and the room that they take above it.

    Words that would lie on each other, or on a line, stand in rows.
    """
    marks = sorted(panel.marks, key=lambda mark: mark.x)
    lines = [left + float(panel.x.part(mark.x)) * (right - left) for mark in marks]
    widths = [width_of(mark.label, _LABEL_SIZE) + 8 for mark in marks]
    placed, rows = placed_marks(zip(lines, marks, strict=True), widths, right + _OVERHANG)

    def draw(top: float) -> list[Markup]:
        parts: list[Markup] = []
        for mine in placed:
            y = top - 4 - (rows - 1 - mine.row) * _LABEL_ROW
            path = f"M{mine.x:.1f} {y - 10:.1f}V{top + panel.height:.1f}"
            parts.append(_stroked(path, "ink", width=1.2, stroke_dasharray="4 3"))
            at = mine.x + (-4 if mine.is_turned else 4)
            parts.append(
                element(
                    "text",
                    mine.label,
                    x=f"{at:.1f}",
                    y=f"{y:.1f}",
                    text_anchor="end" if mine.is_turned else None,
                    font_size=_LABEL_SIZE,
                    fill=TONES["ink"],
                    class_="f-ink",
                )
            )
        return parts

    return draw, rows * _LABEL_ROW


def _filled(path: str, tone: Tone, **attributes: object) -> Markup:
    return void("path", d=path, fill=TONES[tone], class_=f"f-{tone}", **attributes)


def _stroked(path: str, tone: Tone, *, width: float, **attributes: object) -> Markup:
    return void(
        "path",
        d=path,
        fill="none",
        stroke=TONES[tone],
        stroke_width=f"{width:.3g}",
        class_=f"s-{tone}",
        **attributes,
    )
