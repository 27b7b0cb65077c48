"""A chart as a matplotlib figure."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from notebook_kit.frames.charts.marks import placed_marks
from notebook_kit.frames.charts.model import TONES, Boxes, Dots, Strips
from notebook_kit.frames.charts.shapes import width_of
from notebook_kit.frames.charts.ticks import ticks

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from notebook_kit.frames.charts.marks import PlacedMark
    from notebook_kit.frames.charts.model import Axis, Key, Layer, Panel, Scene

__all__ = ["figure_of"]

_WIDTH_IN: Final = 7.0
_TITLE_LETTERS: Final = 78
_NOTE_LETTERS: Final = 115
_PIXELS_PER_INCH: Final = 80.0
#: About as wide as the plot of a figure is, and as tall as letters are beside marks.
_PLOT_PIXELS: Final = 0.9 * _WIDTH_IN * _PIXELS_PER_INCH
_LABEL_PIXELS: Final = 8 / 72 * _PIXELS_PER_INCH
#: So much of a plot's height a row of words takes.
_ROW: Final = 0.08
_GREY: Final = "#555555"


def figure_of(scene: Scene) -> Figure:
    """Return a new figure of a chart, which pyplot does not know."""
    title = textwrap.wrap(scene.title, _TITLE_LETTERS)
    notes = [line for note in scene.notes for line in textwrap.wrap(note, _NOTE_LETTERS)]
    heights = [panel.height for panel in scene.panels]
    extra_in = 0.28 * len(title) + 0.17 * len(notes) + 0.3 * bool(scene.keys) + 0.75 * len(heights)
    height_in = max(1.0, sum(heights) / _PIXELS_PER_INCH + extra_in)
    figure = Figure(figsize=(_WIDTH_IN, height_in), layout="constrained")
    figure.suptitle(
        "\n".join(title), x=0.012, ha="left", fontsize=11, fontweight="bold", parse_math=False
    )
    if notes:
        figure.supxlabel(
            "\n".join(notes), x=0.012, ha="left", fontsize=7.5, color=_GREY, parse_math=False
        )
    if heights:
        drawn = figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights)
        for axes, panel in zip(drawn[:, 0], scene.panels, strict=True):
            _draw(axes, panel)
        _legend(drawn[0, 0], scene.keys)
    return figure


def _draw(axes: Axes, panel: Panel) -> None:
    if panel.x.kind == "duration":
        axes.set_xscale("log")
        axes.minorticks_off()
    axes.set_xlim(panel.x.low, panel.x.high)
    # The words of marks stand above what is drawn.
    placed, rows = _placed(panel)
    room = _ROW * rows * (panel.y.high - panel.y.low)
    axes.set_ylim(panel.y.low, panel.y.high + room)
    _ticks(axes.xaxis, panel.x, 6)
    every = 14 if panel.y.kind == "names" else 36
    _ticks(axes.yaxis, panel.y, max(2, int(panel.height / every)))
    axes.set_xlabel(panel.x.label, fontsize=8, color=_GREY)
    axes.set_ylabel(panel.y.label, fontsize=8, color=_GREY)
    axes.tick_params(labelsize=8, labelcolor=_GREY, color="#999999")
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=True, axis="y", color="#dddddd", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color("#999999")
    for layer in panel.layers:
        _add(axes, layer)
    row_height = _ROW / (1 + _ROW * rows)
    for mark in placed:
        top = 1.0 - mark.row * row_height
        axes.axvline(mark.value, ymax=top, color=TONES["ink"], linewidth=1, linestyle=(0, (4, 3)))
        axes.annotate(
            mark.label,
            (mark.value, top - row_height / 2),
            xycoords=("data", "axes fraction"),
            xytext=(-4 if mark.is_turned else 4, 0),
            textcoords="offset points",
            ha="right" if mark.is_turned else "left",
            va="center",
            fontsize=8,
            parse_math=False,
        )


def _placed(panel: Panel) -> tuple[list[PlacedMark], int]:
    """Return where the words of marks stand on a plot of about this width."""
    marks = sorted(panel.marks, key=lambda mark: mark.x)
    lines = [float(panel.x.part(mark.x)) * _PLOT_PIXELS for mark in marks]
    widths = [width_of(mark.label, _LABEL_PIXELS) + 8 for mark in marks]
    return placed_marks(zip(lines, marks, strict=True), widths, _PLOT_PIXELS)


def _ticks(target: Any, axis: Axis, wanted: int) -> None:
    found = ticks(axis, wanted)
    target.set_ticks([value for value, _ in found])
    target.set_ticklabels([name for _, name in found], parse_math=False)


def _add(axes: Axes, layer: Layer) -> None:
    colour = TONES[layer.tone]
    if isinstance(layer, Boxes):
        opacity = 0.35 if layer.faint else 1.0
        corners = _corners(layer.left, layer.right, layer.low, layer.high)
        edge = "white" if len(corners) < 120 and not layer.faint else "none"  # noqa: PLR2004
        axes.add_collection(
            PolyCollection(
                corners, facecolors=colour, edgecolors=edge, linewidths=0.5, alpha=opacity
            ),
            autolim=False,
        )
    elif isinstance(layer, Strips):
        half = layer.thickness / 2
        corners = _corners(layer.left, layer.right, layer.y - half, layer.y + half)
        axes.add_collection(
            PolyCollection(corners, facecolors=colour, edgecolors=colour, linewidths=0.3),
            autolim=False,
        )
    elif isinstance(layer, Dots):
        axes.scatter(layer.x, layer.y, s=18, color=colour, alpha=0.65, linewidths=0)
    else:
        dashes = (0, (4, 3)) if layer.dashed else "-"
        axes.plot(layer.x, layer.y, color=colour, linewidth=1.6, linestyle=dashes)


def _corners(
    left: NDArray[np.float64],
    right: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> list[NDArray[np.float64]]:
    around = ((left, low), (left, high), (right, high), (right, low))
    return list(np.stack([np.column_stack(corner) for corner in around], axis=1))


def _legend(axes: Axes, keys: tuple[Key, ...]) -> None:
    if not keys:
        return
    legend = axes.legend(
        handles=[_handle(key) for key in keys],
        # Words that begin with an underscore would be left out, so they are set below.
        labels=["-"] * len(keys),
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=min(len(keys), 4),
        fontsize=8,
        frameon=False,
        borderaxespad=0.3,
        handlelength=1.4,
    )
    for text, key in zip(legend.get_texts(), keys, strict=True):
        text.set_parse_math(False)
        text.set_text(key.label)


def _handle(key: Key) -> Artist:
    colour = TONES[key.tone]
    if key.shape == "box":
        return Patch(color=colour)
    if key.shape == "dot":
        return Line2D([], [], color=colour, marker="o", linestyle="")
    dashes: Literal["--", "-"] = "--" if key.shape == "dashed" else "-"
    width = 4 if key.shape == "thin" else 1.6
    return Line2D([], [], color=colour, linestyle=dashes, linewidth=width)
