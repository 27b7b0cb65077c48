"""What a client adds to every request, and to which origin what is secret in it may go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from notebook_kit.client.address import parameters
from notebook_kit.client.bound import Origin, origin_of
from notebook_kit.client.checks import checked_auth
from notebook_kit.client.credentials import (
    checked_headers,
    checked_keys,
    header_pairs,
    is_credential,
    revealed,
)

__all__ = ["Defaults"]


class Defaults:
    """The defaults of a client.

    Attributes:
        home: the origin of the base URL; None without one.
        headers: those that any origin may see.
        auth: credentials, for the home origin.
    """

    __slots__ = (
        "_at_home",
        "_bound_headers",
        "_everywhere",
        "auth",
        "bound_names",
        "headers",
        "home",
    )

    def __init__(self, base_url: str, *, headers: Any, params: Any, auth: Any) -> None:
        self.home: Origin | None = origin_of(httpx.URL(base_url)) if base_url else None
        given = header_pairs(headers)
        ready = checked_headers(given)
        secret = [is_credential(name, value) for name, value in given]
        self.headers = [pair for pair, bound in zip(ready, secret, strict=True) if not bound]
        self._bound_headers = [pair for pair, bound in zip(ready, secret, strict=True) if bound]
        self._at_home = parameters(checked_keys(revealed(params)))
        wrapped = _wrapped(params)
        self._everywhere = httpx.QueryParams(
            [
                (name, value)
                for name, value in self._at_home.multi_items()
                if name not in wrapped and not is_credential(name, value)
            ]
        )
        #: Names of the headers that are for the home origin only.
        self.bound_names = frozenset(httpx.Headers(self._bound_headers))
        self.auth = checked_auth(auth)

    def home_for(self, url: httpx.URL) -> Origin:
        """Return the origin that credentials are for, where this URL is asked for."""
        return self.home or origin_of(url)

    def is_home(self, url: str) -> bool:
        """Tell whether a path or URL leads to where the credentials belong."""
        if self.home is None or url.startswith("/"):
            return True
        target = httpx.URL(url)
        return target.is_relative_url or origin_of(target) == self.home

    def headers_of(self, pairs: Any, *, at_home: bool) -> httpx.Headers:
        """Return the headers of one request with the bound ones of the client, where they fit."""
        if not at_home or not self._bound_headers:
            return httpx.Headers(pairs)
        headers = httpx.Headers(self._bound_headers)
        if pairs:
            headers.update(pairs)
        return headers

    def params(self, *, at_home: bool) -> httpx.QueryParams:
        """Return the parameters of every request."""
        return self._at_home if at_home else self._everywhere


def _wrapped(params: Any) -> set[str]:
    """Return the names of parameters whose values are secret by their wrapping, however short."""
    if isinstance(params, Mapping):
        params = params.items()
    elif not isinstance(params, (list, tuple)):
        return set()
    return {str(name) for name, value in params if revealed(value) != value}
