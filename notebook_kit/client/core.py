"""The inner part of a client: what sends, and what must be closed. It never holds the client."""

from __future__ import annotations

import asyncio
import os
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from notebook_kit.client.alone import Alone
from notebook_kit.client.bodies import is_one_shot
from notebook_kit.client.bound import Bound, connections_of, origin_of
from notebook_kit.client.building import Building
from notebook_kit.client.idempotency import add_key, has_key, single_key
from notebook_kit.client.kept.care import Care
from notebook_kit.client.logs.foreign import guard_foreign_loggers
from notebook_kit.client.logs.lives import CallLife, Life
from notebook_kit.client.logs.watch import Watch
from notebook_kit.client.methods import IDEMPOTENT
from notebook_kit.client.response import Response
from notebook_kit.client.servers import Servers
from notebook_kit.client.time_limits import limit_of_breaker, shorter
from notebook_kit.client.translate import (
    after_redirect,
    api_error,
    described,
    out_of_time,
    stopped_at,
    translate,
)
from notebook_kit.client.transports import SENT
from notebook_kit.errors import APIError, ClosedError, RequestTimeout
from notebook_kit.execution.time_limit import TimeLimit
from notebook_kit.policies import Retry, read_raw_hint

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from notebook_kit.client.defaults import Defaults
    from notebook_kit.client.fast import Came, Lane
    from notebook_kit.client.logs.stats import ClientStats
    from notebook_kit.client.streaming.opening import Opening
    from notebook_kit.client.time_limits import AttemptLimit
    from notebook_kit.errors import RequestError
    from notebook_kit.lifetime import Handle
    from notebook_kit.logs import LoggingConfig
    from notebook_kit.policies import Breaker, Limits

__all__ = ["Core"]


