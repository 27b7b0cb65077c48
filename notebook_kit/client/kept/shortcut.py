"""Kept answers, given in the thread of who asks: a way to the I/O thread and back costs ten times.

Only where it is sure what is asked for: no cookie is known, and no credential is a function. In all
other cases, and where it is time for a new answer, the call goes its whole way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import httpx

from notebook_kit.client.jar import is_empty
from notebook_kit.client.kept.asked import Asked
from notebook_kit.client.kept.keys import key_as_sent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_kit.client.core import Core
    from notebook_kit.client.response import Response
    from notebook_kit.policies import Cache

__all__ = ["KnownCall", "Shortcut"]

#: Options of a call that decide on what is asked for, though they are no part of the request.
_OF_ASKING: Final = ("auth", "follow_redirects")


class KnownCall(NamedTuple):
    """A call without options, as it was made once: it need not be worked out again.

    Attributes:
        method: the method.
        path: what was asked for.
        url: the whole URL.
        text: the same as text.
        kept: the short way to its answer.
    """

    method: str
    path: str
    url: httpx.URL
    text: str
    kept: Shortcut


class Shortcut:
    """The short way to the answer of one call, taken each time that it is awaited."""

    __slots__ = ("_asked", "_core")

    def __init__(self, core: Core, asked: Asked) -> None:
        self._core = core
        self._asked = asked

    @classmethod
    def of(
        cls, core: Core, request: httpx.Request, policy: Cache | None, options: Mapping[str, Any]
    ) -> Shortcut | None:
        """Return the short way of a request that is sent with these options, or None."""
        if policy is None or "idempotency_key" in options:
            return None
        # The headers of a client that was lent may be others tomorrow, and so who asks.
        if core.transport_name == "custom":
            return None
        if options.get("retry", core.retry).retry_value is not None:
            return None
        sending = {name: options[name] for name in _OF_ASKING if name in options}
        auth = core.auth_for(request, sending)
        if auth is not None and not isinstance(auth, (tuple, httpx.BasicAuth)):
            return None
        key = key_as_sent(core, request, sending)
        if key is None or not is_empty(core.cookies.jar):
            return None
        place = core.care.place_of(policy, key, request, core)
        return cls(core, Asked(key, policy, place=place))

    def take(self) -> Response | None:
        """Return a copy of the answer, if it is kept, good, and not to be asked for anew.

        Raises:
            APIError: where it is an error that is kept.
        """
        core = self._core
        keeper = core.care.keeper
        if keeper is None or core.is_closed or not is_empty(core.cookies.jar):
            return None
        return keeper.look_on(self._asked)
