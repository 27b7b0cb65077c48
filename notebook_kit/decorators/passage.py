"""Passing a circuit breaker: who may, for how long, and what became of it."""

from __future__ import annotations

import asyncio
import math
import threading
from collections import deque
from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Any, cast

from notebook_kit.decorators.locks import state_lock
from notebook_kit.errors import CircuitOpen, ConfigurationError, RequestTimeout
from notebook_kit.execution import running_loop
from notebook_kit.numbers import took
from notebook_kit.policies import classify
from notebook_kit.policies.breaker import Circuit, CircuitState

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Hashable
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
        while self._collected:
            self._collected.popleft().release()
        circuit, now = self._circuit, self._clock.now()
        at = circuit.start_or_wait(now)
        if at <= now:
            return Passage(circuit, self._clock, now, self._collected)
        wait_s = None if math.isinf(at) else at - now
        if wait_s is None:
            why = "one call is under way to see whether it works again"
        else:
            why = f"the next one may go in {took(wait_s)}"
        message = f"{what} was not called, because it kept failing; {why}."
        raise CircuitOpen(message, retry_at_s=wait_s)

    @asynccontextmanager
    async def time_limit(self) -> AsyncIterator[None]:
        """Cut off what runs inside when the time for one call is over.

        Raises:
            RequestTimeout: then; also when what ran inside did not mind.
        """
        if self._limit_s is None:
            yield
            return
        limit = asyncio.timeout(self._limit_s)
        cause: TimeoutError | None = None
        try:
            async with limit:
                yield
        except TimeoutError as error:
            if not limit.expired():
                raise
            cause = error
        if limit.expired():
            message = f"No answer within call_timeout={self._limit_s:g} s."
            raise RequestTimeout(
                message, phase="call", attempts=1, elapsed_s=self._limit_s
            ) from cause

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
        await limit.__aenter__()
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
            self._inside.setdefault(_who(), []).append((passage, limit))

    def _pop(self) -> tuple[Passage, AbstractAsyncContextManager[None]]:
        with state_lock:
            # A block may end in another task than it began in, as fixtures of tests do.
            who = _who()
            who = who if who in self._inside else next(iter(self._inside))
            blocks = self._inside[who]
            block = blocks.pop()
            if not blocks:
                del self._inside[who]
            return block


def _who() -> Hashable:
    """Return the task that runs here, or the number of the thread."""
    return threading.get_ident() if running_loop() is None else asyncio.current_task()
