"""Routes that ask who is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_kit.demo.access import basic_credentials, bearer_refusal, same
from notebook_kit.demo.web import Fault, json_reply, route

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import Route

    from notebook_kit.demo.web import Answer
    from notebook_kit.demo.world import World

__all__ = ["auth_routes"]

_USER = "demo"


def auth_routes(world: World) -> list[Route]:
    """Return the routes that check credentials."""
    auth = _Auth(world)
    return [route("/auth/basic", auth.basic), route("/auth/bearer", auth.bearer)]


class _Auth:
    def __init__(self, world: World) -> None:
        self._token = world.token

    async def basic(self, request: Request) -> Answer:
        """401 unless the user is 'demo' and the password is the token."""
        given = basic_credentials(request.scope)
        if given is None or given[0] != _USER or not same(given[1], self._token):
            message = "This route needs basic authentication: user 'demo', password the token."
            raise Fault(
                401,
                message,
                kind="authentication_error",
                code="invalid_credentials",
                headers={"www-authenticate": 'Basic realm="demo"'},
            )
        return json_reply({"authenticated": True, "user": _USER})

    async def bearer(self, request: Request) -> Answer:
        """401 unless the bearer token is the token."""
        if refused := bearer_refusal(request.scope, self._token):
            raise refused
        return json_reply({"authenticated": True})
