"""Where an API is: its servers, with their variables filled in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from notebook_kit.client.openapi.document import Broken
from notebook_kit.markup import shorten
from notebook_kit.redact import redact_url

if TYPE_CHECKING:
    from notebook_kit.client.openapi.document import Node

__all__ = ["server_of"]

_VARIABLE: Final = re.compile(r"\{([^{}]*)\}")
_SCHEMES: Final = ("http", "https", "")


def server_of(holder: Node, base: str | None) -> str | None:
    """Return the URL of the first server over HTTP that is named; None if none is.

    Args:
        holder: the document, a path or an operation.
        base: what a relative URL is relative to; None if that is not known.

    Raises:
        Broken: when none of those that are named can be used.
    """
    servers = list(holder.child("servers").items())
    if not servers:
        return None
    for server in servers:
        url = _filled(server.followed())
        if urlsplit(url).scheme.lower() in _SCHEMES:
            return _whole(url, base, server)
    raise Broken(f"{holder.at}/servers", "none of its servers speaks HTTP")


def _filled(server: Node) -> str:
    url = server.text("url")
    variables = server.child("variables")

    def value(match: re.Match[str]) -> str:
        variable = variables.child(match[1])
        default = variable.value.get("default") if variable.is_object else None
        if not isinstance(default, (str, int, float)) or isinstance(default, bool):
            reason = f"the variable {{{shorten(match[1], 50)}}} of its URL has no default"
            raise Broken(server.at, reason)
        return str(default)

    return _VARIABLE.sub(value, url)


def _whole(url: str, base: str | None, server: Node) -> str:
    if not urlsplit(url).scheme:
        if base is None:
            reason = (
                f"its URL {shorten(url, 100)!r} is relative, and where the document lies is not "
                "known: give base_url='https://...'"
            )
            raise Broken(server.at, reason)
        url = urljoin(base, url)
    parts = urlsplit(url)
    if not parts.hostname or parts.query or parts.fragment:
        raise Broken(server.at, f"its URL {shorten(redact_url(url), 100)!r} is no base URL")
    return url
