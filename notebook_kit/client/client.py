"""The client: httpx's manners, no housekeeping."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, ClassVar, Unpack

from notebook_kit.client import given
from notebook_kit.client.absent import Absent
from notebook_kit.client.assembly import ClientOptions, assembled
from notebook_kit.client.batch import start_map
from notebook_kit.client.checks import checked_method
from notebook_kit.client.constructor import taught
from notebook_kit.client.described import Described
from notebook_kit.client.resources.programmatic import reserved_names
from notebook_kit.client.resources.resource import declare
from notebook_kit.client.shown import Shown
from notebook_kit.client.single import make_call
from notebook_kit.client.streaming import make_stream
from notebook_kit.client.sync_face import SyncClient
from notebook_kit.client.uncopied import Uncopied
from notebook_kit.client.verbs import Verbs
from notebook_kit.errors.brevity import brief

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping
    from typing import Never

    import httpx

    from notebook_kit.client.call import Call
    from notebook_kit.client.keywords import MapKeywords, RequestKeywords
    from notebook_kit.client.resources.spec import Needs
    from notebook_kit.client.streaming import Stream, StreamKeywords
    from notebook_kit.execution import Run
    from notebook_kit.logs import LoggingConfig
    from notebook_kit.policies import Breaker, CacheLike, FallbackLike, RateLike, Retry
    from notebook_kit.policies.durations import Duration
    from notebook_kit.policies.sizes import Size
    from notebook_kit.widgets.launcher import Launcher

__all__ = ["Client"]


class Client(Absent, Described, Shown, Uncopied, Verbs["Call"]):
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
        cache: for how long good answers to GET and HEAD are given again, as ``"5 min"``, or an
            `nk.Cache`, which may name a file; calls and maps share them, and the attribute of that
            name tells of them. ``"http"``, or an `nk.HTTPCache`, does as the server's headers say.
        fallback: what is given where the endpoint is unavailable: another base URL, an
            `nk.Fallback`, or a list of them, tried in order. The answer's ``source`` says so.
        attempt_timeout: limit of one attempt, from connecting to the last byte of the answer, a
            duration; None for none. Of this and a breaker's ``call_timeout`` the shorter holds.
            ``"auto"`` gives an answer 10 minutes, or ten times what ``timeout`` allows for silence
            where that is longer, from when the request is sent.
        max_body: how large the body of an answer may be, as it comes and decompressed: bytes, or a
            text as ``"500 MiB"``; None for any size. ``"auto"`` is 100 MiB for a call and 10 MiB
            for a row of a map. What is larger raises `TooLarge`. A stream has no bound.
        follow_redirects: whether to go where a redirect points; if not, an answer of 3xx is an
            answer like any other, and raises nothing.
        max_redirects: how many redirects one request may follow.
        max_connections: connections open at once, over all hosts.
        max_keepalive_connections: idle connections kept for longer than a second.
        keepalive_expiry: how long an idle connection is kept, a duration; None for ever.
        max_connections_per_host: connections open at once to one host; 0 means no such limit.
        http2: speak HTTP/2 where the server does; needs the extra ``http2``.
        verify: False, the path of a CA bundle, or an `ssl.SSLContext`; the system's trust store
            if not said.
        cert: a client certificate, as httpx takes it.
        proxy: URL of a proxy; the environment's if not said.
        trust_env: whether to read proxies and certificates from the environment.
        limits: an `httpx.Limits`, in the place of the two numbers before.
        http1: True; to speak HTTP/2 alone needs a transport of one's own.
        transport: any httpx transport, instead of the kit's own.
        mounts: other transports for some URLs, as ``{"https://host": transport}``; None is a
            connection without a proxy.
        event_hooks: functions called with each request and answer, as httpx takes them, ordinary
            ones too; they run on the kit's I/O thread.
        default_encoding: of text whose answer names none, or a function that finds it.
        http_client: an `httpx.AsyncClient` or `httpx2.AsyncClient` of your own to send with; its
            settings hold, and you close it. One that has sent elsewhere is refused.
        logging: an `nk.LoggingConfig` that holds as long as this client is open.

    Raises:
        ConfigurationError: for an option that cannot work.

    >>> with Client(server.url) as api:
    ...     api.get("/airports/ZRH").json()["city"]
    'Zurich'
    """

    #: Names of headers, parameters or cookies that each declared endpoint needs.
    needs: ClassVar[Needs] = ()

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        declare(cls, reserved=reserved_names(Client))

    @taught
    def __init__(
        self,
        base_url: str | httpx.URL = "",
        *,
        headers: Any = None,
        params: Any = None,
        cookies: Any = None,
        auth: Any = None,
        timeout: Duration | httpx.Timeout | None = given.DEFAULT_TIMEOUT,
        rate: RateLike = None,
        retry: Retry | int | None = 2,
        breaker: Breaker | bool | None = None,
        cache: CacheLike = None,
        fallback: FallbackLike = None,
        attempt_timeout: Duration | None = "auto",
        max_body: Size | None = "auto",
        follow_redirects: bool = False,
        max_redirects: int = 20,
        max_connections: int = 100,
        max_keepalive_connections: int = 20,
        keepalive_expiry: Duration | None = given.KEEPALIVE_S,
        max_connections_per_host: int = 0,
        limits: httpx.Limits | None = None,
        http1: bool = True,
        http2: bool = False,
        verify: ssl.SSLContext | str | bool = True,
        cert: Any = None,
        proxy: str | httpx.URL | httpx.Proxy | None = None,
        trust_env: bool = True,
        transport: httpx.AsyncBaseTransport | None = None,
        mounts: Mapping[str, httpx.AsyncBaseTransport | None] | None = None,
        event_hooks: Mapping[str, list[Callable[..., Any]]] | None = None,
        default_encoding: given.DefaultEncoding = "utf-8",
        http_client: Any = None,
        logging: LoggingConfig | None = None,
    ) -> None:
        options = ClientOptions(
            base_url=base_url,
            headers=headers,
            params=params,
            cookies=cookies,
            auth=auth,
            timeout=timeout,
            rate=rate,
            retry=retry,
            breaker=breaker,
            cache=cache,
            fallback=fallback,
            attempt_timeout=attempt_timeout,
            max_body=max_body,
            follow_redirects=follow_redirects,
            max_redirects=max_redirects,
            max_connections=max_connections,
            max_keepalive_connections=max_keepalive_connections,
            keepalive_expiry=keepalive_expiry,
            max_connections_per_host=max_connections_per_host,
            limits=limits,
            http1=http1,
            http2=http2,
            verify=verify,
            cert=cert,
            proxy=proxy,
            trust_env=trust_env,
            transport=transport,
            mounts=mounts,
            event_hooks=event_hooks,
            default_encoding=default_encoding,
            http_client=http_client,
            logging=logging,
        )
        self._show_up(assembled(options))

    def request(self, method: str, url: str, **options: Unpack[RequestKeywords]) -> Call:
        """Return a call with any method; nothing is sent until it is awaited.

        Args:
            method: the HTTP method.
            url: a path, put behind the base URL, or a whole URL.
            **options: ``params``, ``headers``, ``json``, ``data``, ``content``, ``files``,
                ``cookies``, ``auth``, ``timeout``, ``follow_redirects``, ``extensions``, as httpx
                means them; ``attempt_timeout``, ``max_body``, ``retry``, ``idempotency_key``,
                see `RequestKeywords`.

        Raises:
            ClosedError: when the client is closed.
            ConfigurationError: when the request cannot be built from what was given.
        """
        with brief:
            method = checked_method(method)
            self._refuse_outer(f"{method.lower()}(...)")
            return self._call(method, url, options)

    def _call(self, method: str, url: str, options: Mapping[str, Any]) -> Call:
        self._refuse_if_closed()
        return make_call(self, self._core, method, url, options)

    def stream(self, url: str, *httpx_style: Never, **options: Unpack[StreamKeywords]) -> Stream:
        """Return a stream, whose answer is read while it comes; nothing is sent before that.

        Args:
            url: a path, put behind the base URL, or a whole URL.
            *httpx_style: nothing; the method has a name here: ``method="POST"``.
            **options: those of `request`; ``method``, and ``stall_timeout``: how long the server
                may be silent while it is listened to, 30 s if not said.

        Raises:
            ClosedError: when the client is closed.
            ConfigurationError: when the request cannot be built from what was given.

        >>> sum(len(text) for text in client.stream("/stream/text/the sea").text()) > 50
        True
        """
        with brief:
            self._refuse_if_closed()
            return make_stream(self, self._core, url, httpx_style, options)

    def map(self, path: str, items: Any, **options: Unpack[MapKeywords]) -> Run:
        """Send a request for every item and return the run, which has started already.

        Await the run for its frame: one row per item, in order, errors as rows.

        Args:
            path: a template; ``{name}`` is a column of the row, or the item itself.
            items: a DataFrame, Series, list, dict, generator or async generator.
            **options: of the request: ``method="POST"``, ``json``, ``params``, ``headers``,
                ``data``, ``content``, ``files``, ``cookies``, ``auth``, ``timeout``,
                ``attempt_timeout``, ``follow_redirects``, ``extensions`` (each a constant, a
                function of the row, or holding ``nk.col("name")``), and ``parse`` for what lands
                in ``result``: ``"auto"``, ``"json"``, ``"text"``, ``"bytes"``, ``"response"`` or a
                function; ``max_body``; of the run: those of `notebook_kit.map`.

        Raises:
            ClosedError: when the client is closed.
            ConfigurationError: before anything is sent, for what cannot work.

        >>> frame = client.map("/airports/{iata}", ["ZRH", "GVA"], progress=False).result()
        >>> frame["result"].str["city"].tolist()
        ['Zurich', 'Geneva']
        """
        with brief:
            return self._map(path, items, options)

    def _map(self, path: str, items: Any, options: Mapping[str, Any]) -> Run:
        self._refuse_if_closed()
        most = self.max_connections or sys.maxsize
        return start_map(self, self._core, path, items, options, most=most)

    def launcher(self, path: str | None = None, **preset: Unpack[MapKeywords]) -> Launcher:
        """Show a form that sets up and starts a map: of a path, or a place as ``"airports.get"``.

        ``preset`` are options of `map`. Raises `ConfigurationError` for what cannot work.
        """
        with brief:
            from notebook_kit.client.preview import open_launcher  # noqa: PLC0415 - loaded if needed

            return open_launcher(self, path, preset)

    @property
    def sync(self) -> SyncClient:
        """The synchronous face: the same verbs, which wait and return answers."""
        return SyncClient(self)
