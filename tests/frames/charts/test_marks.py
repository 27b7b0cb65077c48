from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notebook_kit.frames.charts.marks import PlacedMark, placed_marks
from notebook_kit.frames.charts.model import Mark

RIGHT = 500.0


def placed(lines: list[float], widths: list[float]) -> list[PlacedMark]:
    """Return marks at these pixels, which are named by their places."""
    marks = [(x, Mark(x, str(at))) for at, x in enumerate(lines)]
    found, rows = placed_marks(marks, widths, RIGHT)
    assert [it.label for it in found] == [str(at) for at in range(len(lines))]
    assert rows == 1 + max((it.row for it in found), default=-1)
    return found


def lies_on_a_line(found: list[PlacedMark]) -> bool:
    """Tell whether words lie on the line of another mark, which begins in the row of its own."""
    return any(
        words.begin < line.x < words.end and words.row >= line.row
        for words in found
        for line in found
        if line is not words
    )


@pytest.mark.parametrize("lines", [[440, 460, 490], [100, 110, 120], [10, 440, 460], [380, 480]])
def test_words_lie_on_no_line(lines: list[float]) -> None:
    """Near each other, near the right end, or both."""
    assert not lies_on_a_line(placed(lines, [80.0] * len(lines)))


@example([(382.99999999999994, 118.0), (382.99999999999994, 20.077083609156688)])
@example([(261.5, 120.0), (262.0, 20.0), (381.0, 120.0)])
@given(st.lists(st.tuples(st.floats(0, RIGHT), st.floats(20, 120)), max_size=5))
def test_words_never_lie_on_words_or_lines(marks: list[tuple[float, float]]) -> None:
    """Whatever the distances and the widths are."""
    marks.sort()
    found = placed([x for x, _ in marks], [wide for _, wide in marks])
    assert not lies_on_a_line(found)
    for at, one in enumerate(found):
        assert one.x in (one.begin, one.end) or one.end == pytest.approx(one.x)
        assert not any(
            one.row == it.row and one.begin < it.end and it.begin < one.end for it in found[:at]
        )
