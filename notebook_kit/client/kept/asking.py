"""A request that is made already, sent as a single call is: under the policies of its client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_kit.client.repeated import repeated

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
    return await repeated(
        core,
        lambda: request,
        method=request.method,
        leads_to=request.url,
        retry=retry,
        limit=limit,
        safe=safe,
        sending=sending,
    )
