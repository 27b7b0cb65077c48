"""The server's own controls: they are never counted, delayed, refused or limited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_kit.demo.openapi import document_of
from notebook_kit.demo.web import Endpoint, Fault, json_body, json_reply, route, whole
from notebook_kit.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.routing import BaseRoute, Route

    from notebook_kit.demo.web import Answer
    from notebook_kit.demo.world import World

__all__ = ["control_routes"]


def control_routes(world: World, others: Sequence[BaseRoute]) -> list[Route]:
    """Return the routes that steer the server; the first of them lists all the others."""
    control = _Control(world)
    steering = [
        route("/_demo/switches", control.switches),
        route("/_demo/switches", control.switch, "POST"),
        route("/_demo/stats", control.stats),
        route("/_demo/reset", control.reset, "POST"),
    ]
    document = _Document()
    own = [route("/openapi.json", document), *steering]
    listed = [about for entry in (*others, *own) if (about := _described(entry))]
    index = route("/", _Index(listed))
    document.describe([_described(index), *listed])
    return [index, *own]


def _described(entry: object) -> dict[str, Any]:
    endpoint = getattr(entry, "endpoint", None)
    if not isinstance(endpoint, Endpoint):
        return {}
    methods = sorted(getattr(entry, "methods", None) or ())
    return {"path": endpoint.template, "methods": methods, "about": endpoint.about}


class _Index:
    """All routes of the demo API."""

    def __init__(self, listed: Sequence[dict[str, object]]) -> None:
        self._listed = listed

    async def __call__(self, _request: Request) -> Answer:
        return json_reply({"name": "demo API of notebook_kit", "routes": self._listed})


class _Document:
    """This API as an OpenAPI document."""

    def __init__(self) -> None:
        self._described: dict[str, object] = {}

    def describe(self, listed: Sequence[dict[str, Any]]) -> None:
        """Say what the document describes."""
        self._described = document_of(
            (method, about["path"], about["about"])
            for about in listed
            for method in about["methods"]
            if method != "HEAD"
        )

    async def __call__(self, _request: Request) -> Answer:
        return json_reply(self._described)


class _Control:
    def __init__(self, world: World) -> None:
        self._world = world

    async def switches(self, _request: Request) -> Answer:
        """The switches as they are set."""
        return json_reply(self._world.switches.as_dict())

    async def switch(self, request: Request) -> Answer:
        """Set some switches, named in a JSON object; answers with all of them."""
        settings = await json_body(request)
        try:
            self._world.switches.update(settings)
        except (AttributeError, ConfigurationError) as error:
            raise Fault(400, str(error), code="invalid_switch") from error
        return json_reply(self._world.switches.as_dict())

    async def stats(self, request: Request) -> Answer:
        """The counts since the start or the last reset; ?arrivals=100 for the last 100 times."""
        seen = self._world.counters.snapshot()
        wanted = whole(request, "arrivals", 0, low=0, high=len(seen.arrivals) or 1)
        return json_reply(
            {
                "requests": seen.requests,
                "by_route": dict(seen.by_route),
                "by_status": {str(status): count for status, count in seen.by_status.items()},
                "in_flight": seen.in_flight,
                "most_in_flight": seen.most_in_flight,
                "connections_open": seen.connections_open,
                "connections_opened": seen.connections_opened,
                "todos_created": seen.todos_created,
                "arrivals": list(seen.arrivals[-wanted:]) if wanted else [],
            }
        )

    async def reset(self, _request: Request) -> Answer:
        """Put switches, counts and data back to how they were at the start."""
        self._world.reset()
        return json_reply({"reset": True})
