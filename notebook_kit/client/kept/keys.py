"""What a request is known by: equal keys ask for the same thing, and ask as the same one."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from notebook_kit.client.core import Core

__all__ = ["Key", "key_as_sent", "key_of"]

#: Headers that change no answer, though some are different each time.
_MEANINGLESS: Final = frozenset(
    {
        b"accept-encoding",
        b"baggage",
        b"connection",
        b"content-length",
        b"date",
        b"idempotency-key",
        b"traceparent",
        b"tracestate",
        b"user-agent",
        b"x-correlation-id",
        b"x-request-id",
    }
)
#: Extensions that decide on what is asked for, or of whom, beside the URL.
_MEANT: Final = ("target", "sni_hostname")


class Key(NamedTuple):
    """What an answer is kept by.

    Attributes:
        method: the HTTP method.
        url: the whole URL.
        digest: of the headers, credentials and cookies among them, of the body and of what else
            the answer depends on; what was secret in them is not found again in it.
        who: credentials that are known only when the request is sent, and stand for themselves.
    """

    method: str
    url: str
    digest: bytes
    who: object = None


class _Itself:
    """An object that is equal to itself only, whatever it says."""

    __slots__ = ("_it",)

    def __init__(self, it: object) -> None:
        self._it = it

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Itself) and other._it is self._it

    def __hash__(self) -> int:
        return id(self._it)


def key_of(
    request: httpx.Request,
    *,
    auth: Any = None,
    follow: bool = False,
    who: bytes = b"",
    without: Collection[bytes] = (),
) -> Key | None:
    """Return what a request is known by; None for a body that can be read only once.

    Args:
        request: as it will be sent, but for what ``auth`` adds.
        auth: credentials, as httpx takes them.
        follow: whether redirects are followed.
        who: tells by which certificate the client is known to servers.
        without: headers that say how a kept answer is to be used, and not which.

    >>> one = httpx.Request("GET", "http://host/x", headers={"accept": "text/csv"})
    >>> other = httpx.Request("GET", "http://host/x", headers={"accept": "text/plain"})
    >>> key_of(one) == key_of(one), key_of(one) == key_of(other)
    (True, False)
    """
    try:
        body = request.content
    except httpx.RequestNotRead:
        return None
    said, itself = _credentials(auth, request)
    parts = [
        lower + b":" + value
        for name, value in request.headers.raw
        if (lower := name.lower()) not in _MEANINGLESS and lower not in without
    ]
    parts.sort()
    extensions = request.extensions
    parts += [f"{name}={extensions[name]!r}".encode() for name in _MEANT if name in extensions]
    parts += (b"", said, who.hex().encode(), b"%d" % follow, body)
    digest = hashlib.sha256(b"\n".join(parts)).digest()
    return Key(request.method, str(request.url), digest, itself)


def key_as_sent(core: Core, request: httpx.Request, sending: Mapping[str, Any]) -> Key | None:
    """Return what a request is known by that a client sends so: ``auth``, ``follow_redirects``."""
    follow = sending.get("follow_redirects", core.follows_redirects)
    auth, who = core.auth_for(request, sending), core.care.who
    return key_of(request, auth=auth, follow=follow, who=who)


def _credentials(auth: Any, request: httpx.Request) -> tuple[bytes, _Itself | None]:
    """Return what credentials write into a request, and themselves where that may not be all."""
    if auth is None:
        return b"", None
    if isinstance(auth, tuple):
        auth = httpx.BasicAuth(*auth)
    if not isinstance(auth, httpx.Auth):
        return _written(auth, request)
    if type(auth) is httpx.BasicAuth:
        return _written(partial(_first, auth), request)
    kind = type(auth)
    # What these write is another thing for each request, or in an asynchronous flow.
    stands_for_itself = kind in (httpx.DigestAuth, httpx.NetRCAuth)
    if stands_for_itself or kind.async_auth_flow is not httpx.Auth.async_auth_flow:
        return b"", _Itself(auth)
    said, unknown = _written(partial(_first, auth), request)
    return said, unknown or _Itself(auth)


def _first(auth: httpx.Auth, request: httpx.Request) -> httpx.Request:
    flow = auth.auth_flow(request)
    try:
        return next(flow)
    finally:
        flow.close()


def _written(
    sign: Callable[[httpx.Request], httpx.Request], request: httpx.Request
) -> tuple[bytes, _Itself | None]:
    """Return what is written into a request now: one function may speak for several users.

    Where it fails, nobody is known to ask for the same.
    """
    headers, content = request.headers.raw, request.content
    probe = httpx.Request(request.method, request.url, headers=headers, content=content)
    try:
        written = sign(probe)
    except Exception:  # noqa: BLE001 - it is raised again, and told of, when the request is sent
        return b"", _Itself(probe)
    if written.url.host != probe.url.host:
        return b"", None  # It asks for a token first.
    lines = (name + b":" + value for name, value in written.headers.raw)
    whole = b"\n".join((str(written.url).encode(), *lines))
    return hashlib.sha256(whole).hexdigest().encode(), None
