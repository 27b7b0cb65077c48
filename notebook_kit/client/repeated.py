"""A single call under the policies of its client, from its first attempt to what the log says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_kit.client.alone import Alone
from notebook_kit.client.bound import origin_of
from notebook_kit.client.logs.lives import CallLife
from notebook_kit.client.translate import described
from notebook_kit.client.transports import SENT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    import httpx

    from notebook_kit.client.core import Core
    from notebook_kit.client.response import Response
    from notebook_kit.client.time_limits import AttemptLimit
    from notebook_kit.policies import Retry

__all__ = ["repeated"]


def repeated(
    core: Core,
    make: Callable[[], httpx.Request],
    *,
    method: str,
    leads_to: httpx.URL,
    retry: Retry,
    limit: AttemptLimit | None,
    safe: bool,
    sending: Mapping[str, Any],
) -> Awaitable[Response]:
    """Return what sends a request, again where that may help, and gives the answer.

    The limits of the client hold, and what is known of the server that it goes to.

    Args:
        core: of the client.
        make: gives the request, for each attempt anew.
        method: of the request.
        leads_to: the URL of the request.
        retry: what is tried again.
        limit: the limit of one attempt, or None.
        safe: whether repeating an attempt does no harm.
        sending: how it is sent, beside what it is: ``auth``, ``follow_redirects``, ``stream``.
    """

    async def send() -> Response:
        request = make()
        request.extensions[SENT] = alone.sent
        life.attempt(request, alone.attempts + 1)
        return await core.attempt(request, limit=limit, **sending)

    def said() -> str:
        return described(method, leads_to)

    life = CallLife(said, core.watch)
    alone = Alone(
        send,
        core.servers.at(origin_of(leads_to)),
        call=said,
        retry=retry,
        limits=core.limits,
        safe=safe,
        tells_sent=core.tells_sent,
        again=life.again,
    )
    return life.told(alone)
