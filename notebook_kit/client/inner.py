"""The client of httpx that a client of ours holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from notebook_kit.client.bound import BoundTransport
from notebook_kit.client.transports.select import make_transport

if TYPE_CHECKING:
    from notebook_kit.client.transports.select import TransportOptions

__all__ = ["make_inner"]


class _Cookies(httpx.Cookies):
    def extract_cookies(self, response: httpx.Response) -> None:
        """Keep the cookies that an answer sets."""
        # To look for them, httpx makes a request of urllib's, which costs as much as reading a
        # small answer.
        if "set-cookie" in response.headers:
            super().extract_cookies(response)


def make_inner(options: TransportOptions, **settings: Any) -> tuple[httpx.AsyncClient, str]:
    """Return a client of httpx over the transport that the options ask for, and what that is."""
    transport, name = make_transport(options)
    client = httpx.AsyncClient(transport=BoundTransport(transport), **settings)
    # httpx makes its cookies itself and has no hook for another class; this one holds nothing more.
    client.cookies.__class__ = _Cookies
    return client, name
