"""The inner part of a client: what sends, and what must be closed. It never holds the client."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

from notebook_kit.client.response import Response
from notebook_kit.client.translate import api_error, translate
from notebook_kit.errors import ClosedError, ConfigurationError
from notebook_kit.execution.driver import Driver
from notebook_kit.scheduling import Ledger, Plan, Scheduler

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from notebook_kit.lifetime import Handle
    from notebook_kit.policies import Limits, Retry

__all__ = ["IDEMPOTENT", "Core"]

#: Methods that may be repeated without harm (RFC 9110, section 9.2.2).
IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})


class Core:
    """Sends requests on the I/O loop.

    Attributes:
        limits: rates that hold for everything this client sends.
        retry: the policy for single calls, and the default of maps.
        transport_name: ``"aiohttp"``, ``"httpx"`` or ``"custom"``.
        handle: the entry in the registry of what is open.
    """

    handle: Handle

    def __init__(
        self,
        make_http: Callable[[], tuple[httpx.AsyncClient, str]],
        *,
        limits: Limits,
        retry: Retry,
    ) -> None:
        self.limits = limits
        self.retry = retry
        self._make_http = make_http
        self._here, self.transport_name = make_http()
        self._pid = os.getpid()
        self._inherited: list[httpx.AsyncClient] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def _http(self) -> httpx.AsyncClient:
        """The client of this process; in a forked child a new one, as connections are shared."""
        if self._pid != os.getpid():
            # Kept, because collecting it would close what the parent is using.
            self._inherited.append(self._here)
            self._here, _ = self._make_http()
            self._pid = os.getpid()
            self._loop = None
        return self._here

    def build(self, method: str, url: str, options: dict[str, Any]) -> httpx.Request:
        """Return the request that would be sent, without sending it.

        Raises:
            ConfigurationError: when it cannot be built from what was given.
        """
        try:
            return self._http.build_request(method, url, **options)
        except Exception as error:
            message = f"{method} {url} cannot be built: {type(error).__name__}: {error}"
            raise ConfigurationError(message) from error

    async def attempt(self, request: httpx.Request, **send_options: Any) -> Response:
        """Send once and return the whole answer; on the I/O loop only.

        Raises:
            RequestError: of the class that fits.
        """
        if self._closed:
            message = "This client is closed; make a new one: nk.Client(...)."
            raise ClosedError(message)
        http = self._http
        self._loop = asyncio.get_running_loop()
        self.handle.uses += 1
        try:
            response = Response.adopt(await http.send(request, **send_options))
        except Exception as error:
            translated = translate(error, request)
            if translated is error:
                raise
            raise translated from error
        if response.is_error:
            raise api_error(response)
        return response

    async def send(self, method: str, url: str, options: dict[str, Any]) -> Response:
        """Send a single call with the client's policy: a run of one."""
        send_options = {
            name: options.pop(name) for name in ("auth", "follow_redirects") if name in options
        }

        async def perform(_item: object) -> Response:
            return await self.attempt(self.build(method, url, dict(options)), **send_options)

        loop = asyncio.get_running_loop()
        ledger = Ledger()
        scheduler = Scheduler(
            ledger,
            max_concurrency=1,
            start=loop.time(),
            retry=self.retry,
            limits=self.limits,
            weigh=lambda _index: [1.0] * len(self.limits.rates),
            safe=method in IDEMPOTENT,
        )
        scheduler.add()
        scheduler.end_of_input()
        driver = Driver(Plan([None]), scheduler, perform)
        await driver.run()
        if driver.fatal is not None:
            raise driver.fatal
        if error := ledger.errors.get(0):
            raise error
        answer: Response = ledger.values[0]
        return answer

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
        """Close every connection; on the I/O loop, any number of times."""
        self._closed = True
        # In a forked child that never used the client, the connections are the parent's.
        if self._pid == os.getpid():
            await self._here.aclose()

    @property
    def was_used(self) -> bool:
        """Whether anything was ever sent, so that there may be something to close."""
        return self._loop is not None
