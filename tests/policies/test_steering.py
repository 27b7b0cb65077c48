"""Steering: which level a round of attempts speaks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_kit.policies.steering import Round, Steering

SURE = 0.0001
UNSURE = 0.04


def steering() -> Steering:
    return Steering(least=1)


def step(
    one: Steering,
    level: float,
    mean_s: float,
    *,
    variance: float = SURE,
    lost: float = 0.0,
    used: bool = True,
) -> float:
    return one.next(Round(level, mean_s, variance, lost), used=used)


def settled(level: float = 16.0) -> Steering:
    """Return one whose base is 1 s and that has just fallen to three quarters of the level."""
    one = steering()
    assert step(one, level / 4, 1.0) == level / 2
    assert step(one, level / 2, 1.0) == level
    assert step(one, level, 2.0) == level
    assert step(one, level, 2.0) == 0.75 * level
    assert not one.hurried
    return one


def dipping(level: float = 16.0) -> Steering:
    """Return one that has just gone from 12 to 6 to see the base afresh."""
    one = settled(level)
    for _ in range(7):
        assert step(one, 0.75 * level, 1.5) == 0.75 * level
    assert step(one, 0.75 * level, 1.5) == 0.375 * level
    return one


def test_it_doubles_until_a_line_is_seen() -> None:
    """While latencies stay as they are, each round has twice the level."""
    one = steering()
    assert one.base_s is None
    assert [step(one, level, 1.0) for level in (1.0, 2.0, 4.0)] == [2.0, 4.0, 8.0]
    assert one.base_s == pytest.approx(1.0)
    assert one.hurried


def test_it_takes_two_rounds_with_a_line_to_fall() -> None:
    """One slow round only calls for a second look; when that is fast, the level doubles on."""
    one = steering()
    step(one, 8.0, 1.0)
    assert step(one, 16.0, 3.0) == 16.0
    assert not one.hurried
    assert step(one, 16.0, 1.0) == 32.0


def test_it_falls_in_proportion_but_never_by_more_than_half() -> None:
    """What is sought is one and a half times the base; a long line halves the level."""
    one = steering()
    step(one, 8.0, 1.0)
    assert [step(one, 16.0, 1.8), step(one, 16.0, 1.8)] == [16.0, pytest.approx(16.0 * 1.5 / 1.8)]
    other = steering()
    step(other, 8.0, 1.0)
    assert [step(other, 16.0, 9.0), step(other, 16.0, 9.0)] == [16.0, 8.0]


def test_it_rises_by_the_room_that_is_left() -> None:
    """Once a line was seen, it rises by at most a half, and not at all at one and a half times."""
    assert step(settled(), 12.0, 1.0) == pytest.approx(18.0, rel=0.01)
    assert step(settled(), 12.0, 1.25) == pytest.approx(15.0, rel=0.01)
    assert step(settled(), 12.0, 1.5) == pytest.approx(12.0, rel=0.01)


def test_it_stays_where_too_few_are_under_way() -> None:
    """Short latencies say nothing for a higher level that would not be used."""
    assert step(settled(), 12.0, 1.0, used=False) == 12.0


def test_one_may_always_wait_in_line() -> None:
    """With two at once on a server for one, latencies are twice the base, and that is well."""
    one = steering()
    step(one, 1.0, 1.0)
    assert step(one, 2.0, 2.0) == 2.0
    assert step(one, 2.0, 2.0) == 2.0


# Dips


def test_a_dip_that_confirms_the_base_leads_back() -> None:
    """When half as many take as long as the base, the level is what it was."""
    assert step(dipping(), 6.0, 1.0) == pytest.approx(12.0, rel=0.01)


def test_a_dip_that_does_as_well_stays() -> None:
    """When half as many give the same throughput, the others had only stood in line."""
    one = dipping()
    assert step(one, 6.0, 0.75) == 6.0
    assert one.base_s == 0.75


def test_a_dip_shows_a_base_that_is_lower() -> None:
    """When half as many are faster than was thought possible, the level falls accordingly."""
    one = settled()
    for _ in range(8):
        step(one, 12.0, 1.3)
    assert step(one, 6.0, 0.79) == pytest.approx(12.0 * 1.5 * 0.79 / 1.3, rel=0.01)
    assert one.base_s == 0.79


def test_a_dip_shows_that_items_are_heavier() -> None:
    """When half as many take as long, there was no line, and that is the base from now on."""
    one = dipping()
    assert step(one, 6.0, 1.5) == 12.0
    assert one.base_s == 1.5


def test_a_dip_that_heals_in_part_leaves_the_base() -> None:
    """When half as many are faster, but not as fast as the base, some of it was a line."""
    one = settled()
    for _ in range(7):
        step(one, 12.0, 1.5)
    step(one, 12.0, 1.55)
    assert step(one, 6.0, 1.25) == pytest.approx(12.0 * 1.5 / 1.55, rel=0.01)
    assert one.base_s == pytest.approx(1.0, rel=0.01)


def test_where_no_line_is_in_sight_a_confirmed_base_needs_no_dip() -> None:
    """Dips cost throughput, so there is none when there is nothing to find out."""
    one = dipping()
    step(one, 6.0, 1.0)
    assert all(step(one, 12.0, 1.1) > 12.0 for _ in range(200))


def test_dips_grow_rare() -> None:
    """While they confirm the base, there are 8 rounds between two, then 16, 32 and 64."""
    one = dipping()
    between: list[int] = []
    rounds = 0
    step(one, 6.0, 1.0)
    while len(between) < 5:
        rounds += 1
        if step(one, 12.0, 1.45) < 12.0:
            between.append(rounds)
            rounds = 0
            step(one, 6.0, 1.0)
    assert between == [8, 16, 32, 64, 64]


def test_there_is_no_dip_below_the_least() -> None:
    """Half of the level must be allowed."""
    one = Steering(least=8)
    step(one, 8.0, 1.0)
    step(one, 16.0, 2.0)
    assert step(one, 16.0, 2.0) == 12.0
    assert all(step(one, 12.0, 1.5) >= 12.0 for _ in range(100))


def test_at_the_lowest_level_what_is_seen_is_the_base() -> None:
    """A base that was too low by chance is put right where it cannot get any better."""
    one = steering()
    step(one, 1.0, 0.1)
    for _ in range(20):
        step(one, 1.0, 1.0)
    assert one.base_s == pytest.approx(1.0, rel=0.1)


def test_doubling_goes_on_when_the_base_was_too_low_by_chance() -> None:
    """A base that few attempts have shown is looked at again before a line is believed in."""
    one = steering()
    step(one, 8.0, 0.6, variance=UNSURE)
    step(one, 16.0, 1.1)
    assert step(one, 16.0, 1.1) == 8.0
    assert step(one, 8.0, 1.0) == 16.0
    assert one.hurried


def test_doubling_ends_when_the_base_was_right() -> None:
    """After that look, what is slow is a line."""
    one = steering()
    step(one, 8.0, 1.0, variance=UNSURE)
    step(one, 16.0, 2.5)
    assert step(one, 16.0, 2.5) == 8.0
    assert step(one, 8.0, 1.5) < 16.0
    assert not one.hurried


# Falls for nothing


def test_a_fall_that_made_nothing_faster_is_undone() -> None:
    """Items that take twice as long at any level are no line."""
    one = settled()
    assert [step(one, 12.0, 3.0), step(one, 12.0, 3.0)] == [12.0, 6.0]
    assert step(one, 6.0, 3.0) == 12.0
    assert one.base_s == 3.0


def test_a_fall_that_helped_is_not_undone() -> None:
    """When fewer at once were faster, it goes on from there."""
    one = settled()
    assert [step(one, 12.0, 3.0), step(one, 12.0, 3.0)] == [12.0, 6.0]
    assert step(one, 6.0, 1.5) == pytest.approx(6.0, rel=0.01)


def test_what_grows_worse_by_itself_is_no_reason_to_go_back() -> None:
    """When a server breaks down while the level falls, higher would be no better."""
    one = settled()
    assert [step(one, 12.0, 3.0), step(one, 12.0, 3.0)] == [12.0, 6.0]
    assert step(one, 6.0, 6.0) == 6.0
    assert step(one, 6.0, 6.0) == 3.0


# Losses


def test_losses_cut_in_proportion() -> None:
    """A tenth lost costs a twentieth of the level."""
    assert step(settled(), 12.0, 1.5, lost=0.1) == pytest.approx(12.0 * 0.95, rel=0.01)


def test_heavy_losses_only_cut() -> None:
    """With more than a quarter lost, short latencies are no reason to rise, nor to double."""
    one = steering()
    step(one, 8.0, 1.0)
    assert step(one, 16.0, 1.0, lost=0.5) == 12.0
    assert not one.hurried


def test_losses_that_a_dip_does_not_heal_are_usual() -> None:
    """What is lost at half the level too has nothing to do with the level."""
    one = settled()
    for _ in range(7):
        step(one, 12.0, 1.5, lost=0.2)
    step(one, 12.0, 1.5, lost=0.2)
    step(one, 6.0, 1.0, lost=0.2)
    assert step(one, 12.0, 1.5, lost=0.2) == pytest.approx(12.0, rel=0.01)


def test_refusals_end_the_doubling_and_any_dip() -> None:
    """After an overload it goes gently from where it is."""
    one = dipping()
    one.overloaded()
    assert step(one, 6.0, 1.0) == pytest.approx(9.0, rel=0.01)


@given(
    st.lists(
        st.tuples(
            st.floats(1.0, 256.0),
            st.floats(1e-9, 1e6),
            st.floats(SURE, 10.0),
            st.floats(0.0, 0.99),
            st.booleans(),
        ),
        max_size=40,
    )
)
def test_the_next_level_is_always_within_reach(
    seen: list[tuple[float, float, float, float, bool]],
) -> None:
    """Whatever rounds show, no level is more than twice the highest that there ever was."""
    one = steering()
    highest = 1.0
    for level, mean_s, variance, lost, used in seen:
        highest = max(highest, level)
        following = step(one, level, mean_s, variance=variance, lost=lost, used=used)
        assert 0.0 <= following <= 2.0 * highest
