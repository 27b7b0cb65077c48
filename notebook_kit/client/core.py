"""The inner part of a client: what sends, and what must be closed. It never holds the client."""

from __future__ import annotations

import asyncio
import os
from functools import partial
from typing import TYPE_CHECKING, Any

from notebook_kit.client.attempting import Attempting
from notebook_kit.client.bodies import is_one_shot
from notebook_kit.client.bound import connections_of
from notebook_kit.client.idempotency import add_key, single_key
from notebook_kit.client.jar import is_empty
from notebook_kit.client.kept.care import Care
from notebook_kit.client.logs.foreign import guard_foreign_loggers
from notebook_kit.client.logs.lives import Life
from notebook_kit.client.methods import IDEMPOTENT
from notebook_kit.client.own_code import meant
from notebook_kit.client.repeated import repeated
from notebook_kit.client.translate import described
from notebook_kit.client.transports.body_bounds import BOUNDS, USUAL, AnswerBounds, BodyBounds
from notebook_kit.policies import Retry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

    from notebook_kit.client.defaults import Defaults
    from notebook_kit.client.logs.stats import ClientStats
    from notebook_kit.client.response import Response
    from notebook_kit.client.time_limits import AttemptLimit
    from notebook_kit.client.transports import TransportStatistics
    from notebook_kit.client.wanted import Wanted
    from notebook_kit.logs import LoggingConfig
    from notebook_kit.policies import Breaker, Limits

__all__ = ["Core"]


class Core(Attempting):
    """Sends requests on the I/O loop.

    Attributes:
        limits: rates that hold for everything this client sends.
        retry: the policy for single calls, and the default of maps.
        attempt_limit: the time limit of an attempt of single calls, and the default of maps.
        care: what is kept, and what is given where no answer comes.
        life: tells in the log of the client's beginning and end.
        streams: what cuts each stream that is open, on the I/O loop.
    """

    def __init__(
        self,
        make_http: Callable[[], tuple[httpx.AsyncClient, str]],
        defaults: Defaults,
        *,
        limits: Limits,
        retry: Retry,
        breaker: Breaker | None = None,
        attempt_limit: AttemptLimit | None = None,
        care: Care | None = None,
        logging: LoggingConfig | None = None,
        bounds: BodyBounds = USUAL,
        ends: bool = True,
    ) -> None:
        super().__init__(make_http, defaults, breaker=breaker, bounds=bounds, ends=ends)
        guard_foreign_loggers()
        self.limits = limits
        self.care = care or Care(None, None, home="")
        self.retry = retry
        self.attempt_limit = attempt_limit
        self._closing: set[asyncio.Task[None]] = set()
        self.streams: set[Callable[[], None]] = set()
        # Last, because it holds for the log until the client is closed: nothing may fail after it.
        self.life = Life(logging, self.watch)

    def stats(self) -> ClientStats:
        """Return what was done so far, in numbers; from any thread."""
        return self.watch.stats(self.connections())

    def connections(self) -> TransportStatistics | None:
        """Return the counts of connections of this moment; None where they are not the kit's."""
        return None if self.transport_name == "custom" else connections_of(self._here)

    async def send(self, wanted: Wanted) -> Response:
        """Send a single call with the client's policy: a run of one.

        Raises:
            CircuitOpen: when the server keeps failing.
            RequestError: of the class that fits.
        """
        self._refuse_if_closed()
        self.make_ready()
        if self.care.concerns(wanted.options):
            # What is kept is found by what an auth flow makes of the request, too.
            call = partial(described, wanted.method, wanted.leads_to)
            return await meant(self.care.send(self, wanted), call)
        return await self.send_alone(wanted)

    async def send_alone(self, wanted: Wanted) -> Response:
        """Do the same, whatever is kept and whatever else could be given."""
        method, url, options, leads_to, built = wanted
        send_options: dict[str, Any] = {
            name: options.pop(name)
            for name in ("auth", "follow_redirects", "stream")
            if name in options
        }
        key = single_key(options.pop("idempotency_key", None))
        bounds = self.bounds_of_call(options)
        options.pop("max_body", None)
        limit = options.pop("attempt_timeout", self.attempt_limit)
        retry = options.pop("retry", self.retry)

        def make() -> httpx.Request:
            nonlocal built
            request, built = built, None
            # Cookies may have come since.
            if request is None or not is_empty(self._http.cookies.jar):
                request = self.build(method, url, options)
            if key is not None:
                add_key(request, key)
            request.extensions[BOUNDS] = bounds
            return request

        return await repeated(
            self,
            make,
            method=method,
            leads_to=leads_to,
            retry=Retry.of(0) if is_one_shot(options.get("content")) else retry,
            limit=limit,
            safe=method in IDEMPOTENT or key is not None,
            sending=send_options,
        )

    def bounds_of_call(self, options: Mapping[str, Any]) -> AnswerBounds:
        """Return what the answer to a call with these options may cost."""
        usual = self.usual
        if "max_body" not in options and "attempt_timeout" not in options:
            return usual
        ends = usual.ends and "attempt_timeout" not in options
        return AnswerBounds(options.get("max_body", usual.most), ends)

    def refuse_more(self) -> None:
        """Send nothing from now on; what is under way is cut by `aclose`."""
        self._closed = True
        self.life.closing("close()")

    def close_soon(self, by: str = "its finalizer") -> None:
        """Close in a moment; from any thread, also in the middle of garbage collection."""
        self._closed = True
        self.life.closing(by)
        loop = self._loop
        if loop is None:
            self.life.dropped_unused()
        elif not loop.is_closed() and self._pid == os.getpid():
            loop.call_soon_threadsafe(self._start_closing, loop)

    def _start_closing(self, loop: asyncio.AbstractEventLoop) -> None:
        # The set keeps the task alive; this object goes when the task does.
        task = loop.create_task(self.aclose())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def aclose(self) -> None:
        """Close every connection; on the I/O loop, any number of times.

        Everyone who closes waits for the one end.
        """
        self._closed = True
        # In a forked child that never used the client, the connections are the parent's.
        if self._pid != os.getpid():
            return
        for cut in list(self.streams):
            cut()
        self.care.close()
        if self._ending is None:
            self._ending = asyncio.get_running_loop().create_task(self._here.aclose())
        await asyncio.shield(self._ending)
        self.life.closed(self.stats())
