from __future__ import annotations

import re

import numpy as np

from notebook_kit.frames.charts.model import Axis, Boxes, Line, Mark, Panel
from notebook_kit.frames.charts.shapes import marked, shape

X = Axis("", "number", 0.0, 10.0)
Y = Axis("", "number", 0.0, 10.0)


def numbers(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array(values, dtype="float64")


def test_a_line_is_interrupted_where_nothing_is_known() -> None:
    """NaN is no point, and nothing is drawn across it."""
    line = Line("blue", numbers(0, 1, 2, 3, 4), numbers(1, 2, np.nan, 3, 4))
    path = shape(Panel(X, Y, ()), line, 0.0, 100.0, 0.0)
    assert re.findall(r"[ML]", path) == ["M", "L", "M", "L"]
    assert "nan" not in path


def test_boxes_of_no_height_are_not_drawn_and_small_ones_are_seen() -> None:
    """A count of one among millions is a line at least, a count of none is nothing."""
    boxes = Boxes("blue", numbers(0, 5), numbers(5, 10), numbers(0, 0), numbers(0, 1e-6))
    path = shape(Panel(X, Y, ()), boxes, 0.0, 100.0, 0.0)
    assert path.count("M") == 1
    assert "v-1.5" in path


def test_words_of_marks_do_not_lie_on_each_other() -> None:
    """Those that are near each other stand in rows, those near the end to the left."""
    panel = Panel(X, Y, (), tuple(Mark(x, f"p{at} 100 ms") for at, x in enumerate((9.0, 9.3, 9.8))))
    draw, room = marked(panel, 0.0, 400.0)
    texts = [part for part in draw(60.0) if part.startswith("<text")]
    heights = [re.search(r' y="([\d.]+)"', text) for text in texts]
    assert len({height[1] for height in heights if height}) == 3
    assert room == 45.0
    assert 'text-anchor="end"' in texts[-1]
