"""A single call as a run of one: the scheduler of every run decides, and nothing else is needed.

There is one item, so there are no workers, no input to be read and nobody to be woken.
"""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.client.parse import parser
from notebook_kit.client.servers import Impatient
from notebook_kit.errors import DecodeError, RequestError
from notebook_kit.execution.tracebacks import lighten
from notebook_kit.policies import classify, read_raw_hint
from notebook_kit.policies.unwanted import unwanted_answer
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
_read = parser("auto")


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
    """

    __slots__ = (
        "_circuit",
        "_ended",
        "_ledger",
        "_limits",
        "_line",
        "_response",
        "_retry",
        "_scheduler",
        "_send",
    )

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
    ) -> None:
        self._send = send
        self._line = door.line
        self._limits = limits
        self._retry = retry
        self._response: Response | None = None
        self._ended: Exception | None = None
        server: Server = door.server
        self._circuit = server.circuit
        if self._circuit is not None:
            server = Impatient(server, call, lambda: self._ended)
        self._ledger = Ledger()
        self._scheduler = Scheduler(
            self._ledger,
            max_concurrency=1,
            start=_clock(),
            terms=Terms(
                retry=retry,
                limits=limits,
                weigh=lambda _index: [1.0] * len(limits.rates),
                server_of=lambda _index: server,
                tells_sent=tells_sent,
                safe=safe,
                # To seed a generator of its own would cost more than all the rest of this.
                draw=random.random,
            ),
        )
        self._scheduler.add()
        self._scheduler.end_of_input()

    def sent(self) -> None:
        """Take note that the request leaves only now, its connection having been made."""
        self._scheduler.gate.sent(0, _clock())

    async def answer(self) -> Response:
        """Send it, again where that may help, and return the answer.

        Raises:
            CircuitOpen: when the server keeps failing; nothing is sent then.
            Exception: what the last attempt ended with.
        """
        try:
            while await self._next() != DONE:
                await self._attempt()
        except BaseException:
            # Cut off: no probe of a breaker and no place in a line may be left behind.
            self._scheduler.cancel(_clock())
            raise
        error = self._ledger.errors.get(0)
        if error is not None:
            self._tell(error)
            raise error
        assert self._response is not None  # noqa: S101 - tells the type checker
        return self._response

    async def _next(self) -> int:
        """Wait until the call may go, or is over."""
        scheduler = self._scheduler
        while True:
            # Who waits for the server is not overtaken by who comes later.
            if not self._line.locked() or scheduler.backing_off or self._is_open():
                said = scheduler.next(_clock())
                if said != WAIT:
                    return said
                if scheduler.waiting_for != "server":
                    await self._wait()
                    continue
            async with self._line:
                said = await self._first_in_line()
            if said != WAIT:
                return said

    def _is_open(self) -> bool:
        """Tell whether a breaker is open, so that there is nothing to stand in line for."""
        now = _clock()
        return self._circuit is not None and self._circuit.earliest(now) > now

    async def _first_in_line(self) -> int:
        scheduler = self._scheduler
        while (said := scheduler.next(_clock())) == WAIT and scheduler.waiting_for == "server":
            await self._wait()
        return said

    async def _wait(self) -> None:
        at = self._scheduler.wake_at
        assert at is not None  # noqa: S101 - there is no other item, nor a pause, to wait for
        wait_s = max(0.0, at - _clock())
        # A breaker may open meanwhile.
        await asyncio.sleep(wait_s if self._circuit is None else min(wait_s, _LOOK_S))

    async def _attempt(self) -> None:
        scheduler = self._scheduler
        try:
            response = await self._send()
            value = _value(response, self._retry, self._limits)
        except Exception as error:  # noqa: BLE001 - whatever it is, policies look at it
            lighten(error)
            self._ended = error
            scheduler.failed(0, _clock(), classify(error))
        else:
            self._response = response
            hint = read_raw_hint(response.headers.raw)
            scheduler.succeeded(0, _clock(), value, status_code=response.status_code, hint=hint)

    def _tell(self, error: BaseException) -> None:
        if isinstance(error, RequestError):
            error.attempts = self._ledger.attempts[0]
            error.elapsed_s = self._ledger.settled[0] - self._ledger.left[0]


def _value(response: Response, retry: Retry, limits: Limits) -> Any:
    """Return what the functions of a policy are given; None where nobody asks, or can be told.

    Raises:
        DecodeError: when ``retry_value`` needs the body and it cannot be read.
        UnwantedAnswer: when it refuses the answer.
    """
    if retry.retry_value is None:
        with suppress(DecodeError):
            return _read(response) if limits.adjustable else None
        return None
    value = _read(response)
    if retry.rejects(value):
        raise unwanted_answer(value)
    return value
