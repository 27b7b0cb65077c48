"""A client that the caller lends: its settings hold, the caller closes it.

It sends on the kit's I/O loop, as everything does. Its connections belong to the loop that they
were opened on, so one that was opened elsewhere is refused: to use it would hang or fail with words
about loops. That a caller sends with it as well while the kit does cannot be told in time.
"""

from __future__ import annotations

import asyncio
import os
import sys
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast

import httpx

from notebook_kit.client.lent_twin import TwinClient
from notebook_kit.client.measured import read_whole
from notebook_kit.client.taped import lent_by_tape
from notebook_kit.errors import ClosedError, ConfigurationError
from notebook_kit.tapes import slot

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Lent", "borrowed", "most_connections_of"]

_CLOSE_S: Final = 1.0
#: What takes the place of httpx's classes where a client is of another package.
_PACKAGES: Final = ("httpx", "httpx2")
_NEW_ONE: Final = "give nk.Client one that has sent nothing yet"


class _Tenancy:
    """What is known of a client, however often it was lent."""

    __slots__ = ("connections", "tenants", "under_way")

    def __init__(self) -> None:
        #: Those that were opened on the I/O loop.
        self.connections: weakref.WeakSet[Any] = weakref.WeakSet()
        self.tenants: weakref.WeakSet[Lent] = weakref.WeakSet()
        self.under_way = 0


_tenancies: weakref.WeakKeyDictionary[Any, _Tenancy] = weakref.WeakKeyDictionary()


def borrowed(client: Any) -> httpx.AsyncClient:
    """Return what sends with a client of the caller's, in the place of one of our own.

    Raises:
        ConfigurationError: for what is no client, is synchronous, closed, or was used already on
            another loop.
    """
    package = _package_of(client)
    if package is None:
        raise ConfigurationError(_no_client(client))
    if client.is_closed:
        raise ConfigurationError(f"http_client= is closed: {_NEW_ONE}.")
    tenancy = _tenancies.setdefault(client, _Tenancy())
    _refuse_strangers(client, tenancy)
    sender = client if package == "httpx" else TwinClient(client)
    # What the core asks of a client of httpx is what `Lent` has.
    return cast("httpx.AsyncClient", Lent(client, sender, tenancy))


def _package_of(client: Any) -> str | None:
    """Return the package whose asynchronous client this is; None for anything else."""
    for kind in type(client).__mro__:
        package = kind.__module__.partition(".")[0]
        if kind.__name__ == "AsyncClient" and package in _PACKAGES:
            return package
    return None


def _no_client(client: Any) -> str:
    if isinstance(client, httpx.Client):
        return (
            "http_client= is an httpx.Client, which is synchronous: give an httpx.AsyncClient; "
            "`with nk.Client(...) as api:` has synchronous verbs all the same."
        )
    kind = type(client)
    return (
        f"http_client= is a {kind.__module__}.{kind.__qualname__}: give an httpx.AsyncClient or "
        "an httpx2.AsyncClient."
    )


def _connections(client: Any) -> Iterator[Any]:
    """Yield the connections of a client; none where its transports keep them to themselves."""
    mounted = getattr(client, "_mounts", {}).values()
    for transport in (getattr(client, "_transport", None), *mounted):
        pool = getattr(transport, "_pool", None)
        yield from getattr(pool, "connections", ())


def most_connections_of(client: Any) -> int | None:
    """Return how many connections a client may have at once; None where it does not say."""
    pool = getattr(getattr(client, "_transport", None), "_pool", None)
    most = getattr(pool, "_max_connections", None)
    return most if isinstance(most, int) and most < sys.maxsize else None


def _refuse_strangers(client: Any, tenancy: _Tenancy) -> None:
    if tenancy.under_way:
        return  # Some of them may be opening connections just now.
    strangers = [it for it in _connections(client) if it not in tenancy.connections]
    if strangers:
        message = (
            f"http_client= was used on another event loop and keeps {len(strangers)} of its "
            "connections, which nk.Client cannot use: it sends on a loop of its own. Either "
            f"{_NEW_ONE}, and send with that nk.Client only, or leave http_client= out."
        )
        raise ConfigurationError(message)


