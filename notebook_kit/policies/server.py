"""What is known of one server by all who call it: the pace it bears, and whether it is up."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from notebook_kit import numbers
from notebook_kit.policies.breaker import Breaker, Circuit, CircuitState
from notebook_kit.policies.failure import FailureKind
from notebook_kit.policies.pace import ServerPace

if TYPE_CHECKING:
    from notebook_kit.policies.failure import Failure
    from notebook_kit.policies.hints import RateHint

__all__ = ["Server"]


class Server:
    """One server as its callers see it. Times are seconds on one clock that only goes forward.

    Attributes:
        pace: what it bears, learnt from what it says.
        circuit: the state of its breaker, or None.

    >>> server = Server()
    >>> server.earliest(5.0)
    (5.0, 'server')
    """

    __slots__ = ("circuit", "pace")

    def __init__(self, breaker: Breaker | None = None, *, pace: ServerPace | None = None) -> None:
        self.pace = ServerPace() if pace is None else pace
        self.circuit = None if breaker is None else Circuit(breaker)

    def earliest(self, now: float) -> tuple[float, str]:
        """Return when the next attempt may start, and what it waits for if that is later.

        That is ``"breaker"`` or ``"server"``; while one probe of an open circuit is under way the
        time is infinite.
        """
        if self.circuit is not None:
            at = self.circuit.earliest(now)
            if at > now:
                return at, "breaker"
        return self.pace.earliest(now), "server"

    def spare(self, now: float) -> float:
        """Return when the server may be asked for something that could be done without.

        That is never, infinity, as long as it is not known to be up.
        """
        if self.circuit is not None and self.circuit.state(now) is not CircuitState.CLOSED:
            return math.inf
        return self.pace.earliest(now)

    def started(self, now: float) -> None:
        """Note that an attempt is sent now."""
        self.pace.started(now)
        if self.circuit is not None:
            self.circuit.started(now)

    def succeeded(self, now: float, *, sent: float, hint: RateHint | None = None) -> None:
        """Note that an attempt gave an answer."""
        self.pace.succeeded(now, sent=sent, hint=hint)
        if self.circuit is not None:
            self.circuit.succeeded(now, sent=sent)

    def failed(self, now: float, failure: Failure, *, sent: float) -> bool:
        """Note that an attempt failed, whatever the reason; True if it was the breaker's probe."""
        if failure.refused:
            wait = failure.retry_after_s
            self.pace.refused(now, sent=sent, retry_after_s=wait, hint=failure.hint)
        elif failure.kind is FailureKind.STATUS:
            # It was let in, and answered: it says as much about the pace as a good answer.
            self.pace.succeeded(now, sent=sent, hint=failure.hint)
        return self.circuit is not None and self.circuit.failed(now, failure, sent=sent)

    def released(self, now: float, *, sent: float) -> None:
        """Note that an attempt was cut off: it says neither good nor bad."""
        if self.circuit is not None:
            self.circuit.released(now, sent=sent)

    def describe(self, now: float) -> str | None:
        """Return in words what holds up who calls it, or None."""
        if self.circuit is not None and self.circuit.state(now) is not CircuitState.CLOSED:
            at = self.circuit.earliest(now)
            # While the probe is under way the time is infinite, and nobody can tell.
            left = math.ceil(at - now) if math.isfinite(at) else 0
            soon = f"next try in {numbers.stretch(left)}" if left > 0 else "trying now"
            return f"the server keeps failing, {soon}"
        return self.pace.describe(now)
