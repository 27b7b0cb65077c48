"""A single call as a run of one: the scheduler of every run decides, and nothing else is needed.

There is one item, so there are no workers, no input to be read and nobody to be woken. Where there
is no limit, no breaker and no pace to keep there is nothing to decide either before the first
attempt has failed: so the scheduler, which costs as much as a small request, is made only then.
"""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.client.own_code import ODD, in_place_of
from notebook_kit.client.policy_value import value_for_policies
from notebook_kit.client.servers import ADMITTED, Impatient
from notebook_kit.errors import RequestError
from notebook_kit.errors.effort import tell_effort
from notebook_kit.execution.tracebacks import lighten
from notebook_kit.policies import classify, read_raw_hint
from notebook_kit.policies.retry import surely_not_processed
from notebook_kit.scheduling import DONE, WAIT, Ledger, Scheduler, Terms

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from notebook_kit.client.response import Response
    from notebook_kit.client.servers import Door
    from notebook_kit.policies import Limits, Retry, Server

__all__ = ["Alone"]

#: Seconds between two looks at a breaker while a call waits for something else.
_LOOK_S: Final = 0.25

_clock = time.monotonic


class Alone:
    """One call under the policies of its client.

    Args:
        send: sends the request once.
        door: the server that it goes to.
        call: gives the call in words, secrets removed.
        retry: what is tried again. Its ``retry_value`` is given the body of the answer, read as a
            map reads it.
        limits: the rates that hold; each try counts for one until its answer tells more.
        safe: whether repeating an attempt does no harm.
        tells_sent: whether `sent` is called, so that rates count from then on.
        again: told of the number of the attempt that failed, the seconds until the next one, and
            the error.
    """

    __slots__ = (
        "_again",
        "_answered_at_once",
        "_call",
        "_circuit",
        "_door",
        "_ended",
        "_in_doubt",
        "_ledger",
        "_limits",
        "_line",
        "_response",
        "_retry",
        "_safe",
        "_scheduler",
        "_send",
        "_server",
        "_tells_sent",
    )

    _ledger: Ledger

    def __init__(
        self,
        send: Callable[[], Awaitable[Response]],
        door: Door,
        *,
        call: Callable[[], str],
        retry: Retry,
        limits: Limits,
        safe: bool,
        tells_sent: bool = False,
        again: Callable[[int, float, BaseException], None] | None = None,
    ) -> None:
        self._again = again
        self._send = send
        self._door = door
        self._line = door.line
        self._limits = limits
        self._retry = retry
        self._response: Response | None = None
        self._answered_at_once = False
        self._ended: Exception | None = None
        #: Whether an attempt that was repeated may have been processed.
        self._in_doubt = False
        self._server = door.server
        self._circuit = self._server.circuit
        self._call = call
        self._safe = safe
        self._tells_sent = tells_sent
        self._scheduler: Scheduler | None = None

    def _schedule(self, start: float, *, server: Server | None = None) -> Scheduler:
        """Make the scheduler; the first attempt may ask another server whether it may start."""
        asked = server or self._server
        if self._circuit is not None:
            asked = Impatient(self._server, self._call, lambda: self._ended)
        limits = self._limits
        self._ledger = Ledger()
        scheduler = self._scheduler = Scheduler(
            self._ledger,
            max_concurrency=1,
            start=start,
            terms=Terms(
                retry=self._retry,
                limits=limits,
                weigh=lambda _index: [1.0] * len(limits.rates),
                server_of=lambda _index: asked,
                tells_sent=self._tells_sent,
                safe=self._safe,
                # To seed a generator of its own would cost more than all the rest of this.
                draw=random.random,
            ),
        )
        scheduler.add()
        scheduler.end_of_input()
        if server is not None:
            scheduler.next(start)
            asked = self._server
        return scheduler

    @property
    def attempts(self) -> int:
        """How many attempts have ended."""
        if self._scheduler is None:
            return int(self._answered_at_once)
        return self._ledger.attempts[0]

    def sent(self) -> None:
        """Take note that the request leaves only now, its connection having been made."""
        if self._scheduler is not None:
            self._scheduler.gate.sent(0, _clock())

    async def answer(self) -> Response:
        """Send it, again where that may help, and return the answer.

        Raises:
            CircuitOpen: when the server keeps failing; nothing is sent then.
            Exception: what the last attempt ended with.
        """
        self._door.catch_up()
        start = _clock()
        if self._may_start(start):
            scheduler = await self._try_at_once(start)
        else:
            scheduler = self._schedule(start)
        if scheduler is None:
            return self._handed_over()
        try:
            while await self._next(scheduler) != DONE:
                await self._attempt(scheduler)
        except GeneratorExit:
            # As below, by who comes next: here the collector may be at work.
            self._door.left.append(lambda: scheduler.cancel(_clock()))
            raise
        except BaseException as cut:
            # Cut off: no probe of a breaker and no place in a line may be left behind.
            if isinstance(cut, RequestError) and self.attempts:
                tell_effort(cut, self.attempts, _clock() - start)
            scheduler.cancel(_clock())
            raise
        error = self._ledger.errors.get(0)
        if error is not None:
            self._tell(error)
            raise error
        response = self._handed_over()
        response.took(self.attempts, self._took_s)
        return response

    def _handed_over(self) -> Response:
        """Return the answer, and let go of it: what sends refers to this, and this to it."""
        response, self._response = self._response, None
        assert response is not None  # noqa: S101 - tells the type checker
        return response

    def _may_start(self, now: float) -> bool:
        """Tell whether there is nothing to decide before the first attempt has failed."""
        if self._limits or self._circuit is not None or self._line.locked():
            return False
        return self._server.earliest(now)[0] <= now

    async def _try_at_once(self, now: float) -> Scheduler | None:
        """Send it, and return the scheduler that goes on from there if that has failed."""
        self._server.started(now)
        try:
            response, _value = await self._once()
        except Exception as error:  # noqa: BLE001 - as below
            scheduler = self._schedule(now, server=ADMITTED)
            self._failed(scheduler, error)
            return scheduler
        except GeneratorExit:
            self._door.left.append(lambda: self._server.released(_clock(), sent=now))
            raise
        except BaseException:
            self._server.released(_clock(), sent=now)
            raise
        self._response, self._answered_at_once = response, True
        hint, ended = read_raw_hint(response.headers.raw), _clock()
        self._server.succeeded(ended, sent=now, hint=hint)
        response.took(1, ended - now)
        return None

    async def _next(self, scheduler: Scheduler) -> int:
        """Wait until the call may go, or is over."""
        while True:
            self._door.catch_up()
            # Who waits for the server is not overtaken by who comes later.
            if not self._line.locked() or scheduler.backing_off or self._is_open():
                said = scheduler.next(_clock())
                if said != WAIT:
                    return said
                if scheduler.waiting_for != "server":
                    await self._wait(scheduler)
                    continue
            async with self._line:
                said = await self._first_in_line(scheduler)
            if said != WAIT:
                return said

    def _is_open(self) -> bool:
        """Tell whether a breaker is open, so that there is nothing to stand in line for."""
        now = _clock()
        return self._circuit is not None and self._circuit.earliest(now) > now

    async def _first_in_line(self, scheduler: Scheduler) -> int:
        while (said := scheduler.next(_clock())) == WAIT and scheduler.waiting_for == "server":
            await self._wait(scheduler)
        return said

    async def _wait(self, scheduler: Scheduler) -> None:
        at = scheduler.wake_at
        assert at is not None  # noqa: S101 - there is no other item, nor a pause, to wait for
        wait_s = max(0.0, at - _clock())
        # A breaker may open meanwhile.
        await asyncio.sleep(wait_s if self._circuit is None else min(wait_s, _LOOK_S))

    def _failed(self, scheduler: Scheduler, error: Exception) -> None:
        lighten(error)
        self._ended = error
        waited_s = self._ledger.backoff[0]
        failure = classify(error)
        goes_on = scheduler.failed(0, _clock(), failure)
        self._in_doubt |= goes_on and not surely_not_processed(failure)
        if goes_on and self._again is not None:
            self._again(self.attempts, self._ledger.backoff[0] - waited_s, error)

    async def _once(self) -> tuple[Response, Any]:
        """Send it, and return the answer and what policies see of it."""
        task = asyncio.current_task()
        try:
            response = await self._send()
            return response, value_for_policies(response, self._retry, self._limits)
        except ODD as raised:
            instead = in_place_of(raised, task, self._call)
            if instead is raised:
                raise
            raise instead from raised.__cause__

    async def _attempt(self, scheduler: Scheduler) -> None:
        try:
            response, value = await self._once()
        except Exception as error:  # noqa: BLE001 - whatever it is, policies look at it
            self._failed(scheduler, error)
        else:
            self._response = response
            hint = read_raw_hint(response.headers.raw)
            scheduler.succeeded(0, _clock(), value, status_code=response.status_code, hint=hint)

    def _tell(self, error: BaseException) -> None:
        if isinstance(error, RequestError):
            error.maybe_processed_before = self._in_doubt
            tell_effort(error, self.attempts, self._took_s)

    @property
    def _took_s(self) -> float:
        """Seconds from the first attempt to the end."""
        return self._ledger.settled[0] - self._ledger.left[0]
