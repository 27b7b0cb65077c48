"""Shards: how an input and its limits are divided."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import notebook_kit as nk
from notebook_kit.distributed.shards import cut, divided, shard_count

_counts = st.integers(min_value=0, max_value=5_000)
_numbers = st.integers(min_value=1, max_value=64)


@given(count=_counts, shards=_numbers)
def test_shards_partition_the_input(count: int, shards: int) -> None:
    """Every position is in exactly one shard, in order, and the shards are as even as can be."""
    parts = cut(count, shards)
    assert [position for part in parts for position in part] == list(range(count))
    assert len(parts) == min(count, shards)
    sizes = {len(part) for part in parts}
    assert 0 not in sizes
    assert not sizes or max(sizes) - min(sizes) <= 1


@given(
    amount=st.floats(min_value=0.01, max_value=1e6),
    per=st.floats(min_value=0.1, max_value=3600),
    shards=_numbers,
    burst=st.booleans(),
)
def test_shares_add_up(amount: float, per: float, shards: int, *, burst: bool) -> None:
    """The shares of a rate use together what the whole allows, in the same window, paced."""
    rate = nk.Rate(amount, per=per, weight=len, burst=burst, usage=abs)
    shares = [share for _ in range(shards) for share in divided([rate], shards)]
    assert math.isclose(sum(share.amount for share in shares), amount)
    assert {share.per for share in shares} == {per}
    assert {(share.weight, share.usage) for share in shares} == {(len, abs)}
    assert not any(share.burst for share in shares)


@given(
    amount=st.floats(min_value=1, max_value=30),
    workers=st.integers(min_value=1, max_value=40),
    starts=st.lists(st.floats(min_value=0, max_value=2), min_size=40, max_size=40),
)
def test_no_window_holds_more_than_the_whole(
    amount: float, workers: int, starts: list[float]
) -> None:
    """Shards that start whenever they like, and send as fast as they may, keep the whole limit."""
    rate = nk.Rate(amount, per="s")
    shards = shard_count(None, workers=workers, rates=[rate])
    sent: list[float] = []
    for number in range(shards):
        (share,) = divided([rate], shards)
        now = starts[number]
        for _ in range(2 * math.ceil(amount / shards) + 2):
            now = share.meter.earliest(now, 1.0)
            share.meter.take(now, 1.0)
            sent.append(now)
    sent.sort()
    most = max(sum(1 for at in sent if first <= at < first + 1) for first in sent)
    # A meter forgives a rounding error of a billionth.
    assert most <= amount + 1e-6


def test_one_shard_per_worker_unless_said() -> None:
    """The number of shards is that of the workers, or the one that was asked for."""
    assert shard_count(None, workers=3, rates=[]) == 3
    assert shard_count(8, workers=3, rates=[]) == 8
    assert shard_count(8, workers=0, rates=[]) == 8


def test_a_low_rate_makes_fewer_shards() -> None:
    """There are never more shards than calls in the tightest window, whatever weights say."""
    rates = [nk.Rate(500, per="min"), nk.Rate(3.5, per="s"), nk.Rate(1, per="s", weight=len)]
    assert shard_count(None, workers=8, rates=rates) == 3
    assert shard_count(None, workers=8, rates=[nk.Rate(0.5, per="s")]) == 1


def test_refuses_more_shards_than_the_rate_can_feed() -> None:
    """Asking for more shards than the window holds calls says what would work."""
    with pytest.raises(nk.ConfigurationError, match=r"rate 3/s .*shards=4.* or shards=3"):
        shard_count(4, workers=2, rates=[nk.Rate(3, per="s")])


@pytest.mark.parametrize("wanted", [0, -1, 2.5, True, "2"])
def test_refuses_what_is_no_number_of_shards(wanted: object) -> None:
    """`shards` is a whole number of one or more."""
    with pytest.raises(nk.ConfigurationError, match="shards="):
        shard_count(wanted, workers=2, rates=[])  # type: ignore[arg-type]


def test_refuses_to_guess_without_workers() -> None:
    """With no workers to count, the user is told to wait for them or to give a number."""
    with pytest.raises(nk.ConfigurationError, match=r"wait_for_workers.*shards="):
        shard_count(None, workers=0, rates=[])
