"""The routes of the demo API, one module for each theme."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_kit.demo.routes.airports import airport_routes
from notebook_kit.demo.routes.auth import auth_routes
from notebook_kit.demo.routes.control import control_routes
from notebook_kit.demo.routes.datasets import dataset_routes
from notebook_kit.demo.routes.language import language_routes
from notebook_kit.demo.routes.media import media_routes
from notebook_kit.demo.routes.plumbing import plumbing_routes
from notebook_kit.demo.routes.work import work_routes

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from notebook_kit.demo.world import World

__all__ = ["all_routes"]


def all_routes(world: World) -> list[BaseRoute]:
    """Return every route; the router tries them in this order, so the busiest come first."""
    routes: list[BaseRoute] = [
        *airport_routes(world),
        *language_routes(world),
        *work_routes(world),
        *dataset_routes(world),
        *media_routes(world),
        *plumbing_routes(world),
        *auth_routes(world),
    ]
    return [*routes, *control_routes(world, routes)]
