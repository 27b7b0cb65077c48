from __future__ import annotations

from notebook_kit.demo.chance import chance


def test_chance_depends_on_nothing_but_its_parts() -> None:
    """The value is pinned, so that a seed means the same in every process and version."""
    assert chance(0, "LHR", 1) == chance(0, "LHR", 1)
    assert round(chance(0, "LHR", 1), 6) == 0.092548
    assert chance(0, "LHR", 1) != chance(0, "LHR", 2)


def test_chance_is_spread_evenly() -> None:
    """Of 2,000 draws about one in ten falls into each tenth."""
    tenths = [0] * 10
    for turn in range(2000):
        tenths[int(chance("even", turn) * 10)] += 1
    assert min(tenths) > 150
    assert max(tenths) < 250


def test_chance_takes_any_text() -> None:
    """A lone surrogate from a JSON body is text too."""
    assert 0 <= chance("\ud800") < 1
