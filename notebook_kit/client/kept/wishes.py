"""What a single call or a map says of the cache: to use it, to pass it by, or by which policy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final, NamedTuple

from notebook_kit.errors import ConfigurationError
from notebook_kit.policies import Cache
from notebook_kit.redact import shown

__all__ = ["Wish", "checked_wish", "wish_of"]

#: Methods whose answers are kept without anybody's saying so.
_KEPT: Final = frozenset({"GET", "HEAD"})


class Wish(NamedTuple):
    """What is asked of the cache.

    Attributes:
        cache: a policy; True for the client's, also for a POST; False for none; None for what the
            client does.
        fresh: whether the server is asked although an answer is kept.
    """

    cache: Cache | bool | None = None
    fresh: bool = False

    def policy(self, method: str, own: Cache | None) -> Cache | None:
        """Return the policy for a request, given the client's own."""
        if isinstance(self.cache, Cache):
            return self.cache
        if self.cache is None:
            return own if method in _KEPT else None
        return own if self.cache else None


def wish_of(cache: Any, fresh: Any, *, own: Cache | None) -> Wish:
    """Return what ``cache=`` and ``fresh=`` of a call or a map ask for.

    Raises:
        ConfigurationError: for what is no policy, and for ``cache=True`` where there is none.
    """
    if not isinstance(fresh, bool):
        message = f"fresh={shown(fresh)} must be True or False."
        raise ConfigurationError(message)
    if cache is True and own is None:
        message = (
            "cache=True asks for the cache of the client, which has none: write "
            "nk.Client(..., cache='5 min'), or cache='5 min' here."
        )
        raise ConfigurationError(message)
    if cache is None or isinstance(cache, bool):
        return Wish(cache, fresh)
    policy = Cache.of(cache)
    if policy is not None and policy.path is None and own is not None and own.path is not None:
        # What is said for a call is about that call: where answers are kept, and how many, stays.
        kept = {name: getattr(own, name) for name in ("path", "max_items", "max_bytes")}
        policy = replace(policy, **kept)
    return Wish(policy, fresh)


def checked_wish(options: dict[str, Any], *, own: Cache | None) -> Wish:
    """Take what is said of the cache out of the options of a request.

    Raises:
        ConfigurationError: for what cannot work.
    """
    return wish_of(options.pop("cache", None), options.pop("fresh", False), own=own)
