"""Which answers are kept, for how long, and when they are asked for again: pure arithmetic."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass
from typing import Final, TypeAlias, cast

from notebook_kit.checks import teaches_options, whole_number
from notebook_kit.errors import ConfigurationError
from notebook_kit.policies.durations import Duration, seconds
from notebook_kit.redact import shown

__all__ = ["Cache", "CacheLike"]

_MEGABYTE: Final = 1_000_000


@teaches_options
@dataclass(frozen=True, slots=True)
class Cache:
    """How answers are kept and given again.

    Kept are good answers (2xx) to GET and HEAD, and to other methods where a call or a map says
    ``cache=True``; errors never are. What the server says of caching is not heeded: ``ttl`` holds.

    Attributes:
        ttl: how long an answer is given again, a duration; None for as long as it is kept.
        refresh_before_expiry: so long before the end of ``ttl`` the kept answer is given at once,
            and a new one is asked for in the background; a duration shorter than ``ttl``.
        max_items: answers kept; the one not used for longest goes first. None for no bound.
        stale: until an answer is so old it is kept for `Fallback(stale=...)`, a duration longer
            than ``ttl``; None for no longer than ``ttl``.
        max_item_bytes: a longer answer is not kept.
        max_bytes: bytes of all answers kept, bodies and headers; the one not used for longest goes
            first. None for no bound.

    Raises:
        ConfigurationError: for a bad duration, or durations and counts that cannot work.

    >>> policy = Cache("5 min", refresh_before_expiry="30 s")
    >>> policy.is_fresh(299.0), policy.is_due(280.0), policy.is_fresh(300.0)
    (True, True, False)
    """

    ttl: Duration | None
    _: KW_ONLY
    refresh_before_expiry: Duration | None = None
    max_items: int | None = 1000
    stale: Duration | None = None
    max_item_bytes: int = 10 * _MEGABYTE
    max_bytes: int | None = 100 * _MEGABYTE

    def __post_init__(self) -> None:
        for name in ("ttl", "refresh_before_expiry", "stale"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, seconds(value, name=name))
        if self.max_items is not None:
            count = whole_number(self.max_items, name="max_items", example="1000, or None")
            object.__setattr__(self, "max_items", count)
        most = whole_number(self.max_item_bytes, name="max_item_bytes", example="10_000_000")
        object.__setattr__(self, "max_item_bytes", most)
        if self.max_bytes is not None:
            total = whole_number(self.max_bytes, name="max_bytes", example="100_000_000, or None")
            object.__setattr__(self, "max_bytes", total)
        self._check_what_belongs_together()

    def _check_what_belongs_together(self) -> None:
        ttl, refresh = self.ttl, self.refresh_before_expiry
        if refresh is not None and (ttl is None or _s(refresh) >= _s(ttl)):
            message = (
                f"refresh_before_expiry={refresh!r} must be shorter than ttl, which is {ttl!r}: "
                "nk.Cache('5 min', refresh_before_expiry='30 s')."
            )
            raise ConfigurationError(message)
        if self.stale is not None and (ttl is None or _s(self.stale) <= _s(ttl)):
            message = (
                f"stale={self.stale!r} says how old an answer may be that is kept beyond its ttl, "
                f"and must be longer than ttl, which is {ttl!r}: nk.Cache('5 min', stale='1 day')."
            )
            raise ConfigurationError(message)

    @classmethod
    def of(cls, value: CacheLike) -> Cache | None:
        """Read the ``cache`` option of a client: a policy, a duration, or None or False for none.

        Raises:
            ConfigurationError: for anything else.

        >>> Cache.of("5 min").ttl, Cache.of(None)
        (300.0, None)
        """
        if isinstance(value, Cache):
            return value
        if value is None or value is False:
            return None
        if value is True:
            message = (
                "cache=True does not say for how long: write cache='5 min', or nk.Cache('5 min')."
            )
            raise ConfigurationError(message)
        try:
            return cls(seconds(value, name="cache"))
        except ConfigurationError:
            message = (
                f"cache={shown(value)} must say for how long answers are given again, as "
                "'5 min', or be an nk.Cache, or None."
            )
            raise ConfigurationError(message) from None

    def is_fresh(self, age_s: float) -> bool:
        """Tell whether an answer of this age may be given again."""
        return self.ttl is None or age_s < _s(self.ttl)

    def is_due(self, age_s: float) -> bool:
        """Tell whether a new answer should be asked for, although the kept one is still good."""
        if self.ttl is None or self.refresh_before_expiry is None:
            return False
        return age_s >= _s(self.ttl) - _s(self.refresh_before_expiry)

    @property
    def keep_s(self) -> float:
        """Seconds for which an answer is kept, whatever for."""
        if self.ttl is None:
            return math.inf
        return _s(self.ttl) if self.stale is None else _s(self.stale)


#: What the ``cache`` option of a client takes.
CacheLike: TypeAlias = Cache | Duration | bool | None


def _s(duration: Duration) -> float:
    """Return what `Cache.__post_init__` has made seconds of, for the type checker."""
    return cast("float", duration)