class Lent:
    """Sends with a client of the caller's.

    Args:
        client: the caller's client.
        sender: what builds and sends with it, in httpx's classes.
        tenancy: what is known of it.
    """

    def __init__(self, client: Any, sender: Any, tenancy: _Tenancy) -> None:
        self._client = client
        self._sender = sender
        self._tenancy = tenancy
        tenancy.tenants.add(self)
        self._pid = os.getpid()
        self._under_way: set[asyncio.Timeout] = set()
        self._quiet = asyncio.Event()

    @property
    def cookies(self) -> httpx.Cookies:
        """The jar of the caller's client."""
        return httpx.Cookies(self._client.cookies.jar)

    @property
    def follow_redirects(self) -> bool:
        """Whether the caller's client follows them where a request says nothing else."""
        return bool(self._client.follow_redirects)

    @property
    def max_redirects(self) -> int:
        """How many of them the caller's client follows in a row."""
        return int(self._client.max_redirects)

    def build_request(self, method: str, url: str, **options: Any) -> httpx.Request:
        """Return a request with all that the caller's client adds."""
        if self._client.params:
            # Otherwise its parameters would take the place of those of the request.
            options["params"] = str(httpx.URL(url).params)
        request: httpx.Request = self._sender.build_request(method, url, **options)
        return request

    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Send a request as the caller's client does.

        Raises:
            ClosedError: when either client is closed.
            ConfigurationError: when its connections belong to another loop or process.
        """
        self._refuse_misuse()
        deadline = asyncio.timeout(None)
        tenancy = self._tenancy
        tenancy.under_way += 1
        try:
            async with deadline:
                self._under_way.add(deadline)
                answer: httpx.Response
                if (tape := slot.tape) is not None:
                    answer = await lent_by_tape(tape, request, self._sender.send, options)
                    # Of an answer that is played, nobody else has told it.
                    answer.default_encoding = self._client._default_encoding  # noqa: SLF001
                else:
                    answer = await self._sent(request, options)
                return answer
        except TimeoutError:
            if not deadline.expired():
                raise
            raise ClosedError("This client was closed while a request was under way.") from None
        finally:
            self._under_way.discard(deadline)
            tenancy.under_way -= 1
            tenancy.connections.update(_connections(self._client))
            if not self._under_way:
                self._quiet.set()

    async def _sent(self, request: httpx.Request, options: dict[str, Any]) -> httpx.Response:
        """Send it, and read its answer here, where it is bounded, unless that is read as a stream.

        What lies before a redirect the caller's client reads itself.
        """
        answer: httpx.Response
        if options.get("stream"):
            answer = await self._sender.send(request, **options)
            return answer
        answer = await self._sender.send(request, **{**options, "stream": True})
        return await read_whole(answer, request)

    def _refuse_misuse(self) -> None:
        if self._pid != os.getpid():
            message = (
                "http_client= was given in the parent of this process, and its connections cannot "
                "be shared: make a new one, and a new nk.Client, here."
            )
            raise ConfigurationError(message)
        if self._client.is_closed:
            message = "The client that was given as http_client= is closed: make new ones of both."
            raise ClosedError(message)
        _refuse_strangers(self._client, self._tenancy)

    async def aclose(self) -> None:
        """End what is under way and close the connections; the caller's client stays open."""
        now = asyncio.get_running_loop().time()
        for deadline in list(self._under_way):
            deadline.reschedule(now)
        # Who is late was told; what they do in their last moment is the caller's matter.
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_S):
                await self._end()

    async def _end(self) -> None:
        while self._under_way:
            self._quiet.clear()
            await self._quiet.wait()
        # They belong to this loop, and the caller would have to close them on another.
        tenancy = self._tenancy
        tenancy.tenants.discard(self)
        for connection in list(tenancy.connections):
            if connection.is_idle() or not tenancy.tenants:
                await connection.aclose()
