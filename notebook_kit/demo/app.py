"""The application: every route, and the middleware around them."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from notebook_kit.demo.middleware import Counting, Trouble
from notebook_kit.demo.routes import all_routes
from notebook_kit.demo.web import Fault

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, ExceptionHandler

    from notebook_kit.demo.world import World

__all__ = ["build_app"]


def build_app(world: World) -> ASGIApp:
    """Return the ASGI application of one server."""
    routes = all_routes(world)
    # They return replies of this package, which are ASGI applications as responses are.
    handlers = cast("dict[Any, ExceptionHandler]", {HTTPException: _not_routed, Exception: _broken})
    return Starlette(
        routes=routes,
        middleware=[
            Middleware(Counting, world=world, routes=routes),
            Middleware(Trouble, world=world),
        ],
        exception_handlers=handlers,
    )


async def _not_routed(request: Request, error: Exception) -> ASGIApp:
    """Answer what no route takes, in the shape of every other error."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    told = f"{request.method} {request.url.path}"
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers = getattr(error, "headers", None)
        fault = Fault(405, f"{told}: not this method.", code="method_not_allowed", headers=headers)
    else:
        fault = Fault(status, f"{told}: no such route; GET / lists them all.", code="no_route")
    return fault.reply


async def _broken(_request: Request, error: Exception) -> ASGIApp:
    """Answer for a fault of the demo itself, whose traceback goes to the log."""
    message = f"The demo API itself failed: {type(error).__name__}."
    # The connection is not used again: what the fault left on it is unknown.
    closing = {"connection": "close"}
    return Fault(500, message, kind="server_error", code="bug", headers=closing).reply
