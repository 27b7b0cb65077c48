"""Airports: plain, nearby, flaky and limited."""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING, NoReturn

from notebook_kit.demo.chance import chance
from notebook_kit.demo.connections import ClientGone
from notebook_kit.demo.limits import limit_headers, too_many
from notebook_kit.demo.paging import paged
from notebook_kit.demo.validated import Validated
from notebook_kit.demo.web import Fault, Reply, json_reply, number, route, whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.routing import Route

    from notebook_kit.demo.data import Airport, Airports
    from notebook_kit.demo.web import Answer
    from notebook_kit.demo.world import World

__all__ = ["airport_routes"]

#: Half the way around the Earth: no two places are further apart.
_FARTHEST_KM = 20_038


def airport_routes(world: World) -> list[Route]:
    """Return the routes about airports."""
    airports = _Airports(world)
    return [
        route("/airports/{iata}", airports.one),
        route("/flaky/airports/{iata}", airports.flaky),
        route("/limited/airports/{iata}", airports.limited),
        route("/airports/{iata}/nearby", airports.nearby),
        route("/airports", airports.page),
    ]


@functools.cache
def _prepared(airports: Airports) -> dict[str, Validated]:
    return {code: Validated(body) for code, body in airports.bodies.items()}


class _Airports:
    def __init__(self, world: World) -> None:
        self._world = world
        self._airports = world.airports
        self._replies = _prepared(world.airports)

    async def one(self, request: Request) -> Answer:
        """One airport, by its IATA code; 304 for who has its tag."""
        code = request.path_params["iata"]
        switches = self._world.switches
        if switches.broken_countries or switches.slow_countries:
            await self._troubled(request)
        return self._replies.get(code) or self._replies[self._code(request)]

    async def _troubled(self, request: Request) -> None:
        """Fail, or take longer, where the airport's country has trouble."""
        world, airport = self._world, self._airport(request)
        switches, country = world.switches, airport["country"]
        if country in switches.broken_countries:
            message = f"The source of the airports of {airport['country_name']} is out of order."
            raise Fault(502, message, kind="server_error", code="source_down")
        if country in switches.slow_countries:
            late_s = switches.slow_countries_s * (1 + chance(world.seed, airport["iata"], "late"))
            await world.connections.pause(request.scope, late_s)

    async def page(self, request: Request) -> Answer:
        """Airports in pages; ?country=NO keeps those of one country."""
        country = request.query_params.get("country")
        if country is None:
            return paged(request, self._airports.all)
        return paged(request, self._airports.by_country.get(country.upper(), []))

    async def nearby(self, request: Request) -> Answer:
        """Airports within ?radius_km= (default 100) of one, nearest first, ?limit= at most."""
        centre = self._airport(request)
        radius = number(request, "radius_km", 100, low=0, high=_FARTHEST_KM)
        limit = whole(request, "limit", 100, low=1, high=1000)
        found = self._airports.nearby(centre, radius)
        items = [
            {**airport, "distance_km": round(distance, 3)} for distance, airport in found[:limit]
        ]
        return json_reply(
            {
                "iata": centre["iata"],
                "radius_km": radius,
                "total": len(found),
                "items": items,
            }
        )

    async def flaky(self, request: Request) -> Answer:
        """One airport; some first tries fail, and the next try always succeeds."""
        world, code = self._world, self._code(request)
        asked = world.asked[code] = world.asked.get(code, 0) + 1
        healed = code in world.failed_last
        world.failed_last.discard(code)
        if not healed and chance(world.seed, code, asked) < world.switches.flaky_first_tries:
            world.failed_last.add(code)
            await self._fail(request, code, asked)
        return Reply(self._airports.bodies[code], headers={"x-demo-asked": str(asked)})

    async def _fail(self, request: Request, code: str, asked: int) -> NoReturn:
        world = self._world
        if chance(world.seed, code, asked, "drop") < world.switches.flaky_drop_share:
            await world.connections.drop(request.scope)
            raise ClientGone
        message = f"The demo API failed on purpose for {code}; the next try will succeed."
        raise Fault(503, message, kind="server_error", code="flaky")

    async def limited(self, request: Request) -> Answer:
        """One airport under a limit; 429 with Retry-After, a date with ?retry_after=date."""
        world, code = self._world, self._code(request)
        headers: Mapping[str, str] = {}
        if (pace := world.switches.limited_rate) is not None:
            grant = world.buckets.limited.take(pace, time.monotonic())
            if not grant.allowed:
                as_date = request.query_params.get("retry_after") == "date"
                raise too_many(pace, grant, as_date=as_date)
            headers = limit_headers(grant)
        return Reply(self._airports.bodies[code], headers=headers)

    def _code(self, request: Request) -> str:
        return str(self._airport(request)["iata"])

    def _airport(self, request: Request) -> Airport:
        given: str = request.path_params["iata"]
        airport = self._airports.by_iata.get(given.upper())
        if airport is None:
            message = f"No airport has the IATA code {given!r}. {self._airports.advice(given)}"
            raise Fault(404, message, code="unknown_airport", param="iata")
        return airport