class Core(Building):
    """Sends requests on the I/O loop.

    Attributes:
        limits: rates that hold for everything this client sends.
        retry: the policy for single calls, and the default of maps.
        attempt_limit: the time limit of an attempt of single calls, and the default of maps.
        care: what is kept, and what is given where no answer comes.
        servers: what is known of those it speaks to.
        handle: the entry in the registry of what is open.
        watch: counts what is sent, and tells of it in the log.
        life: tells in the log of the client's beginning and end.
        streams: what cuts each stream that is open, on the I/O loop.
    """

    handle: Handle

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
    ) -> None:
        super().__init__(make_http, defaults)
        guard_foreign_loggers()
        self.watch = Watch()
        self.limits = limits
        self.care = care or Care(None, None, home="")
        self.servers = Servers(breaker)
        self.retry = retry
        self.attempt_limit = attempt_limit
        self._limit_of_all = limit_of_breaker(breaker)
        self._closing: set[asyncio.Task[None]] = set()
        self.streams: set[Callable[[], None]] = set()
        self._closed = False
        # Last, because it holds for the log until the client is closed: nothing may fail after it.
        self.life = Life(logging, self.watch)

    def stats(self) -> ClientStats:
        """Return what was done so far, in numbers; from any thread."""
        counted = None if self.transport_name == "custom" else connections_of(self._here)
        return self.watch.stats(counted)

    def lane_for_rows(self) -> Lane | None:
        """Return the short way for a row of a map that need not pass through `attempt`, or None."""
        self._refuse_if_closed()
        lane = self.lane
        if lane is None or self._limit_of_all is not None or not lane.is_free:
            return None
        if self.watch.is_told():
            return None
        self._loop = asyncio.get_running_loop()
        return lane

    async def attempt(
        self,
        request: httpx.Request,
        *,
        limit: AttemptLimit | None = None,
        came: Came | None = None,
        stream: Opening | None = None,
        **send_options: Any,
    ) -> Response:
        """Send once and return the whole answer, within a limit; on the I/O loop only.

        Of what came for the request already, the answer is made. Of a stream the answer is returned
        when its head is here.

        Raises:
            RequestError: of the class that fits.
        """
        if came is None:
            self._refuse_if_closed()
        watch = self.watch
        began = watch.began(request) - (0.0 if came is None else came.took)
        try:
            answer = await self._attempt(request, limit, came, stream, send_options)
        except BaseException as error:
            watch.failed(began, request, error)
            raise
        watch.answered(began, request, answer)
        return answer

    async def _attempt(
        self,
        request: httpx.Request,
        limit: AttemptLimit | None,
        came: Came | None,
        stream: Opening | None,
        send_options: dict[str, Any],
    ) -> Response:
        http = self._http
        if "auth" not in send_options and (auth := self._defaults.auth) is not None:
            bound = Bound.of(request)
            send_options["auth"] = auth if bound is not None and bound.at_home else None
        if stream is not None:
            send_options["stream"] = stream.prepare(request)
        self._loop = asyncio.get_running_loop()
        self.handle.uses += 1
        sent = time.monotonic() - (0.0 if came is None else came.took)
        lane, send = self.lane if stream is None else None, http.send
        if lane is not None and (came is not None or lane.takes(request, send_options)):
            send = partial(lane.send, came=came)
        try:
            if (limit := shorter(limit, self._limit_of_all)) is None:
                response = await send(request, **send_options)
            else:
                async with TimeLimit(limit.limit_s, partial(out_of_time, request, limit)):
                    response = await send(request, **send_options)
        except RequestTimeout:
            raise  # which is the limit: what sends knows no errors of the kit
        except Exception as error:
            raise self._failed(error, request, sent) from error
        answer = Response.adopt(response)
        if stream is not None and answer.is_error:
            answer = await stream.failed(answer)
        failure: RequestError | None = api_error(answer) if answer.is_error else None
        if answer.history:
            failure = self._redirected(answer, failure, request, sent)
        if failure is not None:
            raise failure
        return answer

    def _redirected(
        self, answer: Response, failure: RequestError | None, request: httpx.Request, sent: float
    ) -> RequestError | None:
        if origin_of(answer.url) != origin_of(request.url):
            hint = read_raw_hint(answer.headers.raw)
            self.servers.redirected(answer.url, sent=sent, error=failure, hint=hint)
        if isinstance(failure, APIError):
            safe = request.method in IDEMPOTENT or has_key(request)
            return after_redirect(failure, request, safe=safe)
        return failure

    def _failed(self, error: Exception, request: httpx.Request, sent: float) -> Exception:
        translated = translate(error, request)
        hop = stopped_at(error, request).url
        if origin_of(hop) != origin_of(request.url):
            self.servers.redirected(hop, sent=sent, error=translated)
        return translated

    def _refuse_if_closed(self) -> None:
        if self._closed:
            message = "This client is closed; make a new one: nk.Client(...)."
            raise ClosedError(message)

    async def send(
        self,
        method: str,
        url: str,
        options: dict[str, Any],
        *,
        leads_to: httpx.URL,
        built: httpx.Request | None = None,
    ) -> Response:
        """Send a single call with the client's policy: a run of one.

        Args:
            method: the method.
            url: a path, or a whole URL.
            options: of the request.
            leads_to: the URL that comes of it.
            built: the request, where it was built already, for the first attempt.

        Raises:
            CircuitOpen: when the server keeps failing.
            RequestError: of the class that fits.
        """
        self._refuse_if_closed()
        self.make_ready()
        if self.care.concerns(options):
            return await self.care.send(self, method, url, options, leads_to=leads_to, built=built)
        return await self.send_alone(method, url, options, leads_to=leads_to, built=built)

    async def send_alone(
        self,
        method: str,
        url: str,
        options: dict[str, Any],
        *,
        leads_to: httpx.URL,
        built: httpx.Request | None = None,
    ) -> Response:
        """Do the same, whatever is kept and whatever else could be given."""
        send_options = {
            name: options.pop(name)
            for name in ("auth", "follow_redirects", "stream")
            if name in options
        }
        key = single_key(options.pop("idempotency_key", None))
        limit = options.pop("attempt_timeout", self.attempt_limit)
        retry = options.pop("retry", self.retry)

        async def send() -> Response:
            nonlocal built
            request, built = built, None
            # Cookies may have come since.
            if request is None or self._http.cookies:
                request = self.build(method, url, options)
            if key is not None:
                add_key(request, key)
            request.extensions[SENT] = alone.sent
            life.attempt(request, alone.attempts + 1)
            return await self.attempt(request, limit=limit, **send_options)

        life = CallLife(lambda: described(method, leads_to), self.watch)
        alone = Alone(
            send,
            self.servers.at(origin_of(leads_to)),
            call=lambda: described(method, leads_to),
            retry=Retry.of(0) if is_one_shot(options.get("content")) else retry,
            limits=self.limits,
            safe=method in IDEMPOTENT or key is not None,
            tells_sent=self.tells_sent,
            again=life.again,
        )
        return await life.told(alone)

    def refuse_more(self) -> None:
        """Send nothing from now on; what is under way is cut by `aclose`."""
        self._closed = True
        self.life.closing("close()")

    def close_soon(self) -> None:
        """Close in a moment; from any thread, also in the middle of garbage collection."""
        self._closed = True
        self.life.closing("its finalizer")
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
