"""A cache that several processes share, in Redis.

::

    password = nk.Secret.from_env("REDIS_PASSWORD")
    cache = SharedCache(
        "redis://cache.example.com", password=password, prefix="prices", ttl="5 min"
    )
    async with cache:
        price = await cache.get("ZRH", fetch_price)
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

from notebook_kit.checks import whole_number
from notebook_kit.decorators.single_flight import SingleFlight
from notebook_kit.errors import ConfigurationError, ResourceTimeout, TransportError
from notebook_kit.errors.brevity import brief
from notebook_kit.execution.awake import awake
from notebook_kit.integrations.addresses import Address
from notebook_kit.integrations.plain_json import json_text
from notebook_kit.integrations.redis_store import RedisStore, checked_text
from notebook_kit.lifetime import AsyncResource, Holding
from notebook_kit.logs import kit_logger
from notebook_kit.policies import seconds
from notebook_kit.redact import Secret, shown, text_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from notebook_kit.integrations.redis_store import Kept
    from notebook_kit.policies import Duration

__all__ = ["SharedCache"]

T = TypeVar("T")

logger = kit_logger("notebook_kit.integrations.redis")

#: What says that Redis is down, or as good as that.
_DOWN = (TransportError, ResourceTimeout)


class SharedCache(AsyncResource):
    """Keeps values by key in Redis, as JSON, for all who use the same prefix there.

    Of those who ask for a key at the same moment in this process, one asks Redis and fetches what
    is not there; several processes may fetch a new key each. What is kept is what JSON gives back
    as it was: other values are refused, so that nobody is given another thing than the first was.
    A value that is there and is no JSON raises, and is not taken for absent: it is somebody else's,
    and fetching would write over it.

    When Redis is down, uses fail with `notebook_kit.ConnectionFailed` or `ConnectionLost`, until
    it is there again. With ``when_down="fetch"`` `get` fetches meanwhile, keeps nothing, and logs
    one warning for each time that Redis goes.

    Args:
        url: the address, ``redis://``, ``rediss://`` (encrypted) or ``unix://``; may be a `Secret`.
            Of a password in it nothing is shown.
        prefix: what all keys begin with there, and a colon after it.
        ttl: how long a value is kept, a duration; None for ever.
        fetch: is given a key and returns its value, where `get` names no other; async or not.
        password: the password, where the address has none; text or a `Secret`.
        when_down: what `get` does without Redis: ``"raise"`` or ``"fetch"``.
        max_connections: connections at most, each for one command at a time.
        timeout: how long connecting may take, and how long an answer, a duration.

    Raises:
        ConfigurationError: for an option that cannot work.
    """

    kind: ClassVar[str] = "cache"

    def __init__(
        self,
        url: str | Secret = "redis://localhost:6379/0",
        *,
        prefix: str = "notebook_kit",
        ttl: Duration | None = None,
        fetch: Callable[[str], Awaitable[Any] | Any] | None = None,
        password: str | Secret | None = None,
        when_down: Literal["raise", "fetch"] = "raise",
        max_connections: int = 10,
        timeout: Duration = "5 s",
    ) -> None:
        with brief:
            self._address = Address.checked(url, schemes=("redis", "rediss", "unix"))
            self.name = repr(self._address)
            self._fetch = _checked_fetch(fetch)
            if when_down not in ("raise", "fetch"):
                message = f"when_down={shown(when_down)} must be 'raise' or 'fetch'."
                raise ConfigurationError(message)
            self._fetches_when_down = when_down == "fetch"
            self._options: dict[str, Any] = {
                "options": self._address.with_password(password),
                "prefix": checked_text(prefix, "prefix"),
                "ttl_ms": None if ttl is None else max(1, round(1000 * seconds(ttl, name="ttl"))),
                "limits": {
                    "most": whole_number(max_connections, name="max_connections"),
                    "timeout_s": seconds(timeout, name="timeout"),
                },
            }
            self._store = self._new_store()
            self._flight = SingleFlight(_asked)
            #: What is being fetched, and was not forgotten meanwhile.
            self._fetching: dict[str, object] = {}
            self._is_down = False

    async def get(
        self, key: str, fetch: Callable[[str], Awaitable[Any] | Any] | None = None
    ) -> Any:
        """Return the value that is kept, or what fetching it gives to all who ask meanwhile.

        Args:
            key: what the value is known by.
            fetch: is given the key and returns the value; async or not. Without one here and at
                the cache, None is returned where nothing is kept.

        Raises:
            ConnectionFailed: when Redis cannot be reached.
            ConnectionLost: when the connection to it was lost, or it does not answer in time.
            ResourceTimeout: when all connections are taken for too long.
            DecodeError: when what stands under the key is no JSON.
            ConfigurationError: when what was fetched is not kept by JSON as it is.
            Exception: what ``fetch`` raises; nothing is kept then.
        """
        with brief, awake():
            key, fetch = checked_text(key, "key"), _checked_fetch(fetch) or self._fetch
            await self.open()
            return await self._flight((key, fetch is not None), self, fetch)

    async def set(self, key: str, value: Any) -> None:
        """Keep a value.

        Raises:
            ConfigurationError: when it is not kept by JSON as it is.
            ConnectionFailed: as `get` does.
            ConnectionLost: as `get` does; the value may be kept or not.
        """
        with brief, awake():
            key = checked_text(key, "key")
            json_text(value)  # Checked before anything is sent or opened.
            await self.open()
            await self._done(self._store.write(key, value))

    async def delete(self, key: str) -> bool:
        """Forget the value of a key, also one that is being fetched here; tell whether it was kept.

        Raises:
            ConnectionFailed: as `get` does.
            ConnectionLost: as `get` does; the value may be kept or not.
        """
        with brief, awake():
            key = checked_text(key, "key")
            await self.open()
            self._fetching.pop(key, None)
            return await self._done(self._store.delete(key))

    async def clear(self) -> int:
        """Forget all values of this prefix, and no others; return how many were kept.

        Raises:
            ConnectionFailed: as `get` does.
            ConnectionLost: as `get` does; some of them may be kept still.
        """
        with brief, awake():
            await self.open()
            self._fetching.clear()
            return await self._done(self._store.clear())

    async def _ask(self, known: tuple[str, bool], fetch: Any) -> Any:
        """Return what is kept, or fetch it: once for all who ask at the same moment."""
        key, fetches = known
        if not fetches:
            kept = await self._done(self._store.read(key))
            return None if kept is None else kept.value
        mark = self._fetching[key] = object()
        try:
            kept, is_there = await self._read(key)
            if kept is not None:
                return kept.value
            value = fetch(key)
            if inspect.isawaitable(value):
                value = await value
            json_text(value)  # So that it is refused without Redis too.
            if is_there and self._fetching.get(key) is mark:
                await self._keep(key, value)
            return value
        finally:
            if self._fetching.get(key) is mark:
                del self._fetching[key]

    async def _read(self, key: str) -> tuple[Kept | None, bool]:
        """Return what is kept, and whether Redis is there."""
        try:
            return await self._done(self._store.read(key)), True
        except _DOWN as error:
            if not self._goes_on_without(error):
                raise
            return None, False

    async def _keep(self, key: str, value: Any) -> None:
        """Keep what was fetched, unless somebody has set another value meanwhile."""
        try:
            await self._done(self._store.write(key, value, only_new=True))
        except _DOWN as error:
            if not self._goes_on_without(error):
                raise

    async def _done(self, work: Awaitable[T]) -> T:
        given = await work
        if self._is_down:
            self._is_down = False
            logger.info("%s is there again.", self.name)
        return given

    def _goes_on_without(self, error: Exception) -> bool:
        if self._fetches_when_down and not self._is_down:
            self._is_down = True
            logger.warning(
                "%s; what is asked for is fetched meanwhile.", text_of(error).rstrip(".")
            )
        return self._fetches_when_down

    def _new_store(self) -> RedisStore:
        return RedisStore(self._address, **self._options, name=self.name)

    async def _open(self) -> None:
        # It may have been open before, on a loop that is gone.
        store = self._store = self._new_store()
        self._stack.push_async_callback(store.close)
        await store.open()
        try:
            await store.ping()
        except _DOWN as error:
            if not self._goes_on_without(error):
                raise

    def _abort(self) -> None:
        self._store.drop()

    def _look(self) -> Holding:
        stats = self._store.stats()
        told = f"prefix {self._options['prefix']!r}, {stats}"
        busy = stats.in_use > 0 or self._life.users > 0
        return Holding(told, uses=stats.acquired, sockets=stats.size, busy=busy)


async def _asked(known: tuple[str, bool], cache: SharedCache, fetch: Any) -> Any:
    """Ask a cache; not as its method, which would hold it, so that only the collector found it."""
    return await cache._ask(known, fetch)  # noqa: SLF001 - of this room


def _checked_fetch(fetch: Any) -> Any:
    if fetch is not None and not callable(fetch):
        message = f"fetch={shown(fetch)} cannot be called: give a function of the key."
        raise ConfigurationError(message)
    return fetch
