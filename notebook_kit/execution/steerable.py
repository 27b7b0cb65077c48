"""Steering a run: what anybody may ask of it while it goes on, from any thread."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Literal

from notebook_kit.execution.loops import running_loop
from notebook_kit.execution.standing import Standing
from notebook_kit.policies import Limits, Rate

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence

    from notebook_kit.execution.protocols import Work
    from notebook_kit.scheduling import Plan

__all__ = ["Steerable"]

_FIRST_ONES: Final = (
    "The input has no known end, so the pilot was its first items and none drawn by chance: the "
    "rest may be different."
)
_WAYS_ON: Final = (
    "run.go() goes on with {rest}, run.cancel() leaves it at that. (nk.last_run() is the run, if "
    "it has no name.)"
)


class Steerable(Standing, ABC):
    """A run that can be steered; everything may be called from any thread.

    Attributes:
        loop: where the work is done, once it has begun.
    """

    def __init__(self, plan: Plan, work: Work, *, rates: Sequence[Rate]) -> None:
        super().__init__(plan, work)
        self.loop: asyncio.AbstractEventLoop | None = None
        self._own_rates = tuple(rates)
        #: What is told while it stands at its pilot.
        self._way_on = ""

    def cancel(self, *, drain: bool = False) -> None:
        """Start nothing more, and cut what is in flight, or let it come to its end."""
        if self.completed.done() or self.lost:
            return
        # Nobody who waits from now on should take it for one that stands.
        self._is_ending = True
        self._forget_pilot()
        end = self._driver.drain if drain else self._driver.cancel
        if running_loop() is self.loop:
            end()
        elif self.loop is not None and self.loop.is_closed():
            self.end_without_a_loop()
        else:
            self._call_soon(end)

    @abstractmethod
    def end_without_a_loop(self) -> None:
        """End now, because the loop is closed and nothing can run."""

    def _call_soon(self, function: Callable[[], None]) -> None:
        if self.loop is not None and not self.loop.is_closed() and not self.completed.done():
            self.loop.call_soon_threadsafe(function)

    @property
    def paused(self) -> bool:
        """While True nothing more is started."""
        return self._scheduler.paused

    @paused.setter
    def paused(self, value: bool) -> None:
        if not value and self.at_pilot:
            self.go_on()
            return
        self._scheduler.paused = value
        if value:
            self._stand()
        else:
            self._move()
        self._call_soon(self._driver.poke)

    def go_on(self) -> None:
        """Go on after a pause, and after the pilot, also before it is done."""
        self._scheduler.go_on()
        self._forget_pilot()
        self._call_soon(self._driver.go_on)

    @property
    def has_pilot(self) -> bool:
        """Whether it may come to stand at a pilot."""
        pilot = self._scheduler.pilot
        return pilot is not None and not pilot.gone_on

    def try_again(self) -> bool:
        """Have all that has failed so far tried once more; False if the run is ending."""
        if self.lost or self.stop is not None or not self._driver.again.want():
            return False
        self._forget_pilot()
        self._call_soon(self._driver.look_for_wishes)
        return True

    def _tell_of_pilot(self) -> None:
        """Say how to go on from the pilot; on the loop, whenever it is found to stand there."""
        self._stand()
        pilot, ledger = self._scheduler.pilot, self.ledger
        assert pilot is not None  # noqa: S101 - tells the type checker
        if not pilot.by_chance:
            self.notice(_FIRST_ONES)
        rest = "the rest"
        if not self.input_open:
            rest = f"the other {len(ledger) - ledger.done:,}"
        items = "1 item" if len(pilot.sample) == 1 else f"{len(pilot.sample):,} items"
        self._way_on = f"The pilot of {items} is done. {_WAYS_ON.format(rest=rest)}"
        self.notice(self._way_on)
        if not self.at_pilot:
            # Somebody has just said so, from another thread.
            self._forget_pilot()

    def _stand(self) -> None:
        """Count the seconds from now on apart, up to the end."""
        if self._stands_since is None and self._ended is None:
            self._stands_since = self.clock()

    def _move(self) -> None:
        """Count the seconds as those of the run again."""
        since, self._stands_since = self._stands_since, None
        if since is not None:
            now = self.clock() if self._ended is None else self._ended
            stood_s = max(0.0, now - since)
            self._stood_s += stood_s
            self._scheduler.tempo.stood(stood_s, now)

    def _forget_pilot(self) -> None:
        if not self._scheduler.paused:
            self._move()
        with suppress(ValueError):
            self.notices.remove(self._way_on)

    @property
    def max_concurrency(self) -> int:
        """Attempts that may be under way at once."""
        return self._scheduler.max_concurrency

    @max_concurrency.setter
    def max_concurrency(self, value: int) -> None:
        most = self._work.most_at_once
        if most is not None and value > most:
            self.notice(f"max_concurrency={value} was lowered to {most}, what the client allows.")
            value = most
        self._scheduler.max_concurrency = value
        self._call_soon(self._driver.poke)

    @property
    def wanted_concurrency(self) -> int | Literal["auto"]:
        """That number, or "auto" where it is being found."""
        return self.max_concurrency if self._scheduler.flight.auto is None else "auto"

    @property
    def rates(self) -> tuple[Rate, ...]:
        """The run's own limits; those of the client hold beside them."""
        return self._own_rates

    @rates.setter
    def rates(self, own: Sequence[Rate]) -> None:
        self._own_rates = tuple(own)
        self._scheduler.limits = self._all_limits(own)
        self._call_soon(self._driver.poke)

    def _all_limits(self, own: Sequence[Rate]) -> Limits:
        return Limits((*self._work.limits.rates, *own))
