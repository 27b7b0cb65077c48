"""Passing a circuit breaker: who may, for how long, and what became of it."""

from __future__ import annotations

import math
from collections import deque
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any, cast

from notebook_kit.decorators.callers import caller
from notebook_kit.decorators.forks import begin_anew_in_child
from notebook_kit.decorators.locks import line_lock, state_lock
from notebook_kit.errors import CircuitOpen, ConfigurationError, RequestTimeout
from notebook_kit.execution.time_limit import TimeLimit
from notebook_kit.numbers import took
from notebook_kit.policies import classify
from notebook_kit.policies.breaker import Circuit, CircuitState

if TYPE_CHECKING:
    from collections.abc import Hashable
    from contextlib import AbstractAsyncContextManager

    from notebook_kit.decorators.clock import Clock
    from notebook_kit.policies.breaker import Breaker

__all__ = ["Passage", "Passages", "Switch"]


class Passage:
    """One call that was let through."""

    def __init__(
        self, circuit: Circuit, clock: Clock, sent: float, collected: deque[Passage]
    ) -> None:
        self._circuit = circuit
        self._clock = clock
        self._sent = sent
        self._collected = collected

    def end(self, error: BaseException | None = None) -> None:
        """Tell what became of it; once."""
        now = self._clock.now()
        if error is None:
            self._circuit.succeeded(now, sent=self._sent)
        elif isinstance(error, Exception):
            self._circuit.failed(now, classify(error), sent=self._sent)
        elif isinstance(error, GeneratorExit):
            # Perhaps in the middle of what holds the lock of circuits: the next caller sees to it.
            self._collected.append(self)
        else:
            self.release()

    def release(self) -> None:
        """It was cut off, and tells nothing."""
        self._circuit.released(self._clock.now(), sent=self._sent)


class Switch:
    """A circuit breaker with its time, shared by all who pass it, from any thread."""

    def __init__(self, policy: Breaker, clock: Clock) -> None:
        self._policy = policy
        self._limit_s = cast("float | None", policy.call_timeout)
        self._clock = clock
        self._circuit = Circuit(policy)
        self._collected: deque[Passage] = deque()
        #: When the latest one went that was let through to see whether it works again.
        self._probed: float | None = None
        begin_anew_in_child(self)

    def begin_anew(self) -> None:
        """Forget who is under way: in a forked child no probe of the parent ever ends."""
        self._collected.clear()
        if self._probed is not None:
            self._circuit.released(self._clock.now(), sent=self._probed)

    def __reduce__(self) -> tuple[Any, ...]:
        # In another process it begins anew; times of this one mean nothing there.
        return Switch, (self._policy, self._clock)

    @property
    def state(self) -> CircuitState:
        """Whether calls go now."""
        return self._circuit.state(self._clock.now())

    def reset(self) -> None:
        """Begin anew; calls under way tell of the time before."""
        self._circuit = Circuit(self._policy)

    def refuse_timeout(self, what: str) -> None:
        """Refuse what no time limit can cut off.

        Raises:
            ConfigurationError: when the policy has one.
        """
        if self._limit_s is not None:
            message = (
                f"call_timeout={self._limit_s:g} s cannot cut off {what}: a thread cannot be "
                "stopped. Give the library that it calls a time limit, which counts as a failure."
            )
            raise ConfigurationError(message)

    def enter(self, what: str) -> Passage:
        """Let one through.

        Raises:
            CircuitOpen: when it may not pass now.
        """
        self._release_collected()
        circuit, now = self._circuit, self._clock.now()
        with line_lock:  # held across forks: no probe goes that a child would not know of
            at = circuit.start_or_wait(now)
            if at <= now and circuit.state(now) is not CircuitState.CLOSED:
                self._probed = now
        if at <= now:
            return Passage(circuit, self._clock, now, self._collected)
        wait_s = None if math.isinf(at) else at - now
        if wait_s is None:
            why = "one call is under way to see whether it works again"
        else:
            why = f"the next one may go in {took(wait_s)}"
        message = f"{what} was not called, because it kept failing; {why}."
        raise CircuitOpen(message, retry_at_s=wait_s)

    def _release_collected(self) -> None:
        # Not by asking whether there is one: another thread may take it in between.
        with suppress(IndexError):
            while True:
                self._collected.popleft().release()

    def time_limit(self) -> AbstractAsyncContextManager[None]:
        """Return what cuts off what runs inside when the time for one call is over."""
        return nullcontext() if self._limit_s is None else TimeLimit(self._limit_s, self._late)

    def _late(self) -> RequestTimeout:
        message = f"No answer within call_timeout={self._limit_s:g} s."
        return RequestTimeout(message, phase="call", attempts=1, elapsed_s=self._limit_s)

    def words(self) -> str:
        """Say in words how it stands."""
        now = self._clock.now()
        state, at = self._circuit.state(now), self._circuit.earliest(now)
        if state is CircuitState.OPEN:
            return f"{state}, next call in {took(at - now)}"
        return str(state)


class Passages:
    """The blocks that are under way, one within the other in each task and thread."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._inside: dict[Hashable, list[tuple[Passage, AbstractAsyncContextManager[None]]]] = {}

    def begin(self) -> None:
        """A block begins."""
        self._push(self._switch.enter("The block"), nullcontext())

    async def begin_async(self) -> None:
        """An async block begins."""
        passage, limit = self._switch.enter("The block"), self._switch.time_limit()
        try:
            await limit.__aenter__()
        except BaseException:
            # Outside of a task there is no limit, and no block either.
            passage.release()
            raise
        self._push(passage, limit)

    def end(self, error: BaseException | None) -> None:
        """A block ends."""
        passage, _ = self._pop()
        passage.end(error)

    async def end_async(self, error: BaseException | None) -> None:
        """An async block ends.

        Raises:
            RequestTimeout: when its time was over.
        """
        passage, limit = self._pop()
        try:
            trace = None if error is None else error.__traceback__
            await limit.__aexit__(None if error is None else type(error), error, trace)
        except RequestTimeout as late:
            passage.end(late)
            raise
        passage.end(error)

    def _push(self, passage: Passage, limit: AbstractAsyncContextManager[None]) -> None:
        with state_lock:
            self._inside.setdefault(caller(), []).append((passage, limit))

    def _pop(self) -> tuple[Passage, AbstractAsyncContextManager[None]]:
        with state_lock:
            # A block may end in another task than it began in, as fixtures of tests do.
            who = caller()
            who = who if who in self._inside else next(iter(self._inside))
            blocks = self._inside[who]
            block = blocks.pop()
            if not blocks:
                del self._inside[who]
            return block
