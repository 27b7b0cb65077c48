"""A single call on its two ways: as the cache sees it, and as it is sent without one."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import httpx

from notebook_kit.client.kept.asked import Asked, Terms
from notebook_kit.client.kept.keys import key_as_sent
from notebook_kit.client.policy_value import refusal_of
from notebook_kit.client.translate import out_of_time
from notebook_kit.errors import ConfigurationError

if TYPE_CHECKING:
    from notebook_kit.client.core import Core
    from notebook_kit.client.kept.wishes import Wish
    from notebook_kit.client.response import Response
    from notebook_kit.client.wanted import Wanted
    from notebook_kit.policies import Cache

__all__ = ["Alone", "asked_of"]


class Alone:
    """A call as it is sent without all this, any number of times."""

    __slots__ = ("_core", "_wanted")

    def __init__(self, core: Core, wanted: Wanted) -> None:
        self._core = core
        self._wanted = wanted

    async def send(self) -> Response:
        """Send it once more, with all its tries."""
        wanted = self._wanted
        self._wanted = wanted._replace(built=None)
        return await self._core.send_alone(wanted._replace(options=dict(wanted.options)))


def asked_of(
    core: Core, request: httpx.Request, policy: Cache, given: dict[str, Any], wish: Wish
) -> Asked | None:
    """Return a single call as the cache sees it; None for one whose answer cannot be kept.

    Raises:
        ConfigurationError: when it is to be kept and the body can be read only once.
    """
    key = key_as_sent(core, request, given)
    if key is not None:
        limit = given.get("attempt_timeout", core.attempt_limit)
        retry = given.get("retry", core.retry)
        return Asked(
            key,
            policy,
            Terms.of(request, limit=limit, retry=retry),
            late=functools.partial(out_of_time, request),
            place=core.care.place_of(policy, key, request, core),
            refuses=refusal_of(retry),
            cookie=_cookie_of(core, request, given),
        )
    if wish.cache is None:
        return None
    message = (
        "An answer is kept by what the body is, and this one comes piece by piece: give content= "
        "as bytes, or leave out cache=."
    )
    raise ConfigurationError(message)


def _cookie_of(core: Core, request: httpx.Request, given: dict[str, Any]) -> str | None:
    """Return the cookies of a request; None where credentials may be further ones."""
    auth = core.auth_for(request, given)
    plain = auth is None or isinstance(auth, (tuple, httpx.BasicAuth))
    return str(request.headers.get("cookie", "")) if plain else None
