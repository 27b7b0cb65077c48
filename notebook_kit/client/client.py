"""The client: httpx's manners, no housekeeping."""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any, Unpack

import httpx

from notebook_kit.checks import whole_number
from notebook_kit.client.address import checked_base_url
from notebook_kit.client.batch import start_map
from notebook_kit.client.checks import checked_method, checked_timeout
from notebook_kit.client.closing import Closing, never_instead_of
from notebook_kit.client.core import Core
from notebook_kit.client.credentials import revealed
from notebook_kit.client.defaults import Defaults
from notebook_kit.client.inner import make_inner
from notebook_kit.client.single import make_call
from notebook_kit.client.sync_face import SyncClient
from notebook_kit.client.transports.select import TransportOptions
from notebook_kit.client.verbs import Verbs
from notebook_kit.errors import ClosedError, ConfigurationError
from notebook_kit.lifetime import register
from notebook_kit.policies import Breaker, Limits, RateLike, Retry, parse_rates
from notebook_kit.redact import redact_url

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import Self

    from notebook_kit.client.call import Call
    from notebook_kit.client.keywords import MapKeywords, RequestKeywords
    from notebook_kit.execution import Run
    from notebook_kit.policies.durations import Duration

__all__ = ["Client"]

_DEFAULT_TIMEOUT = httpx.Timeout(connect=10.0, read=60.0, write=60.0, pool=None)


