"""What a scheduler is told before it begins, beyond the items."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from notebook_kit.policies import Limits, Retry
from notebook_kit.scheduling.endings import Endings

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from notebook_kit.policies import AutoConcurrency, Failure, Hedge, Server
    from notebook_kit.scheduling.outcome import Answer

__all__ = ["Terms"]


def _draw() -> Callable[[], float]:
    return random.Random().random  # noqa: S311 - jitter is not cryptography


def _sample() -> Callable[[Sequence[int], int], Sequence[int]]:
    return random.Random().sample  # noqa: S311 - chance is not cryptography


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The policies of a run, and the functions that say of an item what they need to know.

    Attributes:
        retry: what is tried again; by default nothing.
        safe: whether repeating an attempt does no harm.
        limits: the rates that hold.
        weigh: gives what the item at a position uses of each limit.
        server_of: gives the server of the item at a position; None if nobody knows.
        several_servers: whether there may be more than one.
        tells_sent: whether `Gate.sent` is told when an attempt that was started really leaves.
        auto: what finds the concurrency, or None.
        hedge: when an attempt is made a second time, or None.
        rank: gives the rank of the item at a position, the lowest goes first; None: by age.
        lookahead: with ranks, how many items are read ahead of an input of unknown length.
        identify: gives what the item at a position is told from others by; None sends each.
        known: gives the answer to the item at a position if it is known already, or None.
        rescues: tells whether something else can be given for an item that failed so, or None.
        item_timeout_s: seconds from an item's leaving the input to its end, or None.
        pilot: how many items are done before it waits to be told about the rest, or None.
        sample: gives so many of some positions, by chance.
        endings: what ends the run before its input does.
        draw: gives numbers evenly spread over [0, 1), for jitter.
    """

    retry: Retry = field(default_factory=lambda: Retry.of(None))
    safe: bool = True
    limits: Limits = field(default_factory=Limits)
    weigh: Callable[[int], Sequence[float]] | None = None
    server_of: Callable[[int], Server] | None = None
    several_servers: bool = False
    tells_sent: bool = False
    auto: AutoConcurrency | None = None
    hedge: Hedge | None = None
    rank: Callable[[int], float] | None = None
    lookahead: int = 0
    identify: Callable[[int], Hashable] | None = None
    known: Callable[[int], Answer | None] | None = None
    rescues: Callable[[Failure], bool] | None = None
    item_timeout_s: float | None = None
    pilot: int | None = None
    sample: Callable[[Sequence[int], int], Sequence[int]] = field(default_factory=_sample)
    endings: Endings = field(default_factory=Endings)
    draw: Callable[[], float] = field(default_factory=_draw)
