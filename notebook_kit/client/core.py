"""The inner part of a client: what sends, and what must be closed. It never holds the client."""

from __future__ import annotations

import asyncio
import os
import time
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from notebook_kit.client.address import parameters, with_parameters
from notebook_kit.client.alone import Alone
from notebook_kit.client.bodies import is_one_shot
from notebook_kit.client.bound import Bound, origin_of
from notebook_kit.client.checks import BOUND
from notebook_kit.client.guise import disguise
from notebook_kit.client.idempotency import add_key, has_key, single_key
from notebook_kit.client.response import Response
from notebook_kit.client.servers import Servers
from notebook_kit.client.translate import (
    after_redirect,
    api_error,
    described,
    out_of_time,
    stopped_at,
    translate,
)
from notebook_kit.client.transports import SENT
from notebook_kit.client.transports.aiohttp_transport import load
from notebook_kit.errors import APIError, ClosedError, ConfigurationError, RequestTimeout
from notebook_kit.execution.time_limit import TimeLimit
from notebook_kit.policies import Retry, read_raw_hint
from notebook_kit.redact import scrub

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from notebook_kit.client.defaults import Defaults
    from notebook_kit.errors import RequestError
    from notebook_kit.lifetime import Handle
    from notebook_kit.policies import Breaker, Limits

__all__ = ["IDEMPOTENT", "Core"]

#: Methods that may be repeated without harm (RFC 9110, section 9.2.2).
IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})


class Core:
    """Sends requests on the I/O loop.

    Attributes:
        limits: rates that hold for everything this client sends.
        retry: the policy for single calls, and the default of maps.
        servers: what is known of those it speaks to.
        transport_name: ``"aiohttp"``, ``"httpx"`` or ``"custom"``.
        handle: the entry in the registry of what is open.
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
    ) -> None:
        self.limits = limits
        self.servers = Servers(breaker)
        self.retry = retry
        limit_s = None if breaker is None else breaker.call_timeout
        self._limit_s = cast("float | None", limit_s)
        self._defaults = defaults
        self._make_http = make_http
        self._here, self.transport_name = make_http()
        self._pid = os.getpid()
        self._inherited: list[httpx.AsyncClient] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._ending: asyncio.Task[None] | None = None
        self._closed = False
        self._is_ready = False

    @property
    def _http(self) -> httpx.AsyncClient:
        """The client of this process; in a forked child a new one, as connections are shared."""
        if self._pid != os.getpid():
            # Kept, because collecting it would close what the parent is using.
            self._inherited.append(self._here)
            self._here, _ = self._make_http()
            self._pid = os.getpid()
            self._loop = None
            self._ending = None
        return self._here

    @property
    def tells_sent(self) -> bool:
        """Whether the transport says when a request leaves; one of the user's own does not."""
        return self.transport_name != "custom"

    def make_ready(self) -> None:
        """Load what sending needs, so that a call that may go is sent at once."""
        if not self._is_ready:
            if self.transport_name == "aiohttp":
                load()
            self._is_ready = True

    def build(self, method: str, url: str, options: dict[str, Any]) -> httpx.Request:
        """Return the request that would be sent, without sending it.

        Raises:
            ConfigurationError: when it cannot be built from what was given.
        """
        try:
            return self._built(method, url, dict(options))
        except ConfigurationError:
            raise
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            message = scrub(f"{method} {url} cannot be built: {said}")
            raise ConfigurationError(message) from error

    def _built(self, method: str, url: str, options: dict[str, Any]) -> httpx.Request:
        http, defaults = self._http, self._defaults
        at_home = defaults.is_home(url)
        names = set(options.pop(BOUND, ()))
        own = parameters(options.pop("params", None))
        url = with_parameters(url, own, defaults.params(at_home=at_home))
        headers = defaults.headers_of(options.pop("headers", None), at_home=at_home)
        request = http.build_request(method, url, headers=headers, **options)
        disguise(request)
        if at_home:
            names |= defaults.bound_names
        Bound(request, names, home=defaults.home_for(request.url), cookies=http.cookies)
        return request

    async def attempt(self, request: httpx.Request, **send_options: Any) -> Response:
        """Send once and return the whole answer; on the I/O loop only.

        Raises:
            RequestError: of the class that fits.
        """
        self._refuse_if_closed()
        http = self._http
        if "auth" not in send_options and (auth := self._defaults.auth) is not None:
            bound = Bound.of(request)
            send_options["auth"] = auth if bound is not None and bound.at_home else None
        self._loop = asyncio.get_running_loop()
        self.handle.uses += 1
        sent = time.monotonic()
        try:
            if self._limit_s is None:
                response = await http.send(request, **send_options)
            else:
                late = partial(out_of_time, request, self._limit_s)
                async with TimeLimit(self._limit_s, late):
                    response = await http.send(request, **send_options)
        except RequestTimeout:
            raise  # which is the limit: what sends knows no errors of the kit
        except Exception as error:
            raise self._failed(error, request, sent) from error
        answer = Response.adopt(response)
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
        send_options = {
            name: options.pop(name) for name in ("auth", "follow_redirects") if name in options
        }
        key = single_key(options.pop("idempotency_key", None))

        async def send() -> Response:
            nonlocal built
            request, built = built, None
            # Cookies may have come since.
            if request is None or self._http.cookies:
                request = self.build(method, url, options)
            if key is not None:
                add_key(request, key)
            request.extensions[SENT] = alone.sent
            return await self.attempt(request, **send_options)

        alone = Alone(
            send,
            self.servers.at(origin_of(leads_to)),
            call=lambda: described(method, leads_to),
            retry=Retry.of(0) if is_one_shot(options.get("content")) else self.retry,
            limits=self.limits,
            safe=method in IDEMPOTENT or key is not None,
            tells_sent=self.tells_sent,
        )
        return await alone.answer()

    def refuse_more(self) -> None:
        """Send nothing from now on; what is under way is cut by `aclose`."""
        self._closed = True

    def close_soon(self) -> None:
        """Close in a moment; from any thread, also in the middle of garbage collection."""
        self._closed = True
        loop = self._loop
        if loop is not None and not loop.is_closed() and self._pid == os.getpid():
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
        if self._ending is None:
            self._ending = asyncio.get_running_loop().create_task(self._here.aclose())
        await asyncio.shield(self._ending)
