"""How a client was made, as it may be shown: no header's value, no credential."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from notebook_kit.client.core import Core
    from notebook_kit.client.transports import TransportOptions

__all__ = ["shown_options"]


def shown_options(core: Core, transport: TransportOptions, headers: Any) -> dict[str, object]:
    """Return the options of a client by name; those that were left out are not among them."""
    shown: dict[str, object] = {
        "transport": core.transport_name,
        "max_connections": transport.max_connections,
        "max_keepalive_connections": transport.max_keepalive_connections,
        "keepalive_expiry": transport.keepalive_expiry,
        "retry": core.retry.max_attempts - 1,
        "max_body": str(core.bounds),
    }
    if transport.max_connections_per_host:
        shown["max_connections_per_host"] = transport.max_connections_per_host
    if rates := core.limits.rates:
        shown["rate"] = " and ".join(map(str, rates))
    if names := header_names(headers):
        shown["headers"] = f"({', '.join(names)}, values hidden)"
    flags = {
        "http2": transport.http2,
        "proxy": transport.proxy is not None,
        "cert": transport.cert is not None,
        "auth": core.has_auth,
    }
    shown |= {name: True for name, on in flags.items() if on}
    if transport.verify is False:
        shown["verify"] = False
    return shown


def header_names(headers: Any) -> list[str]:
    """Return the names of headers as a client is given them.

    >>> header_names({"X-Api-Key": "abc"}), header_names([("Accept", "*/*")]), header_names(None)
    (['X-Api-Key'], ['Accept'], [])
    """
    pairs = headers.items() if hasattr(headers, "items") else headers or ()
    return [
        name.decode("ascii", "replace") if isinstance(name, bytes) else str(name)
        for name, *_ in pairs
    ]
