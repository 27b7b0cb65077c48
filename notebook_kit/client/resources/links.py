"""The ``Link`` header, by RFC 8288, section 3."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["link_to"]

_VALUE: Final = r'"(?:[^"\\]|\\.)*"|[^\s,;"]*'
_PARAMETER: Final = re.compile(rf"\s*;\s*(?P<name>[^\s,;=\"]+)(?:\s*=\s*(?P<value>{_VALUE}))?")
_TARGET: Final = re.compile(r"<(?P<url>[^>]*)>")


def link_to(header: str, rel: str) -> str | None:
    """Return the URL of the first link of a relation, as it stands there; None without one.

    >>> link_to('<https://host/x;v=1?page=2>; title="a, b"; rel="last next"', "next")
    'https://host/x;v=1?page=2'
    """
    place = 0
    while (target := _TARGET.search(header, place)) is not None:
        place = target.end()
        relations: str | None = None
        while (parameter := _PARAMETER.match(header, place)) is not None:
            place = parameter.end()
            # Of several the first counts.
            if parameter["name"].lower() == "rel" and relations is None:
                relations = (parameter["value"] or "").strip('"').lower()
        if rel.lower() in (relations or "").split():
            return target["url"].strip()
    return None
