"""What one open thing holds at a moment: words and numbers, never the thing."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Holding"]


@dataclass(frozen=True, slots=True)
class Holding:
    """What is told of an open thing when somebody looks.

    Attributes:
        text: how much it holds, in words, as ``"3 of 100 connections, 2 idle"``.
        uses: how often it was used, or None where nobody counts.
        last_used: when that was last, in seconds since the epoch, or None where nobody knows.
        sockets: sockets that it holds open.
        busy: whether something is under way that closing would cut.
        kept: whether it only stays in memory until somebody lets go of it.
        acts: what can be done with it, as buttons say it; the first one ends it.
        meter: what is in use, what stands ready, and what there may be at most; or None.
        failed: how much of what the meter has in use has failed; None where nothing can.
    """

    text: str = ""
    uses: int | None = None
    last_used: float | None = None
    sockets: int = 0
    busy: bool = False
    kept: bool = False
    acts: tuple[str, ...] = ("Close",)
    meter: tuple[int, int, int] | None = None
    failed: int | None = None
