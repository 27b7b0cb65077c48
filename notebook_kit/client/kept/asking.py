"""A request that is made already, sent as a single call is: under the policies of its client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_kit.client.alone import Alone
from notebook_kit.client.bound import origin_of
from notebook_kit.client.logs.lives import CallLife
from notebook_kit.client.translate import described
from notebook_kit.client.transports import SENT

if TYPE_CHECKING:
    import httpx

    from notebook_kit.client.core import Core
    from notebook_kit.client.response import Response
    from notebook_kit.client.time_limits import AttemptLimit
    from notebook_kit.policies import Retry

__all__ = ["ask"]


async def ask(
    core: Core,
    request: httpx.Request,
    *,
    retry: Retry,
    limit: AttemptLimit | None,
    safe: bool,
    **sending: Any,
) -> Response:
    """Send a request, again where that may help, and return the answer.

    The limits of the client hold, and what is known of the server that it goes to.

    Raises:
        CircuitOpen: when that server keeps failing.
        RequestError: of the class that fits.
    """

    async def send() -> Response:
        request.extensions[SENT] = alone.sent
        life.attempt(request, alone.attempts + 1)
        return await core.attempt(request, limit=limit, **sending)

    life = CallLife(lambda: described(request.method, request.url), core.watch)
    alone = Alone(
        send,
        core.servers.at(origin_of(request.url)),
        call=lambda: described(request.method, request.url),
        retry=retry,
        limits=core.limits,
        safe=safe,
        tells_sent=core.tells_sent,
        again=life.again,
    )
    return await life.told(alone)
