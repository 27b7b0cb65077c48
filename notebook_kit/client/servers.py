"""The servers that a client speaks to: what is known of each, shared by all of its calls."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from notebook_kit.client.bound import Origin, origin_of
from notebook_kit.errors import CircuitOpen
from notebook_kit.policies import Server

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    import httpx

    from notebook_kit.client.template import PathTemplate
    from notebook_kit.policies import Breaker

__all__ = ["Servers", "servers_of"]


class Servers:
    """One `Server` for each origin, made when it is first asked for; on the I/O loop only."""

    def __init__(self, breaker: Breaker | None) -> None:
        self._breaker = breaker
        self._known: dict[Origin, Server] = {}

    def of(self, url: httpx.URL) -> Server:
        """Return what is known of the server that a URL leads to."""
        origin = origin_of(url)
        server = self._known.get(origin)
        if server is None:
            server = self._known[origin] = Server(self._breaker)
        return server

    def refuse_if_open(self, server: Server, call: str) -> None:
        """Let no single call wait for a server that keeps failing.

        Raises:
            CircuitOpen: when its breaker is open.
        """
        if server.circuit is None:
            return
        now = time.monotonic()
        at = server.circuit.earliest(now)
        if at <= now:
            return
        wait_s = None if math.isinf(at) else at - now
        soon = "is being tried just now" if wait_s is None else f"is tried again in {wait_s:.0f} s"
        message = (
            f"{call} was not sent: the server kept failing, so its circuit breaker is open; it "
            f"{soon}."
        )
        raise CircuitOpen(message, retry_at_s=wait_s, call=call)


def servers_of(
    servers: Servers, template: PathTemplate, url_of: Callable[[str], httpx.URL]
) -> tuple[Callable[[Any], Server], bool]:
    """Return what finds the server of an item, and whether there may be several.

    Args:
        servers: those of the client.
        template: the path of each request.
        url_of: gives the whole URL for a path.
    """
    beginning, _, _ = template.text.partition("{")
    host = beginning.partition("://")[2]
    if "://" in beginning and "/" not in host and template.fields:
        return lambda item: servers.of(url_of(template.fill(item))), True
    server: Server | None = None

    def only_one(_item: Any) -> Server:
        nonlocal server
        if server is None:
            server = servers.of(url_of(beginning))
        return server

    return only_one, False
