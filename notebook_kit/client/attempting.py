"""One attempt of a client: a request sent once, and its whole answer or the error that fits."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from notebook_kit.client.bound import Bound, origin_of
from notebook_kit.client.building import Building
from notebook_kit.client.closing_faults import (
    add_faults,
    closing_error,
    first_error_raised,
    is_of_closing,
)
from notebook_kit.client.idempotency import has_key
from notebook_kit.client.logs.watch import Watch
from notebook_kit.client.methods import IDEMPOTENT
from notebook_kit.client.response import Response
from notebook_kit.client.servers import Servers
from notebook_kit.client.taped import tell_limit
from notebook_kit.client.time_limits import limit_of_breaker, shorter
from notebook_kit.client.translate import (
    after_redirect,
    api_error,
    described,
    out_of_time,
    stopped_at,
    translate,
)
from notebook_kit.client.transports.body_bounds import BOUNDS, USUAL, AnswerBounds, BodyBounds
from notebook_kit.errors import APIError, ClosedError, RequestTimeout
from notebook_kit.execution.time_limit import TimeLimit
from notebook_kit.policies import read_raw_hint

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from notebook_kit.client.defaults import Defaults
    from notebook_kit.client.fast import Came, Lane
    from notebook_kit.client.streaming.opening import Opening
    from notebook_kit.client.time_limits import AttemptLimit
    from notebook_kit.errors import RequestError
    from notebook_kit.lifetime import Handle
    from notebook_kit.policies import Breaker

__all__ = ["Attempting"]


class Attempting(Building):
    """Sends requests once, and tells servers and counts what became of them.

    Attributes:
        servers: what is known of those it speaks to.
        handle: the entry in the registry of what is open.
        watch: counts what is sent, and tells of it in the log.
        bounds: how large bodies may be where nothing else is said.
        usual: what the answer to a call may cost where it says nothing.
    """

    handle: Handle

    def __init__(
        self,
        make_http: Callable[[], tuple[httpx.AsyncClient, str]],
        defaults: Defaults,
        *,
        breaker: Breaker | None,
        bounds: BodyBounds = USUAL,
        ends: bool = True,
    ) -> None:
        super().__init__(make_http, defaults)
        self.bounds = bounds
        self.usual = AnswerBounds(bounds.call, ends)
        self.watch = Watch()
        self.servers = Servers(breaker)
        self._limit_of_all = limit_of_breaker(breaker)
        self._closed = False

    @property
    def is_closed(self) -> bool:
        """Whether nothing is sent any more."""
        return self._closed

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
        request.extensions.setdefault(BOUNDS, self.usual)
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
        faults: list[Exception] = []
        send = partial(first_error_raised, faults, send)
        try:
            if (limit := shorter(limit, self._limit_of_all)) is None:
                response = await send(request, **send_options)
            else:
                late = partial(out_of_time, request, limit)
                tell_limit(request, limit.limit_s, late)
                async with TimeLimit(limit.limit_s, late):
                    response = await send(request, **send_options)
        except RequestTimeout:
            raise  # which is the limit: what sends knows no errors of the kit
        except Exception as error:
            failed = self._failed(error, request, sent)
            add_faults(failed, faults)
            raise failed from error
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
        translated = translate(error, request, max_redirects=self._http.max_redirects)
        if translated is error and is_of_closing(error):
            translated = closing_error(described(request.method, request.url), error)
        hop = stopped_at(error, request).url
        if origin_of(hop) != origin_of(request.url):
            self.servers.redirected(hop, sent=sent, error=translated)
        return translated

    def _refuse_if_closed(self) -> None:
        if self._closed:
            message = "This client is closed; make a new one: nk.Client(...)."
            raise ClosedError(message)
