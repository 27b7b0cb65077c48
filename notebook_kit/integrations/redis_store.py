"""Values as JSON under the keys of one prefix in Redis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from notebook_kit.client.strict_json import loads
from notebook_kit.errors import ConfigurationError, DecodeError
from notebook_kit.integrations.plain_json import json_text
from notebook_kit.integrations.redis_links import RedisLinks
from notebook_kit.redact import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_kit.integrations.addresses import Address

__all__ = ["Kept", "RedisStore", "checked_text"]

#: Keys that are looked through at a time where all are forgotten.
_AT_A_TIME = 1_000


class Kept(NamedTuple):
    """A value that is kept, which may be None."""

    value: Any


class RedisStore(RedisLinks):
    """Sets, gets and forgets values, over the connections that it has.

    Args:
        address: where Redis is.
        options: how the library connects.
        prefix: what all keys begin with, and a colon after it.
        ttl_ms: milliseconds for which a value is kept; None for ever.
        limits: how many connections there are ``most``, and how long one waits, ``timeout_s``.
        name: what messages call it.
    """

    def __init__(
        self,
        address: Address,
        options: Mapping[str, Any],
        *,
        prefix: str,
        ttl_ms: int | None,
        limits: Mapping[str, Any],
        name: str,
    ) -> None:
        super().__init__(address, options, **limits, name=name)
        self._prefix = prefix
        self._ttl_ms = ttl_ms

    async def ping(self) -> None:
        """Ask Redis whether it is there and lets us in."""
        await self.do(lambda it: it.ping())

    async def read(self, key: str) -> Kept | None:
        """Return what is kept under a key, or None for nothing.

        Raises:
            DecodeError: when it is no JSON.
        """
        text = await self.do(lambda it: it.get(self._named(key)))
        if text is None:
            return None
        try:
            return Kept(loads(text))
        except ValueError as error:
            message = (
                f"{self.name}: what stands under {shown(self._named(key))} is no JSON, and was not "
                "put there by such a cache: give this one another prefix=, or delete the key."
            )
            raise DecodeError(message, call=self.name) from error

    async def write(self, key: str, value: Any, *, only_new: bool = False) -> None:
        """Keep a value, also in the place of another unless it is said that it must be new.

        Raises:
            ConfigurationError: when it is none that JSON gives back.
        """
        text, options = json_text(value), {"px": self._ttl_ms, "nx": only_new}
        await self.do(lambda it: it.set(self._named(key), text, **options), writes=True)

    async def delete(self, key: str) -> bool:
        """Forget the value of a key; tell whether there was one."""
        return bool(await self.do(lambda it: it.unlink(self._named(key)), writes=True))

    async def clear(self) -> int:
        """Forget all of the prefix, a thousand at a time; return how many there were."""
        pattern, cursor, count = f"{_literally(self._prefix)}:*", 0, 0
        while True:
            cursor, names = await self._scanned(cursor, pattern)
            if names:
                count += await self._unlinked(names)
            if not cursor:
                return count

    async def _scanned(self, cursor: int, pattern: str) -> tuple[int, list[bytes]]:
        found: tuple[int, list[bytes]] = await self.do(
            lambda it: it.scan(cursor, match=pattern, count=_AT_A_TIME)
        )
        return found

    async def _unlinked(self, names: list[bytes]) -> int:
        return int(await self.do(lambda it: it.unlink(*names), writes=True))

    def _named(self, key: str) -> str:
        return f"{self._prefix}:{key}"


def checked_text(text: object, name: str) -> str:
    """Return what a key can be made of.

    Raises:
        ConfigurationError: for anything but a text that is not empty.
    """
    if not isinstance(text, str) or not text or not _is_whole(text):
        message = f"{name}={shown(text)} must be a text, as {name}='prices'."
        raise ConfigurationError(message)
    return text


def _is_whole(text: str) -> bool:
    """Tell whether a text can be sent: one with half a character in it cannot."""
    try:
        return bool(text.encode())
    except UnicodeEncodeError:
        return False


def _literally(prefix: str) -> str:
    """Return a pattern of Redis's that fits this text alone."""
    return "".join(f"\\{it}" if it in "*?[]^\\" else it for it in prefix)
