"""The servers that a client speaks to: what is known of each, shared by all of its calls.

What an answer says counts for the server that the call was sent to, because that is whose calls can
be held back. Where a redirect led elsewhere, the server that spoke is told as well, for those who
call it directly.
"""

from __future__ import annotations

import asyncio
import math
import os
import time
from collections import deque
from typing import TYPE_CHECKING, Final

from notebook_kit.client.bound import Origin, origin_of
from notebook_kit.errors import CircuitOpen
from notebook_kit.policies import Server, classify
from notebook_kit.redact import text_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    import httpx

    from notebook_kit.client.hosts import AddressTemplate
    from notebook_kit.policies import Breaker, RateHint

__all__ = ["ADMITTED", "Door", "Impatient", "Servers", "servers_of"]


#: Of more servers than this, those that hold up nobody are forgotten.
_MOST: Final = 10_000


class Door:
    """One server, and the line of single calls before it.

    Attributes:
        server: what is known of the server.
        line: held by the first who waits; if all who wait asked each time that one may go, a
            thousand of them would be woken for each.
        left: what is to be done for calls that were collected, by who comes next: the collector
            may run in the middle of what holds the lock of a rate, in the same thread.
    """

    __slots__ = ("left", "line", "server")

    def __init__(self, server: Server) -> None:
        self.server = server
        self.line = asyncio.Lock()
        self.left: deque[Callable[[], object]] = deque()

    def catch_up(self) -> None:
        """Do what was left to be done."""
        while self.left:
            self.left.popleft()()


class Servers:
    """One `Server` for each origin, made when it is first asked for; on the I/O loop only."""

    def __init__(self, breaker: Breaker | None) -> None:
        self._breaker = breaker
        self._known: dict[Origin, Door] = {}
        self._pid = os.getpid()

    def at(self, origin: Origin) -> Door:
        """Return what is known of the server of an origin, and the line before it."""
        if self._pid != os.getpid():
            # The line and the probe are under way in the parent of this process.
            self._known.clear()
            self._pid = os.getpid()
        door = self._known.get(origin)
        if door is None:
            if len(self._known) >= _MOST:
                self._forget_quiet_ones()
            door = self._known[origin] = Door(Server(self._breaker))
        return door

    def _forget_quiet_ones(self) -> None:
        now = time.monotonic()
        self._known = {
            origin: door
            for origin, door in self._known.items()
            if door.line.locked() or door.server.describe(now) is not None
        }

    def redirected(
        self,
        url: httpx.URL,
        *,
        sent: float,
        error: Exception | None = None,
        hint: RateHint | None = None,
    ) -> None:
        """Tell the server behind a redirect how an attempt ended there.

        Args:
            url: where the attempt ended.
            sent: when it began, in seconds of `time.monotonic`.
            error: what it ended with, or None.
            hint: what the answer said of limits.
        """
        server, now = self.at(origin_of(url)).server, time.monotonic()
        if error is None:
            server.succeeded(now, sent=sent, hint=hint)
        else:
            server.failed(now, classify(error), sent=sent)


class Impatient(Server):
    """A server as a single call sees it, which does not wait for one that keeps failing.

    Args:
        server: what is known of it, shared.
        call: gives the call in words, secrets removed.
        ended: gives the error that the last attempt of the call ended with, or None.
    """

    __slots__ = ("_call", "_ended")

    def __init__(
        self, server: Server, call: Callable[[], str], ended: Callable[[], BaseException | None]
    ) -> None:
        super().__init__(pace=server.pace)
        self.circuit = server.circuit
        self._call = call
        self._ended = ended

    def earliest(self, now: float) -> tuple[float, str]:
        """Return when the attempt may start.

        Raises:
            CircuitOpen: when the breaker is open.
        """
        at, reason = super().earliest(now)
        if reason != "breaker":
            return at, reason
        wait_s = None if math.isinf(at) else at - now
        soon = "is being tried just now" if wait_s is None else f"is tried again in {wait_s:.0f} s"
        call, ended = self._call(), self._ended()
        again = "" if ended is None else " again"
        message = (
            f"{call} was not sent{again}: the server kept failing, so its circuit breaker is "
            f"open; it {soon}."
        )
        if ended is not None:
            message += f" The last attempt: {text_of(ended)}"
        raise CircuitOpen(message, retry_at_s=wait_s, call=call) from ended


class _Admitted(Server):
    """A server as an attempt sees it that has been let in already."""

    __slots__ = ()

    def earliest(self, now: float) -> tuple[float, str]:
        """Return that it may start now."""
        return now, "server"

    def started(self, now: float) -> None:
        """It was told so."""


ADMITTED: Final = _Admitted()


def servers_of(
    servers: Servers, template: AddressTemplate, url_of: Callable[[str], httpx.URL]
) -> Callable[[Any], Server]:
    """Return what finds the server of an item.

    Args:
        servers: those of the client.
        template: the path or address of each request.
        url_of: gives the whole URL for the beginning of an address.
    """
    origins: dict[str, Origin] = {}
    if not template.varies_in_host:
        home: Origin | None = None

        def only_server(_item: Any) -> Server:
            nonlocal home
            if home is None:
                home = origin_of(url_of(template.server(None)))
            return servers.at(home).server

        return only_server

    def server_of(item: Any) -> Server:
        beginning = template.server(item)
        origin = origins.get(beginning)
        if origin is None:
            origin = origins[beginning] = origin_of(url_of(beginning))
        return servers.at(origin).server

    return server_of
