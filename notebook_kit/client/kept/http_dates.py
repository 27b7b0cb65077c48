"""When an answer was made, by the clock of this computer: what hishel reckons its age from."""

from __future__ import annotations

from email.utils import formatdate, parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["dated"]


def dated(headers: Iterable[tuple[str, str]], now: float) -> list[tuple[str, str]]:
    """Return the headers of an answer that came now with a ``Date`` that tells its age.

    hishel takes the time since ``Date`` for the age of an answer: without one an answer would never
    get old, and neither what other caches say in ``Age`` nor a server's clock that is ahead would
    count (RFC 9111, 4.2.3). ``Expires`` is moved along, as it is meant from then on.

    Args:
        headers: of the answer.
        now: seconds since the epoch.

    >>> dated([("cache-control", "max-age=60")], 784111777.0)[-1]
    ('date', 'Sun, 06 Nov 1994 08:49:37 GMT')
    """
    pairs = list(headers)
    said = {name.lower(): text for name, text in pairs}
    told = _time(said.get("date"))
    made = now if told is None else min(told, now)
    age = said.get("age", "").strip()
    if age.isascii() and age.isdigit():
        made = min(made, now - min(int(age[:10]), now))
    if made == told:
        return pairs
    moved = [("date", formatdate(made, usegmt=True))]
    expires = _time(said.get("expires"))
    if told is not None and expires is not None:
        moved.append(("expires", formatdate(max(expires + made - told, 0.0), usegmt=True)))
    names = {name for name, _ in moved}
    return [*(pair for pair in pairs if pair[0].lower() not in names), *moved]


def _time(text: str | None) -> float | None:
    """Return seconds since the epoch; None for what is no date."""
    if text is None:
        return None
    try:
        return max(parsedate_to_datetime(text).timestamp(), 0.0)
    except (TypeError, ValueError, OverflowError):
        return None
