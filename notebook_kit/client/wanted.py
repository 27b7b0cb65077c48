"""A single call as the client is asked for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import httpx

__all__ = ["Wanted"]


class Wanted(NamedTuple):
    """What a single call is to send.

    Attributes:
        method: the method.
        url: a path, or a whole URL.
        options: of the request and of sending it; whoever sends takes out what is of sending.
        leads_to: the URL that comes of it.
        built: the request, where it was built already, for the first attempt.
    """

    method: str
    url: str
    options: dict[str, Any]
    leads_to: httpx.URL
    built: httpx.Request | None = None
