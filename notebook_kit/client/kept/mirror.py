"""Another server for the same paths: a request as it is sent there, without what is not for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_plus

import httpx

from notebook_kit.client.address import checked_base_url
from notebook_kit.client.bound import Bound, origin_of
from notebook_kit.client.checks import BOUND, prepared
from notebook_kit.client.credentials import is_credential
from notebook_kit.client.transports.body_bounds import BOUNDS, bounds_of
from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import redact_url

if TYPE_CHECKING:
    from notebook_kit.client.core import Core
    from notebook_kit.policies import Fallback

__all__ = ["Mirror"]

#: Headers that are made anew for another server.
_MADE_ANEW: Final = frozenset({"host", "cookie", "content-length", "transfer-encoding"})
#: What is asked so here is asked so there.
_OF_SENDING: Final = ("auth", "follow_redirects")


class Mirror:
    """A server that is asked in the place of the client's own.

    Args:
        fallback: says where it is.
        home: the base URL of the client.

    Raises:
        ConfigurationError: when the client has no base URL, or it is the same one, or headers
            cannot be sent.
    """

    def __init__(self, fallback: Fallback, home: str) -> None:
        base_url = checked_base_url(fallback.base_url)
        if not home:
            message = (
                f"fallback={redact_url(base_url)!r} takes the place of the client's base_url, and "
                "it has none: nk.Client('https://api.example.com', fallback=...)."
            )
            raise ConfigurationError(message)
        self._base, self._home = httpx.URL(base_url), httpx.URL(home)
        self._own = prepared({"headers": fallback.headers})
        if (origin_of(self._base), _path(self._base)) == (origin_of(self._home), _path(self._home)):
            message = (
                f"fallback={redact_url(base_url)!r} is the base_url of the client itself, which "
                "does not answer then: give another one."
            )
            raise ConfigurationError(message)
        self._elsewhere = origin_of(self._base) != origin_of(self._home)

    def __str__(self) -> str:
        return redact_url(str(self._base))

    def sending(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return how a request is sent there that was sent so: elsewhere without credentials."""
        own = {name: given[name] for name in _OF_SENDING if name in given}
        # A client of the caller's has credentials of its own.
        return {**own, "auth": None} if self._elsewhere else own

    def request(self, core: Core, request: httpx.Request) -> httpx.Request | None:
        """Return the request as it is sent there; None for one that cannot be.

        That is one that leads out of the base URL, or asks for another target than its URL says,
        whose body can be read only once, or to whose URL a client of the caller's adds a
        credential.
        Credentials of the client and of the call stay behind, unless it is the same origin.

        Raises:
            ConfigurationError: when it cannot be built.
        """
        home = _path(self._home)
        path, _, query = request.url.raw_path.partition(b"?")
        if origin_of(request.url) != origin_of(self._home) or not path.startswith(home):
            return None
        if "target" in request.extensions:
            return None
        body = _body(request)
        if body is None:
            return None
        raw_path = _path(self._base) + path[len(home) :]
        kept = b"&".join(filter(partial(self._may_see, core), query.split(b"&")))
        url = self._base.copy_with(raw_path=raw_path + (b"?" + kept if kept else b""))
        options: dict[str, Any] = {
            "headers": self._headers_for(request),
            BOUND: self._own.get(BOUND, ()),
            "content": body or None,
        }
        if "timeout" in request.extensions:
            options["timeout"] = httpx.Timeout(**request.extensions["timeout"])
        made = core.build(request.method, str(url), options)
        made.extensions[BOUNDS] = bounds_of(request)
        return self._without_what_was_added(made) if self._elsewhere else made

    def _without_what_was_added(self, request: httpx.Request) -> httpx.Request | None:
        """Take off the credentials that a client of the caller's adds to each of its requests."""
        own = {str(name).lower() for name, _ in self._own.get("headers") or []}
        for name, value in request.headers.items():
            if name not in own and is_credential(name, value):
                del request.headers[name]
        added = any(is_credential(*pair) for pair in request.url.params.multi_items())
        return None if added else request

    def _may_see(self, core: Core, parameter: bytes) -> bool:
        name, _, value = parameter.decode("ascii").partition("=")
        name, value = unquote_plus(name), unquote_plus(value)
        bound = core.binds_parameter(name) or is_credential(name, value)
        return not (self._elsewhere and bound)

    def _headers_for(self, request: httpx.Request) -> list[tuple[str, Any]]:
        own = self._own.get("headers") or []
        left_out = _MADE_ANEW | {str(name).lower() for name, _ in own}
        pairs = [(name.decode("ascii").lower(), value) for name, value in request.headers.raw]
        bound = Bound.of(request)
        if self._elsewhere and bound is not None:
            pairs = [
                (name, value)
                for name, value in pairs
                if not bound.binds(name) and not is_credential(name, value)
            ]
        return [*((name, value) for name, value in pairs if name not in left_out), *own]


def _path(base: httpx.URL) -> bytes:
    """Return the path of a base URL, with the slash that httpx puts at its end."""
    return base.raw_path.rstrip(b"/") + b"/"


def _body(request: httpx.Request) -> bytes | None:
    """Return the body as bytes; None for one that comes piece by piece, once."""
    if hasattr(request, "_content") or isinstance(request.stream, Iterable):
        return request.read()
    return None
