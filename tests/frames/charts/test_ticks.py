from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_kit.frames.charts.model import Axis
from notebook_kit.frames.charts.ticks import nice_top, ticks


def words(axis: Axis, wanted: int = 5) -> list[str]:
    """Return what is written at the ticks, with ordinary spaces."""
    return [text.replace("\N{NO-BREAK SPACE}", " ") for _, text in ticks(axis, wanted)]


@pytest.mark.parametrize(
    ("high", "wanted"),
    [
        (0.004, ["0", "0.001 s", "0.002 s", "0.003 s", "0.004 s"]),
        (1.2, ["0", "0.5 s", "1.0 s"]),
        (13, ["0", "5 s", "10 s"]),
        (100, ["0", "30 s", "60 s", "90 s"]),
        (3_600, ["0", "15 min", "30 min", "45 min", "60 min"]),
        (90_000, ["0", "6 h", "12 h", "18 h", "24 h"]),
        (86_400 * 300, ["0", "100 d", "200 d", "300 d"]),
    ],
)
def test_times_are_written_in_the_unit_of_their_step(high: float, wanted: list[str]) -> None:
    """From milliseconds to months."""
    assert words(Axis("", "time", 0.0, high)) == wanted


def test_a_narrow_range_of_durations_has_more_than_powers_of_ten() -> None:
    """An axis with one tick says nothing."""
    assert words(Axis("", "duration", 0.12, 0.5)) == ["200 ms", "300 ms", "400 ms", "500 ms"]
    assert words(Axis("", "duration", 1e-6, 2e-3)) == ["1 µs", "10 µs", "100 µs", "1 ms"]


def test_names_are_thinned_out() -> None:
    """There are no more of them than there is room for."""
    names = tuple((float(at), str(at)) for at in range(10))
    assert words(Axis("", "names", 0.0, 10.0, names), 5) == ["0", "2", "4", "6", "8"]


@given(
    kind=st.sampled_from(["number", "count", "time", "duration"]),
    low=st.floats(1e-6, 1e6),
    factor=st.floats(1.01, 1e6),
    wanted=st.integers(2, 12),
)
def test_ticks_lie_on_the_axis_and_are_not_too_many(
    kind: str, low: float, factor: float, wanted: int
) -> None:
    """Whatever its range: their values grow, and their words differ."""
    start = low if kind == "duration" else 0.0
    axis = Axis("", kind, start, low * factor)  # type: ignore[arg-type]
    found = ticks(axis, wanted)
    values = [value for value, _ in found]
    assert values == sorted(set(values))
    assert len({text for _, text in found}) == len(found)
    assert len(found) <= 2 * wanted + 2
    assert all(start * (1 - 1e-6) <= value <= axis.high * (1 + 1e-6) for value in values)


@given(st.floats(1e-9, 1e12))
def test_the_end_of_an_axis_is_not_below_what_it_shows(highest: float) -> None:
    """Nor so far above that the picture would be flat."""
    assert highest * (1 - 1e-6) <= nice_top(highest) <= 1.3 * highest