class Client(Verbs["Call"]):
    """An HTTP client for notebooks: await its calls, or ask for their ``result()``.

    The same client works in any cell, thread and number of `asyncio.run`; its connections live on
    a thread of the package's own and are closed when it is closed, collected, or the interpreter
    exits. Answers of 4xx and 5xx raise `APIError`; failed attempts that may heal are repeated.

    Args:
        base_url: put before every path that is not a whole URL.
        headers: sent with every request; wrap keys in `Secret` so that they are never shown.
            Credentials, here and below, go to the origin of ``base_url`` only.
        params: query parameters of every request.
        cookies: cookies of every request.
        auth: credentials, as httpx takes them: a pair, or an `httpx.Auth`.
        timeout: seconds, ``"5 s"``, a timedelta or an `httpx.Timeout`; connecting 10 s and
            silence 60 s if not said.
        rate: limits of everything this client sends, as ``"50/s"``.
        retry: how many more tries an attempt that failed is given, or a `Retry`. Its
            ``retry_value``, and the ``usage`` of a rate, are given the body as a map reads it.
        breaker: an `nk.Breaker`, or True for one as it comes: a server that keeps failing is left
            alone for a while, each of them for itself; calls raise `CircuitOpen`, runs wait. Its
            ``call_timeout`` holds for every attempt of this client.
        follow_redirects: whether to go where a redirect points; if not, an answer of 3xx is an
            answer like any other, and raises nothing.
        max_redirects: how many redirects one request may follow.
        max_connections: connections open at once, over all hosts.
        max_keepalive_connections: idle connections kept for longer than a second.
        max_connections_per_host: connections open at once to one host; 0 means no such limit.
        http2: speak HTTP/2 where the server does; needs the extra ``http2``.
        verify: False, the path of a CA bundle, or an `ssl.SSLContext`; the system's trust store
            if not said.
        cert: a client certificate, as httpx takes it.
        proxy: URL of a proxy; the environment's if not said.
        trust_env: whether to read proxies and certificates from the environment.
        transport: any httpx transport, instead of the kit's own.
        event_hooks: functions called with each request and answer, as httpx takes them.

    Raises:
        ConfigurationError: for an option that cannot work.

    >>> with Client(server.url) as api:
    ...     api.get("/airports/ZRH").json()["city"]
    'Zurich'
    """

    def __init__(
        self,
        base_url: str = "",
        *,
        headers: Any = None,
        params: Any = None,
        cookies: Any = None,
        auth: Any = None,
        timeout: Duration | httpx.Timeout | None = _DEFAULT_TIMEOUT,
        rate: RateLike = None,
        retry: Retry | int | None = 2,
        breaker: Breaker | bool | None = None,
        follow_redirects: bool = False,
        max_redirects: int = 20,
        max_connections: int = 100,
        max_keepalive_connections: int = 20,
        max_connections_per_host: int = 0,
        http2: bool = False,
        verify: ssl.SSLContext | str | bool = True,
        cert: Any = None,
        proxy: str | httpx.Proxy | None = None,
        trust_env: bool = True,
        transport: httpx.AsyncBaseTransport | None = None,
        event_hooks: Mapping[str, list[Callable[..., Any]]] | None = None,
    ) -> None:
        self.base_url = redact_url(checked_base_url(base_url))
        self.max_connections = whole_number(max_connections, name="max_connections")
        transport_options = TransportOptions(
            max_connections=max_connections,
            max_keepalive_connections=max_keepalive_connections,
            max_connections_per_host=max_connections_per_host,
            http2=http2,
            verify=verify,
            cert=cert,
            proxy=proxy,
            trust_env=trust_env,
            transport=transport,
        )
        defaults = Defaults(base_url, headers=headers, params=params, auth=auth)
        make_http = functools.partial(
            make_inner,
            transport_options,
            base_url=base_url,
            headers=defaults.headers,
            cookies=revealed(cookies),
            timeout=checked_timeout(timeout),
            follow_redirects=follow_redirects,
            max_redirects=max_redirects,
            trust_env=trust_env,
            event_hooks=event_hooks,
        )
        self._core = Core(
            make_http,
            defaults,
            limits=Limits(parse_rates(rate)),
            retry=Retry.of(retry),
            breaker=Breaker.of(breaker),
        )
        self._core.handle = register(
            self,
            kind="client",
            name=self.base_url or "(no base URL)",
            close_soon=self._core.close_soon,
            aclose=self._core.aclose,
        )
        self._entered_by: int | None = None

    # Calls

    def request(self, method: str, url: str, **options: Unpack[RequestKeywords]) -> Call:
        """Return a call with any method; nothing is sent until it is awaited.

        Args:
            method: the HTTP method.
            url: a path, put behind the base URL, or a whole URL.
            **options: ``params``, ``headers``, ``json``, ``data``, ``content``, ``files``,
                ``cookies``, ``auth``, ``timeout``, ``follow_redirects``, as httpx means them;
                ``idempotency_key``, see `RequestKeywords`.

        Raises:
            ClosedError: when the client is closed.
            ConfigurationError: when the request cannot be built from what was given.
        """
        method = checked_method(method)
        if self._entered_by == threading.get_ident():
            message = (
                "Inside `with client as api:` the verbs of `api` return answers; write "
                f"api.{method.lower()}(...) instead of client.{method.lower()}(...)."
            )
            raise ConfigurationError(message)
        return self._call(method, url, options)

    def _call(self, method: str, url: str, options: Mapping[str, Any]) -> Call:
        self._refuse_if_closed()
        return make_call(self, self._core, method, url, options)

    def map(self, path: str, items: Any, **options: Unpack[MapKeywords]) -> Run:
        """Send a request for every item and return the run, which has started already.

        Await the run for its frame: one row per item, in order, errors as rows.

        Args:
            path: a template; ``{name}`` is a column of the row, or the item itself.
            items: a DataFrame, Series, list, dict, generator or async generator.
            **options: of the request: ``method="POST"``, ``json``, ``params``, ``headers``,
                ``data``, ``content`` (each a constant, a function of the row, or holding
                ``nk.col("name")``), ``timeout``, and ``parse`` for what lands in ``result``:
                ``"auto"``, ``"json"``, ``"text"``, ``"bytes"``, ``"response"`` or a function; of
                the run: those of `notebook_kit.map`.

        Raises:
            ClosedError: when the client is closed.
            ConfigurationError: before anything is sent, for what cannot work.

        >>> frame = client.map("/airports/{iata}", ["ZRH", "GVA"], progress=False).result()
        >>> frame["result"].str["city"].tolist()
        ['Zurich', 'Geneva']
        """
        return self._map(path, items, options)

    def _map(self, path: str, items: Any, options: Mapping[str, Any]) -> Run:
        self._refuse_if_closed()
        return start_map(self, self._core, path, items, options, most=self.max_connections)

    # Life

    @property
    def sync(self) -> SyncClient:
        """The synchronous face: the same verbs, which wait and return answers."""
        return SyncClient(self)

    @property
    def is_closed(self) -> bool:
        """Whether the client is closed."""
        return not self._core.handle.is_open

    def close(self) -> Closing:
        """Close the client; any number of times.

        In async code ``await client.close()`` returns when every connection is closed; where no
        loop is running, ``client.close()`` does.
        """
        self._core.refuse_more()
        self._core.handle.forget()
        return Closing(self._core.aclose)

    def __enter__(self) -> SyncClient:
        self._refuse_if_closed()
        self._entered_by = threading.get_ident()
        return SyncClient(self)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._entered_by = None
        with never_instead_of(error):
            self.close().wait()

    async def __aenter__(self) -> Self:
        self._refuse_if_closed()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with never_instead_of(error):
            await self.close()

    def _refuse_if_closed(self) -> None:
        if self.is_closed:
            message = f"This client ({self.base_url}) is closed; make a new one: nk.Client(...)."
            raise ClosedError(message)

    def __repr__(self) -> str:
        state = "closed" if self.is_closed else "open"
        rates = " and ".join(str(rate) for rate in self._core.limits.rates)
        limits = f", rate {rates}" if rates else ""
        return (
            f"<Client {self.base_url}: {state}, {self._core.transport_name} transport, "
            f"up to {self.max_connections} connections{limits}>"
        )
