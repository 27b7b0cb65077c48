"""The circuit breaker: a server that keeps failing is left alone for a while.

`Breaker` is the plain policy. `Circuit` is its state for one server, shared by all who call it:
closed, attempts go; open, none go; half-open, exactly one goes, the probe, and what becomes of it
decides (M. Nygard, "Release It!", 2007).
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, cast

from notebook_kit.checks import teaches_options, whole_number
from notebook_kit.errors import ConfigurationError
from notebook_kit.policies.durations import Duration, seconds
from notebook_kit.policies.failure import Failure, FailureKind
from notebook_kit.policies.rate import meters_lock

__all__ = ["Breaker", "Circuit", "CircuitState"]

_FIRST_SERVER_ERROR: Final = 500


@teaches_options
@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """After how many failures a server is left alone, and for how long.

    Connections that failed or broke, time limits and 5xx count as failures of the server. An answer
    of 4xx shows that it is alive; a cancelled attempt, an item that cannot be sent and an error of
    your own function say nothing of it.

    When ``reset_timeout`` has passed, one single attempt probes the server, however many wait. If
    it is answered, all go again; if it fails, the server is left alone for as long again. That time
    does not grow: one probe in so long burdens no server, and a server that is back is noticed as
    soon as you asked for.

    Attributes:
        failure_threshold: so many failures open the circuit.
        reset_timeout: how long it stays open before it is probed, a duration.
        window: None counts failures one after the other, without an answer between them; a
            duration counts those of the last so many seconds, whatever was answered between them.
        call_timeout: a limit for each attempt, which counts as a failure when it passes, a
            duration; None for none of its own.

    Raises:
        ConfigurationError: for a threshold below one or a bad duration.

    >>> Breaker(failure_threshold=10, reset_timeout="1 min").reset_timeout
    60.0
    """

    failure_threshold: int = 5
    reset_timeout: Duration = 30.0
    window: Duration | None = None
    call_timeout: Duration | None = None

    def __post_init__(self) -> None:
        whole_number(self.failure_threshold, name="failure_threshold", example="5")
        for name in ("reset_timeout", "window", "call_timeout"):
            value = getattr(self, name)
            if value is not None or name == "reset_timeout":
                wait = seconds(cast("Duration", value), name=name)
                object.__setattr__(self, name, wait)

    @classmethod
    def of(cls, value: Breaker | bool | None) -> Breaker | None:  # noqa: FBT001 - an option's value
        """Read the ``breaker`` option: True for one as it comes, a policy, or None for none.

        Raises:
            ConfigurationError: for anything else.

        >>> Breaker.of(True).failure_threshold, Breaker.of(None)
        (5, None)
        """
        if value is None or value is False:
            return None
        if value is True:
            return cls()
        if not isinstance(value, Breaker):
            message = f"breaker={value!r} must be True or an nk.Breaker(failure_threshold=5)."
            raise ConfigurationError(message)
        return value


class CircuitState(StrEnum):
    """Whether attempts go."""

    CLOSED = "closed"
    """All go."""
    OPEN = "open"
    """None go."""
    HALF_OPEN = "half-open"
    """One goes, or is under way, to see whether the server is back."""


class Circuit:
    """The state of one breaker, shared by all who call one server, from any thread.

    Times are seconds on any clock that only goes forward. Whoever starts an attempt reports its end
    with exactly one of `succeeded`, `failed` and `released`, or the probe is never over.

    Attributes:
        breaker: the policy.
        opened: how often it has opened.

    >>> circuit = Circuit(Breaker(failure_threshold=1, reset_timeout=30.0))
    >>> _ = circuit.failed(5.0, Failure(FailureKind.TIMEOUT, TimeoutError()), sent=4.0)
    >>> circuit.state(5.0).value, circuit.earliest(5.0)
    ('open', 35.0)
    >>> circuit.started(35.0)
    >>> circuit.earliest(35.0)
    inf
    >>> circuit.succeeded(35.2, sent=35.0)
    >>> circuit.state(35.2).value
    'closed'
    """

    __slots__ = ("_closed_at", "_opens_at", "_probe", "_stamps", "breaker", "opened")

    def __init__(self, breaker: Breaker) -> None:
        self.breaker = breaker
        self.opened = 0
        #: When the probe may go; None while the circuit is closed.
        self._opens_at: float | None = None
        #: When the probe under way was sent.
        self._probe: float | None = None
        self._closed_at = -math.inf
        #: The latest failures, never more than it takes to open.
        self._stamps: deque[float] = deque(maxlen=breaker.failure_threshold)

    def state(self, now: float) -> CircuitState:
        """Return whether attempts go now."""
        due = self._opens_at
        if due is None:
            return CircuitState.CLOSED
        return CircuitState.OPEN if now < due else CircuitState.HALF_OPEN

    def earliest(self, now: float) -> float:
        """Return when the next attempt may start: now, when the probe is due, or at an unknown end.

        That is infinity while the probe is under way. Where several threads ask, one of them may
        have started the probe a moment later: `start_or_wait` asks and starts in one.
        """
        due = self._opens_at
        if due is None:
            return now
        return math.inf if self._probe is not None else max(now, due)

    def started(self, now: float) -> None:
        """An attempt starts; it is the probe if one is due and none under way."""
        if self._opens_at is not None:
            self.start_or_wait(now)

    def start_or_wait(self, now: float) -> float:
        """Start an attempt and return ``now``, or start nothing and return when to ask again.

        Use it in place of `earliest` and `started`.
        """
        if self._opens_at is None:
            return now
        with meters_lock:
            at = self.earliest(now)
            if at <= now and self._opens_at is not None:
                self._probe = now
            return at

    def succeeded(self, now: float, *, sent: float) -> None:
        """The attempt sent at that time was answered."""
        if self._opens_at is None and not self._stamps:
            return
        with meters_lock:
            self._answered(now, sent)

    def failed(self, now: float, failure: Failure, *, sent: float) -> bool:
        """The attempt sent at that time failed; return True if it was the probe, and in vain."""
        with meters_lock:
            if _says_nothing(failure):
                self._release(sent)
            elif not _counts(failure):
                self._answered(now, sent)
            elif self._opens_at is not None:
                if sent == self._probe:
                    self._open(now)
                    return True
            elif sent >= self._closed_at:
                self._stamps.append(now)
                if self._too_many(now):
                    self._open(now)
            return False

    def released(self, now: float, *, sent: float) -> None:  # noqa: ARG002 - as its siblings
        """The attempt sent at that time was cancelled; if it was the probe, another may go."""
        with meters_lock:
            self._release(sent)

    def _answered(self, now: float, sent: float) -> None:
        if self._opens_at is not None:
            if sent == self._probe:
                self._opens_at = self._probe = None
                self._closed_at = now
        # What was sent before it closed tells of the time when the server was still failing.
        elif self.breaker.window is None and sent >= self._closed_at:
            self._stamps.clear()

    def _too_many(self, now: float) -> bool:
        if len(self._stamps) < self.breaker.failure_threshold:
            return False
        window = cast("float | None", self.breaker.window)
        return window is None or self._stamps[0] >= now - window

    def _open(self, now: float) -> None:
        self.opened += 1
        self._opens_at = now + cast("float", self.breaker.reset_timeout)
        self._probe = None
        self._stamps.clear()

    def _release(self, sent: float) -> None:
        if sent == self._probe:
            self._probe = None


def _says_nothing(failure: Failure) -> bool:
    """Tell whether the failure says nothing of the server: nothing was sent, or it is our own."""
    return failure.kind in (FailureKind.INVALID, FailureKind.OTHER)


def _counts(failure: Failure) -> bool:
    """Tell whether the failure is one of the server, and not just an answer that is an error."""
    if failure.kind is not FailureKind.STATUS:
        return True
    return failure.status_code is not None and failure.status_code >= _FIRST_SERVER_ERROR
