"""One open thing as a person sees it: words, and a way to end it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from notebook_kit.markup import visible
from notebook_kit.redact import scrub

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.lifetime.monitor.holding import Holding
    from notebook_kit.lifetime.origin import Origin

__all__ = ["OpenResource"]


def _nothing(number: int, act: str) -> None:
    """Do nothing: it was told of by hand, and nothing is known of it."""


class _Known(Protocol):
    """A handle or a note."""

    kind: str
    name: str
    opened: float
    made_at: Origin
    number: int


@dataclass(frozen=True, slots=True, repr=False)
class OpenResource:
    """One thing that is open. It holds words and numbers, so that keeping it keeps nothing alive.

    Attributes:
        kind: ``"client"``, ``"run"``, ``"executor"``, ``"stream"``, ``"checkpoint"``, ``"cache"``
            or ``"demo server"``.
        name: what it is, secrets removed.
        opened: when it was made, in seconds since the epoch.
        made_at: the line or cell that made it.
        uses: how often it was used: requests, attempts of a run, hits of a cache.
        last_used: when that was last, in seconds since the epoch, or None where nobody knows.
        holds: how much it holds, in words.
        sockets: sockets that it holds open; those of a stream are its client's.
        busy: whether something is under way that closing it would cut.
        kept: whether it only stays in memory until somebody lets go of it.
        acts: what a dashboard offers to do with it; the first one ends it.
        meter: what is in use, what stands ready, and what there may be at most; or None.
        failed: how much of what the meter has in use has failed; None where nothing can.
        number: what tells it from every other of this process.
    """

    kind: str
    name: str
    opened: float
    made_at: Origin
    uses: int
    last_used: float | None = None
    holds: str = ""
    sockets: int = 0
    busy: bool = False
    kept: bool = False
    acts: tuple[str, ...] = ("Close",)
    meter: tuple[int, int, int] | None = None
    failed: int | None = None
    number: int = 0
    _end: Callable[[int, str], object] = field(default=_nothing, compare=False)

    @classmethod
    def of(
        cls,
        known: _Known,
        holding: Holding,
        *,
        uses: int,
        end: Callable[[int, str], object],
    ) -> OpenResource:
        """Return it with its secrets removed; ``end`` is given its number and what to do."""
        return cls(
            known.kind,
            scrub(known.name),
            known.opened,
            known.made_at,
            uses,
            holding.last_used,
            scrub(holding.text),
            holding.sockets,
            holding.busy,
            holding.kept,
            holding.acts,
            holding.meter,
            holding.failed,
            known.number,
            end,
        )

    def close(self) -> None:
        """End it and return at once; any number of times, from any thread.

        A client lets go of its connections, a run is cancelled and keeps what is done, an executor
        takes nothing more and ends when its calls have, a cache is emptied, and of a run that has
        ended the package lets go.
        """
        self.act(self.acts[0] if self.acts else "Close")

    def act(self, act: str) -> str:
        """Do one of `acts`, and return what there is to say about it; nothing where it has gone."""
        return str(self._end(self.number, act) or "")

    def __str__(self) -> str:
        seconds = time.time() - self.opened
        times = "once" if self.uses == 1 else f"{self.uses:,} times"
        holds = f"{self.holds}, " if self.holds else ""
        made = f"{holds}made in {self.made_at}, used {times}"
        return visible(f"{self.kind} {self.name}: open for {seconds:,.0f} s, {made}")

    def __repr__(self) -> str:
        return f"<{self}>"
