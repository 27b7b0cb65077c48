"""Which answers are kept, where, for how long, and when they are asked for again: arithmetic."""

from __future__ import annotations

import math
import os
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast

from notebook_kit.checks import teaches_options, whole_number
from notebook_kit.errors import ConfigurationError
from notebook_kit.policies.durations import Duration, seconds
from notebook_kit.redact import shown

if TYPE_CHECKING:
    from notebook_kit.policies.http_cache import HTTPCache

__all__ = ["Cache", "CacheLike"]

_MEGABYTE: Final = 1_000_000
#: Answers kept in memory where nothing else is said, and before a file.
_IN_MEMORY: Final = 1_000
_BEFORE_A_FILE: Final = 10_000
_BYTES_IN_MEMORY: Final = 100 * _MEGABYTE
_BYTES_IN_A_FILE: Final = 1_000 * _MEGABYTE
_STATUSES: Final = range(400, 600)


@teaches_options
@dataclass(frozen=True, slots=True)
class Cache:
    """How answers are kept and given again.

    A client keeps good answers (2xx) to GET and HEAD, and to other methods where a call or a map
    says ``cache=True``. What the server says of caching is not heeded: ``ttl`` holds; `HTTPCache`
    is for those who want the other.

    Attributes:
        ttl: how long an answer is given again, a duration; None for as long as it is kept.
        refresh_before_expiry: so long before the end of ``ttl`` the kept answer is given at once,
            and a new one is asked for in the background; a duration shorter than ``ttl``.
        stale: until it is so old, an answer is given where the source is down: a duration since it
            came, longer than ``ttl``; None for never.
        path: a file that keeps answers too, shared by clients, runs and processes; None for memory.
        max_items: answers kept; the one not used for longest goes first. None for no bound; if not
            said, 1,000 in memory, and as many in a file as ``max_bytes`` lets in.
        max_bytes: bytes of all answers kept; the one not used for longest goes first. None for no
            bound; if not said, 100 MB in memory and 1 GB in a file.
        max_item_bytes: a longer answer is not kept.
        cache_errors: errors that are kept as well: statuses as 404, and for functions classes of
            exceptions, which are kept in memory only.
        error_ttl: how long a kept error is given again, a duration; None for ``ttl``.

    Raises:
        ConfigurationError: for a bad duration, or durations and counts that cannot work.

    >>> policy = Cache("5 min", refresh_before_expiry="30 s")
    >>> policy.is_fresh(299.0), policy.is_due(280.0), policy.is_fresh(300.0)
    (True, True, False)
    """

    ttl: Duration | None
    _: KW_ONLY
    refresh_before_expiry: Duration | None = None
    stale: Duration | None = None
    path: str | os.PathLike[str] | None = None
    max_items: int | Literal["auto"] | None = "auto"
    max_bytes: int | Literal["auto"] | None = "auto"
    max_item_bytes: int = 10 * _MEGABYTE
    cache_errors: tuple[int | type[Exception], ...] = ()
    error_ttl: Duration | None = None

    def __post_init__(self) -> None:
        for name in ("ttl", "refresh_before_expiry", "stale", "error_ttl"):
            value = getattr(self, name)
            if value is not None:
                self._set(name, seconds(value, name=name))
        self._check_path()
        examples = {"max_items": "1000, or None", "max_bytes": "100_000_000, or None"}
        usual: dict[str, int | None] = {"max_items": _IN_MEMORY, "max_bytes": _BYTES_IN_MEMORY}
        if self.path is not None:
            usual = {"max_items": None, "max_bytes": _BYTES_IN_A_FILE}
        for name, example in examples.items():
            value = getattr(self, name)
            if isinstance(value, str) and value == "auto":
                self._set(name, usual[name])
            elif value is not None:
                self._set(name, whole_number(value, name=name, example=example))
        most = whole_number(self.max_item_bytes, name="max_item_bytes", example="10_000_000")
        self._set("max_item_bytes", most)
        self._check_errors()
        self._check_what_belongs_together()

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _check_path(self) -> None:
        path: object = self.path
        if path is None:
            return
        if not isinstance(path, (str, os.PathLike)) or not str(path):
            message = f"path={shown(path)} must be the path of a file, such as 'cache.db', or None."
            raise ConfigurationError(message)
        self._set("path", os.fsdecode(path))

    def _check_errors(self) -> None:
        given: Any = self.cache_errors
        kinds = given if isinstance(given, (tuple, list, set, frozenset)) else (given,)
        if not all(map(_is_an_error, kinds)):
            message = (
                f"cache_errors={shown(given)} must be statuses from 400 to 599, or classes of "
                "exceptions, as cache_errors=(404, 410)."
            )
            raise ConfigurationError(message)
        self._set("cache_errors", tuple(kinds))
        if self.error_ttl is not None and not kinds:
            message = (
                "error_ttl= says how long errors are kept, and none are: add cache_errors=(404,)."
            )
            raise ConfigurationError(message)

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
            return cls(seconds(cast("Duration", value), name="cache"))
        except ConfigurationError:
            message = (
                f"cache={shown(value)} must say for how long answers are given again, as "
                "'5 min', or be an nk.Cache, or None; for a client also 'http' or an nk.HTTPCache."
            )
            raise ConfigurationError(message) from None

    def is_fresh(self, age_s: float, *, error: bool = False) -> bool:
        """Tell whether an answer of this age, or an error, may be given again."""
        ttl = self.error_ttl if error and self.error_ttl is not None else self.ttl
        return ttl is None or age_s < _s(ttl)

    def is_due(self, age_s: float) -> bool:
        """Tell whether a new answer should be asked for, although the kept one is still good."""
        if self.ttl is None or self.refresh_before_expiry is None:
            return False
        return age_s >= _s(self.ttl) - _s(self.refresh_before_expiry)

    def keeps_status(self, status: int) -> bool:
        """Tell whether an error with this status is kept."""
        return status in self.cache_errors

    def keeps_error(self, error: BaseException) -> bool:
        """Tell whether an error is kept: by its class, or by the status that it carries."""
        if not self.cache_errors or not isinstance(error, Exception):
            return False
        kinds = tuple(kind for kind in self.cache_errors if isinstance(kind, type))
        if isinstance(error, kinds):
            return True
        return getattr(error, "status_code", None) in self.cache_errors

    @property
    def keep_s(self) -> float:
        """Seconds for which an answer is kept, whatever for."""
        if self.ttl is None:
            return math.inf
        return _s(self.ttl) if self.stale is None else _s(self.stale)

    @property
    def stale_s(self) -> float:
        """Seconds until which an answer is given where the source is down; zero for never."""
        return 0.0 if self.stale is None else _s(self.stale)

    @property
    def error_s(self) -> float:
        """Seconds for which an error is kept."""
        ttl = self.ttl if self.error_ttl is None else self.error_ttl
        return math.inf if ttl is None else _s(ttl)

    @property
    def items_in_memory(self) -> int | None:
        """How many answers are kept in memory, also where there is a file behind it."""
        most = cast("int | None", self.max_items)
        return most if self.path is None else min(most or _BEFORE_A_FILE, _BEFORE_A_FILE)

    @property
    def bytes_in_memory(self) -> int | None:
        """How long they may be together."""
        most = cast("int | None", self.max_bytes)
        return most if self.path is None else min(most or _BYTES_IN_MEMORY, _BYTES_IN_MEMORY)

    @property
    def bounds(self) -> tuple[int | None, int | None]:
        """How many answers are kept in all, and how many bytes."""
        return cast("int | None", self.max_items), cast("int | None", self.max_bytes)


def _is_an_error(kind: object) -> bool:
    if isinstance(kind, type):
        return issubclass(kind, Exception)
    return isinstance(kind, int) and not isinstance(kind, bool) and kind in _STATUSES


#: What the ``cache`` option of a client takes.
CacheLike: TypeAlias = "Cache | HTTPCache | Duration | bool | None"


def _s(duration: Duration) -> float:
    """Return what `Cache.__post_init__` has made seconds of, for the type checker."""
    return cast("float", duration)
