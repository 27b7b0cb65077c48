"""Steering a run while it goes on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Self, cast

from notebook_kit.checks import whole_number
from notebook_kit.errors import ConfigurationError
from notebook_kit.errors.brevity import brief
from notebook_kit.policies import at_pace, parse_rates, scaled
from notebook_kit.scheduling import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.execution.engine import Engine
    from notebook_kit.execution.options import RunOptions
    from notebook_kit.execution.run import Run
    from notebook_kit.policies import RateLike
    from notebook_kit.scheduling import Forecast

__all__ = ["Steered"]


class Steered:
    """The part of a run that changes how it goes; from any thread, and at once."""

    __slots__ = ()

    _engine: Engine
    _again: Callable[[list[int], RunOptions], Run]
    options: RunOptions

    def pause(self) -> None:
        """Start nothing more until `resume`; what is in flight goes on."""
        self._engine.paused = True

    def resume(self) -> None:
        """Go on after `pause`; where the run stands at its pilot, as `go` does."""
        self._engine.paused = False

    def go(self) -> Self:
        """Go on with the rest after the pilot, and return the run: ``frame = await run.go()``.

        Called before the pilot is done it does not stand then. Without a pilot it is `resume`.
        """
        self._engine.go_on()
        return self

    def forecast(self) -> Forecast:
        """Return what is left and what it will most likely take, guessed from the pilot so far.

        Each figure is a range: Wilson's score interval for the share of failures, Student's
        prediction interval for time and cost, both at 95 %. What they suppose is said at
        `Forecast`.

        Raises:
            ConfigurationError: without a pilot, or before any item of it has ended.
        """
        found = self._engine.forecast()
        if found is None:
            message = (
                "There is nothing to guess from: no item of a pilot has ended. Start the run with "
                "pilot=20, and ask when it stands."
            )
            raise ConfigurationError(message)
        return found

    def cancel(self, *, drain: bool = False) -> None:
        """End the run: nothing more is started, and what has not ended is cancelled.

        Finished rows stay; awaiting the run then gives the whole frame.

        Args:
            drain: let calls in flight come to their end, instead of cutting them now.
        """
        self._engine.cancel(drain=drain)

    @property
    def max_concurrency(self) -> int:
        """How many attempts may be under way at once; set it while the run is live."""
        return self._engine.max_concurrency

    @max_concurrency.setter
    def max_concurrency(self, value: int) -> None:
        with brief:
            self._engine.max_concurrency = whole_number(value, name="max_concurrency")

    @property
    def rate(self) -> str | None:
        """The run's own limits in words, or None; set what the ``rate`` option takes.

        The limits of its client hold beside them.
        """
        return " and ".join(map(str, self._engine.rates)) or None

    @rate.setter
    def rate(self, value: RateLike) -> None:
        # What is read here can be set again.
        parts = value.split(" and ") if isinstance(value, str) else value
        with brief:
            self._engine.rates = parse_rates(parts)

    def scale_rate(self, factor: float) -> None:
        """Multiply the run's own limits; where it has none, set one at its present pace times that.

        Args:
            factor: more than 1 is faster; 1.1 is a tenth more.

        Raises:
            ConfigurationError: when it is no positive number, or there is no pace yet.
        """
        own, pace = self._engine.rates, self._engine.snapshot().rate_now
        if not own and not pace:
            message = "The run has no rate and no pace yet: set one, as in run.rate = '50/s'."
            raise ConfigurationError(message)
        self._engine.rates = [scaled(rate, factor) for rate in own] or [at_pace(pace, factor)]

    def retry_failed(self) -> Run:
        """Try what has failed once more: in this run while it is live, else in a new one.

        In a live run all that has failed or timed out so far is as good as not ended: it has all
        its tries again, its ``item_timeout`` begins anew, and attempts, seconds and costs are added
        to those before. Whoever is told of ends, ``on_outcome``, ``on_error``, `as_completed` and a
        checkpoint, is told again when it ends again. Of a run that has ended a new run is started
        over the rows that did not end well, without a pilot.

        Returns:
            The run in which they are tried: this one if it is live.

        Raises:
            ConfigurationError: when there is no such row, or the run is just ending.
        """
        engine = self._engine
        if not engine.completed.done():
            self._retry_in_place(engine)
            return cast("Run", self)
        statuses = engine.ledger.status
        positions = [at for at, code in enumerate(statuses) if code != Status.OK]
        if not positions:
            message = "No row failed, so there is nothing to retry."
            raise ConfigurationError(message)
        options = replace(
            self.options,
            max_concurrency=engine.wanted_concurrency,
            rates=engine.rates,
            pilot=None,
        )
        return self._again(positions, options)

    @staticmethod
    def _retry_in_place(engine: Engine) -> None:
        counts = engine.ledger.counts
        if not counts[Status.FAILED] + counts[Status.TIMEOUT]:
            message = "No row has failed so far, so there is nothing to try once more."
            raise ConfigurationError(message)
        if not engine.try_again():
            message = (
                "The run is ending, so nothing is tried in it once more: when it has ended, "
                "retry_failed() starts a new one over what failed."
            )
            raise ConfigurationError(message)
