"""Which of many requests is most like one that is not among them."""

from __future__ import annotations

import bisect
import difflib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Lookalikes"]

#: To compare two texts takes long, so only so many are, on either side of where it would stand.
_BESIDE: Final = 8
_LEAST_LIKE: Final = 0.3


class Lookalikes:
    """Requests in the order of their beginnings, and in that of their ends.

    Args:
        requests: pairs of a method and a URL; what is something else is left out.

    >>> held = Lookalikes([("GET", "http://host/airports/ZRH"), ("POST", "http://host/flights")])
    >>> held.nearest("GET", "http://host/airports/GVA")
    ('GET', 'http://host/airports/ZRH')
    """

    def __init__(self, requests: Iterable[Any]) -> None:
        pairs = (tuple(it) for it in requests if all(isinstance(part, str) for part in it))
        self._by_text = {" ".join(pair): pair for pair in pairs}
        self._forwards = sorted(self._by_text)
        self._backwards = sorted(text[::-1] for text in self._by_text)

    def __len__(self) -> int:
        return len(self._by_text)

    def __contains__(self, request: tuple[str, str]) -> bool:
        return " ".join(request) in self._by_text

    def nearest(self, method: str, url: str) -> tuple[str, str] | None:
        """Return the request that is most like this one, or None where none is."""
        wanted = f"{method} {url}"
        begins = _beside(self._forwards, wanted)
        ends = [text[::-1] for text in _beside(self._backwards, wanted[::-1])]
        held = sorted({*begins, *ends})
        near = difflib.get_close_matches(wanted, held, n=1, cutoff=_LEAST_LIKE)
        return self._by_text[near[0]] if near else None


def _beside(texts: list[str], wanted: str) -> list[str]:
    place = bisect.bisect(texts, wanted)
    return texts[max(0, place - _BESIDE) : place + _BESIDE]
