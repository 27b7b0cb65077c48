"""What a chart consists of, before it is drawn as SVG or by matplotlib."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "TONES",
    "Axis",
    "Boxes",
    "Dots",
    "Key",
    "Layer",
    "Line",
    "Mark",
    "Panel",
    "Scene",
    "Strips",
    "Tone",
]

Numbers: TypeAlias = "NDArray[np.float64]"
Tone: TypeAlias = Literal[
    "blue", "vermillion", "orange", "green", "purple", "sky", "yellow", "grey", "ink"
]

#: The colours of Okabe and Ito, which people of any colour vision can tell apart.
TONES: Final[dict[Tone, str]] = {
    "blue": "#0072b2",
    "vermillion": "#d55e00",
    "orange": "#e69f00",
    "green": "#009e73",
    "purple": "#cc79a7",
    "sky": "#56b4e9",
    "yellow": "#f0e442",
    "grey": "#999999",
    "ink": "#222222",
}


@dataclass(frozen=True, slots=True)
class Axis:
    """One direction of a panel.

    Attributes:
        label: what is measured, and in which unit.
        kind: how ticks are chosen and written: numbers, whole numbers, seconds since a moment,
            durations on a logarithmic scale, or the names given.
        low: the least value that is shown.
        high: the greatest one, above ``low``.
        names: ticks of an axis of names.
    """

    label: str
    kind: Literal["number", "count", "time", "duration", "names"]
    low: float
    high: float
    names: tuple[tuple[float, str], ...] = ()

    def part(self, values: Numbers | float) -> Numbers:
        """Return where values stand between the ends of the axis, from 0 to 1."""
        numbers = np.asarray(values, dtype="float64")
        if self.kind == "duration":
            low, high = np.log(self.low), np.log(self.high)
            places = (np.log(np.maximum(numbers, self.low)) - low) / (high - low)
        else:
            places = (numbers - self.low) / (self.high - self.low)
        inside: Numbers = np.clip(places, 0.0, 1.0)
        return inside


@dataclass(frozen=True, slots=True)
class Boxes:
    """Filled rectangles; faint ones stand behind what matters more."""

    tone: Tone
    left: Numbers
    right: Numbers
    low: Numbers
    high: Numbers
    faint: bool = False


@dataclass(frozen=True, slots=True)
class Strips:
    """Horizontal bars of one thickness, in units of the vertical axis."""

    tone: Tone
    left: Numbers
    right: Numbers
    y: Numbers
    thickness: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points; NaN interrupts it."""

    tone: Tone
    x: Numbers
    y: Numbers
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Dots:
    """One dot for each point."""

    tone: Tone
    x: Numbers
    y: Numbers


@dataclass(frozen=True, slots=True)
class Mark:
    """A dashed line across the panel, with a word on it."""

    x: float
    label: str


Layer: TypeAlias = Boxes | Strips | Line | Dots


@dataclass(frozen=True, slots=True)
class Panel:
    """One pair of axes with what is drawn between them, the lowest layer first."""

    x: Axis
    y: Axis
    layers: tuple[Layer, ...]
    marks: tuple[Mark, ...] = ()
    height: float = 200.0


@dataclass(frozen=True, slots=True)
class Key:
    """What a tone stands for."""

    tone: Tone
    label: str
    shape: Literal["box", "thin", "line", "dashed", "dot"] = "box"


@dataclass(frozen=True, slots=True)
class Scene:
    """A whole chart.

    Attributes:
        name: which chart it is.
        title: what is to be seen in it.
        panels: drawn below one another; none where there is nothing to draw.
        keys: what the tones stand for.
        notes: what has to be known to read it.
    """

    name: str
    title: str
    panels: tuple[Panel, ...] = ()
    keys: tuple[Key, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def words(self) -> str:
        """What the chart says to those who do not see it."""
        keys = ", ".join(key.label for key in self.keys)
        axes = " ".join(f"{panel.y.label} against {panel.x.label}." for panel in self.panels)
        shown = f"Shown: {keys}." if keys else ""
        return " ".join(filter(None, (axes, shown, *self.notes)))
