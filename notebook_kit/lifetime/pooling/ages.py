"""How long the resources of a pool are kept: what is too old, and when the next one is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from notebook_kit.lifetime.pooling.entry import Entry
    from notebook_kit.lifetime.pooling.options import PoolOptions
    from notebook_kit.lifetime.pooling.places import Places

__all__ = ["Ages"]

#: Seconds between two looks at what is idle, at least.
_SHORTEST_REST_S: Final = 0.001


class Ages:
    """Tells of the resources of one pool which have lived or lain idle for too long."""

    def __init__(self, options: PoolOptions, places: Places[Any]) -> None:
        self._options = options
        self._places = places

    def next_old_in_s(self) -> float | None:
        """Return the seconds until an idle one gets too old; None where none ever does.

        Where none is idle, it is the time in which one that came now would.
        """
        options, now = self._options, self._places.now()
        limits = [it for it in (options.idle_timeout_s, options.max_age_s) if it is not None]
        if not limits:
            return None
        left = [min(limits)]
        for entry in self._places.idle:
            if options.max_age_s is not None:
                left.append(entry.born + options.max_age_s - now)
            if options.idle_timeout_s is not None and not self._is_kept():
                left.append(entry.since + options.idle_timeout_s - now)
        return max(min(left), _SHORTEST_REST_S)

    def is_old(self, entry: Entry[Any]) -> bool:
        """Tell whether it has lived or lain idle for too long."""
        idle_s = self._options.idle_timeout_s
        if idle_s is None or self._is_kept():
            return self.has_aged(entry)
        return self._places.now() - entry.since >= idle_s or self.has_aged(entry)

    def has_aged(self, entry: Entry[Any]) -> bool:
        """Tell whether it has lived for too long."""
        limit_s = self._options.max_age_s
        return limit_s is not None and self._places.now() - entry.born >= limit_s

    def _is_kept(self) -> bool:
        """Tell whether no resource goes only because nobody needs it."""
        return len(self._places.entries) <= self._options.min_size
