"""What happens to a request before and around its route: counting, limits, delays and failures."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.demo.access import refusal
from notebook_kit.demo.chance import chance
from notebook_kit.demo.connections import ENDING, ClientGone
from notebook_kit.demo.limits import limit_headers, too_many
from notebook_kit.demo.web import Endpoint, Fault

if TYPE_CHECKING:
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from notebook_kit.demo.world import World

__all__ = ["Counting", "Trouble"]

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_HALF: Final = 0.5
_BODILESS: Final = frozenset({204, 304})


def _is_data(scope: Scope) -> bool:
    """Tell routes that serve data from those that steer the server."""
    path: str = scope["path"]
    return path != "/" and not path.startswith("/_demo")


class Counting:
    """Counts every request, by route and by the status it was answered with."""

    def __init__(self, app: ASGIApp, world: World, routes: list[BaseRoute]) -> None:
        self._app = app
        self._counters = world.counters
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counted."""
        if scope["type"] != "http" or not _is_data(scope):
            await self._app(scope, receive, send)
            return
        status = 0
        counted = False
        to_come = math.inf

        def end(status: int) -> None:
            nonlocal counted
            if not counted:
                counted = True
                self._counters.end(self._route(scope), status)

        async def noted(message: Message) -> None:
            nonlocal status, to_come
            if message["type"] == "http.response.start":
                status = message["status"]
                to_come = _length(scope, message)
            else:
                to_come -= len(message.get("body", b""))
                if not message.get("more_body", False):
                    to_come = 0
            # Before it is sent: a client that has its answer finds it in the counts.
            if to_come <= 0:
                end(status)
            await send(message)

        scope[ENDING] = end
        self._counters.begin(time.monotonic())
        try:
            await self._app(scope, receive, noted)
        finally:
            end(status)

    def _route(self, scope: Scope) -> str:
        endpoint = scope.get("endpoint")
        if endpoint is None:
            # A switch answered before the router was asked.
            endpoint = next(filter(None, (_endpoint(entry, scope) for entry in self._routes)), None)
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        template = endpoint.template if isinstance(endpoint, Endpoint) else "(unknown)"
        return f"{method} {template}"


def _length(scope: Scope, start: Message) -> float:
    """Return after how many bytes of body a client waits for nothing more of this answer."""
    if scope["method"] == "HEAD" or start["status"] in _BODILESS:
        return 0
    lengths = [value for name, value in start["headers"] if name == b"content-length"]
    return int(lengths[0]) if lengths else math.inf


def _endpoint(entry: BaseRoute, scope: Scope) -> Any:
    return entry.matches(scope)[1].get("endpoint")


class Trouble:
    """Does to every data route what the switches say."""

    def __init__(self, app: ASGIApp, world: World) -> None:
        self._app = app
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it as the switches say."""
        if scope["type"] != "http" or not _is_data(scope):
            await self._app(scope, receive, send)
            return
        try:
            await self._troubled(scope, receive, send)
        except Fault as fault:
            await fault.reply(scope, receive, send)
        except ClientGone:
            return

    async def _troubled(self, scope: Scope, receive: Receive, send: Send) -> None:
        world, switches = self._world, self._world.switches
        if switches.outage == "refuse":
            await world.connections.drop(scope)
            return
        if switches.outage:
            raise Fault(503, "The demo API is out of order.", kind="server_error", code="outage")
        if switches.require_credentials and (refused := refusal(scope, world)):
            raise refused
        send = self._limited(send)
        world.sequence += 1
        turn = world.sequence
        await self._delay(scope, turn)
        if switches.flaky_rate and chance(world.seed, "flaky", turn) < switches.flaky_rate:
            await self._fail(scope, receive, turn)
            return
        await self._app(scope, receive, send)

    def _limited(self, send: Send) -> Send:
        """Check the limit of all routes; return a ``send`` that tells what is left of it."""
        pace = self._world.switches.rate_limit
        if pace is None:
            return send
        grant = self._world.buckets.all_routes.take(pace, time.monotonic())
        if not grant.allowed:
            raise too_many(pace, grant)
        headers = [(name.encode(), value.encode()) for name, value in limit_headers(grant).items()]

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *headers]}
            await send(message)

        return told

    async def _delay(self, scope: Scope, turn: int) -> None:
        switches = self._world.switches
        length_s = switches.latency_s
        if switches.latency_jitter_s:
            swing = 2 * (chance(self._world.seed, "latency", turn) - _HALF)
            length_s = max(0.0, length_s + swing * switches.latency_jitter_s)
        if length_s:
            await self._world.connections.pause(scope, length_s)

    async def _fail(self, scope: Scope, receive: Receive, turn: int) -> None:
        world, switches = self._world, self._world.switches
        if chance(world.seed, "drop", turn) < switches.flaky_drop_share:
            if switches.drop_after_processing:
                await self._app(scope, receive, _swallow)
            await world.connections.drop(scope)
            return
        message = "The demo API failed on purpose (flaky_rate); try again."
        raise Fault(503, message, kind="server_error", code="flaky")


async def _swallow(message: Message) -> None:
    """Lose an answer."""
