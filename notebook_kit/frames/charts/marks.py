"""Where the words of a chart's marks stand: beside their lines, and on no other line."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from notebook_kit.frames.charts.model import Mark

__all__ = ["PlacedMark", "placed_marks"]


class PlacedMark(NamedTuple):
    """A mark with its words, in pixels; its line goes from its row down to the axis.

    Attributes:
        x: where the line is.
        begin: where the room of the words begins.
        end: where it ends.
        row: in which row they stand, from 0 at the top.
        label: the words.
        value: of the mark, on the axis.
    """

    x: float
    begin: float
    end: float
    row: int
    label: str
    value: float

    @property
    def is_turned(self) -> bool:
        """Whether the words stand to the left of the line."""
        return self.begin < self.x


def placed_marks(
    marks: Iterable[tuple[float, Mark]], widths: Sequence[float], right: float
) -> tuple[list[PlacedMark], int]:
    """Return where the words of marks stand, and in how many rows.

    Words to the right of their line stand above the lines that they reach, and so do those that
    are turned to the left because there is no room.

    Args:
        marks: with the pixel of each, from left to right.
        widths: how many pixels their words are wide.
        right: how far words may reach.

    >>> from notebook_kit.frames.charts.model import Mark
    >>> found, rows = placed_marks([(80, Mark(8, "a")), (95, Mark(9, "b"))], [40, 40], 100)
    >>> [(it.label, it.begin, it.row) for it in found], rows
    ([('a', 40, 1), ('b', 55, 0)], 2)
    """
    given = [(x, mark, wide) for (x, mark), wide in zip(marks, widths, strict=True)]
    placed: dict[int, PlacedMark] = {}
    reached = right
    # From the right, those that must be turned, and those that would lie on the line of such a one.
    for at, (x, mark, wide) in reversed(list(enumerate(given))):
        if x + wide > reached:
            placed[at] = _placed(x, x - wide, x, mark, [*placed.values()])
            reached = x
    for at, (x, mark, wide) in enumerate(given):
        if at not in placed:
            placed[at] = _placed(x, x, x + wide, mark, [*placed.values()])
    rows = 1 + max((it.row for it in placed.values()), default=-1)
    return [placed[at] for at in sorted(placed)], rows


def _placed(
    x: float, begin: float, end: float, mark: Mark, others: Sequence[PlacedMark]
) -> PlacedMark:
    # Below the words that reach its line, and in no row with words that it would lie on.
    least = 1 + max((it.row for it in others if it.begin < x < it.end), default=-1)
    taken = {it.row for it in others if it.begin < end and begin < it.end}
    row = next(row for row in range(least, least + len(others) + 1) if row not in taken)
    return PlacedMark(x, begin, end, row, mark.label, mark.x)
