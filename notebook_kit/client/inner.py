"""The client of httpx that a client of ours holds."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import httpx

from notebook_kit.client.bound import BoundTransport
from notebook_kit.client.guise import HiddenCookies
from notebook_kit.client.transports.aiohttp_transport import AiohttpTransport
from notebook_kit.client.transports.select import make_transport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_kit.client.kept.http_rules import HttpRules
    from notebook_kit.client.transports.select import TransportOptions

__all__ = ["can_trace", "make_inner"]


class _Cookies(HiddenCookies):
    def extract_cookies(self, response: httpx.Response) -> None:
        """Keep the cookies that an answer sets."""
        # To look for them, httpx makes a request of urllib's, which costs as much as reading a
        # small answer.
        if "set-cookie" in response.headers:
            super().extract_cookies(response)
            if not b"".join(value for _, value in response.headers.raw).isascii():
                self._drop_unsendable()

    def _drop_unsendable(self) -> None:
        # Sent again, it would fail every later request: a header is written in ASCII.
        for cookie in [*self.jar]:
            if not f"{cookie.name}{cookie.value}".isascii():
                self.jar.clear(cookie.domain, cookie.path, cookie.name)


def _direct(options: TransportOptions) -> httpx.AsyncBaseTransport:
    return make_transport(replace(options, direct=True))[0]


def make_inner(
    options: TransportOptions,
    *,
    mounts: Mapping[str, httpx.AsyncBaseTransport | None] = MappingProxyType({}),
    rules: HttpRules | None = None,
    **settings: Any,
) -> tuple[httpx.AsyncClient, str]:
    """Return a client of httpx over the transport that the options ask for, and what that is.

    A mount of None is a connection without a proxy; ``rules`` answer what they can.
    """
    transport, name = make_transport(options)
    if mounts:
        name = "custom"
    mounted = {
        pattern: BoundTransport(_direct(options) if it is None else it, rules)
        for pattern, it in mounts.items()
    }
    client = httpx.AsyncClient(
        transport=BoundTransport(transport, rules), mounts=mounted, **settings
    )
    # httpx makes its cookies itself and has no hook for another class; this one holds nothing more.
    client.cookies.__class__ = _Cookies
    return client, name


def can_trace(client: Any, url: httpx.URL) -> bool:
    """Tell whether ``extensions={"trace": ...}`` is told what happens to a request for a URL."""
    # httpx tells nobody what it sends through; one that was lent is of another class.
    choose = getattr(client, "_transport_for_url", None)
    transport = None if choose is None else choose(url)
    inner = transport.inner if isinstance(transport, BoundTransport) else transport
    return not isinstance(inner, AiohttpTransport)
