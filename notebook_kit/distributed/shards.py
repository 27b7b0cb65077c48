"""Shards: how an input and its limits are divided. Nothing here knows of Dask."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

from notebook_kit.checks import whole_number
from notebook_kit.errors import ConfigurationError
from notebook_kit.policies import Rate

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["cut", "divided", "shard_count"]


def cut(count: int, shards: int) -> list[range]:
    """Return the positions of each shard: contiguous, in order, none empty, as even as can be.

    >>> cut(7, 3)
    [range(0, 3), range(3, 5), range(5, 7)]
    """
    shards = min(shards, count)
    bounds = [-(-count * number // shards) for number in range(shards + 1)] if shards else [0]
    return [range(*pair) for pair in itertools.pairwise(bounds)]


def divided(rates: Sequence[Rate], shards: int) -> list[Rate]:
    """Return each shard's share of the rates, paced; together they use what the whole allows.

    A share is paced even where the whole may burst: an item that is heavier than its share's window
    goes when that window is empty, and only the pace makes up for it afterwards.

    >>> [share.amount for share in divided([Rate(60, per="min")], 4)]
    [15.0]
    """
    return [
        Rate(rate.amount / shards, per=rate.per, weight=rate.weight, usage=rate.usage)
        for rate in rates
    ]


def shard_count(wanted: int | None, *, workers: int, rates: Sequence[Rate]) -> int:
    """Return into how many shards to cut: one per worker, unless the user said otherwise.

    A limit of three calls a second has no share for four: each shard would send its first call at
    once. So the number of shards stays below every limit that counts calls.

    Raises:
        ConfigurationError: when the wanted number cannot work, or there are no workers to count.
    """
    counted = [rate for rate in rates if rate.weight is None]
    tightest = min(counted, key=lambda rate: rate.amount, default=None)
    most = math.inf if tightest is None else max(1, math.floor(tightest.amount))
    if wanted is None:
        if workers < 1:
            message = (
                "The cluster has no workers yet, so the number of shards is unknown: write "
                "scheduler.wait_for_workers(n) first, or give shards=."
            )
            raise ConfigurationError(message)
        return int(min(workers, most))
    if whole_number(wanted, name="shards") > most:
        message = (
            f"rate {tightest} cannot be divided among shards={wanted}, because each of them needs "
            f"at least one call in the window: give the rate for a longer window, or shards={most}."
        )
        raise ConfigurationError(message)
    return wanted
