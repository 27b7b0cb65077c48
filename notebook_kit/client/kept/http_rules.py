"""Answers kept as HTTP's own rules say (RFC 9111), which hishel knows; what is kept is ours.

It stands right before the connections: what is sent is what counts, credentials and all.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.client.kept.http_exchange import Exchange
from notebook_kit.client.kept.keys import key_of
from notebook_kit.client.kept.records import source_of
from notebook_kit.client.methods import READS
from notebook_kit.decorators.clock import elapsed
from notebook_kit.decorators.shelf import Shelf, page_of
from notebook_kit.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    import httpx

    from notebook_kit.client.kept.http_stored import Stored, StoredPlace
    from notebook_kit.client.kept.keys import Key
    from notebook_kit.decorators.cache_stats import CacheStats
    from notebook_kit.policies.http_cache import HTTPCache
    from notebook_kit.storage.cache_file import CacheFile

__all__ = ["HttpRules"]

_FIRST_ERROR: Final = 400
#: What a request says of caching: it is for the rules, and asks for the same answer.
_OF_CACHING: Final = frozenset({b"cache-control", b"pragma"})


class HttpRules:
    """The answers of one client, and the rules for them.

    Args:
        policy: where they are kept, and how many.
        file: that of the policy, opened; None for memory alone.
        who: tells by which certificate the client is known to servers.

    Raises:
        ConfigurationError: when hishel is not installed.
    """

    def __init__(self, policy: HTTPCache, file: CacheFile | None, who: bytes = b"") -> None:
        if importlib.util.find_spec("hishel") is None:
            message = (
                "cache='http' needs the hishel package: pip install 'notebook_kit[http-cache]'."
            )
            raise ConfigurationError(message)
        self._policy = policy.kept
        self._file = file
        self._who = who
        self._shelf: Shelf[Key, Stored] = Shelf(self._policy, size_of=lambda it: it.size)
        #: What kind of cache this is, as hishel is told: one that gives nothing that is too old.
        self.options: Any = {
            "shared": policy.shared,
            "supported_methods": ["GET", "HEAD"],
            "allow_stale": False,
        }
        #: What is on its way already; done when it is kept, or will not be: True where it was cut.
        self._coming: dict[Key, asyncio.Future[bool]] = {}
        self._exchanges: set[Exchange] = set()
        self._pid = os.getpid()

    async def handle(
        self,
        request: httpx.Request,
        send: Callable[[httpx.Request], Awaitable[httpx.Response]],
    ) -> httpx.Response:
        """Answer a request by what is kept, or by sending it, perhaps to ask if it still holds."""
        # Whoever reads a stream piece by piece wants it from the server.
        is_stream = "body" in request.extensions.get("timeout", {})
        key = None
        if not is_stream and request.method in READS:
            key = key_of(request, who=self._who, without=_OF_CACHING)
        if key is None or request.method == "OPTIONS":
            response = await send(request)
            if request.method not in READS and response.status_code < _FIRST_ERROR:
                self.forget([str(request.url)], wait=False)
            return response
        if self._pid != os.getpid():
            self._begin_anew()
        exchange = Exchange(self, key, request, send)
        while (coming := self._coming.get(key)) is not None:
            if (given := exchange.fresh()) is not None:
                return given
            await asyncio.wait([coming])
            if not coming.result():
                return exchange.fresh() or await self._run(exchange)
            # Who made it was cancelled: one of those who wait makes it, for all the others.
        return await self._lead(key, exchange)

    async def _lead(self, key: Key, exchange: Exchange) -> httpx.Response:
        """Make a request for all who ask for the same meanwhile."""
        coming = self._coming[key] = asyncio.get_running_loop().create_future()
        cut = False
        try:
            return await self._run(exchange)
        except (asyncio.CancelledError, GeneratorExit):
            cut = True
            raise
        finally:
            coming.set_result(cut)
            if self._coming.get(key) is coming:
                del self._coming[key]

    async def _run(self, exchange: Exchange) -> httpx.Response:
        self._exchanges.add(exchange)
        try:
            return await exchange.run()
        finally:
            self._exchanges.discard(exchange)

    def _begin_anew(self) -> None:
        """Forget, in a forked child, what is on its way to the parent."""
        self._pid = os.getpid()
        self._coming.clear()
        self._exchanges.clear()

    def look(self, place: StoredPlace, key: Key) -> Stored | None:
        """Return what is kept, whether it may still be given or not."""
        behind = None if self._file is None else place
        entry = self._shelf.look(key, self._policy, elapsed(), behind)
        return None if entry is None else entry.value

    def keep(
        self, place: StoredPlace, key: Key, stored: Stored, *, holds: Callable[[], bool]
    ) -> None:
        """Keep an answer, unless it was forgotten before it came."""
        page = None if self._file is None else page_of(stored, place)
        self._shelf.put(key, stored, self._policy, elapsed(), page, holds=holds)
        if page is not None:
            page.file.say()

    @property
    def longest(self) -> int:
        """How many bytes an answer may have that is kept."""
        return self._policy.max_item_bytes

    @property
    def file(self) -> CacheFile | None:
        """The file that keeps answers too."""
        return self._file

    @property
    def counts(self) -> Any:
        """How it did."""
        return self._shelf.counts

    def forget(self, urls: Iterable[str] | None, *, wait: bool = True) -> int:
        """Forget what came from some URLs, or all; tell how many there were."""
        wanted = None if urls is None else set(urls)
        for exchange in tuple(self._exchanges):
            exchange.void = exchange.void or wanted is None or exchange.url in wanted
        gone = [key for key in self._shelf.known() if wanted is None or key.url in wanted]
        count = sum(map(self._shelf.drop, gone))
        if self._file is None:
            return count
        sources = [None] if wanted is None else [source_of(self._file, url) for url in wanted]
        dropped = [self._file.drop(source=source, wait=wait) for source in sources]
        return max(count, sum(dropped))

    def stats(self) -> CacheStats:
        """Return the numbers of this moment."""
        return self._shelf.stats(elapsed(), self._file)
