"""The URL that an endpoint would ask for, fit to be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from notebook_kit.client.address import parameters
from notebook_kit.client.checks import prepared

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_kit.client.core import Core
    from notebook_kit.client.resources.requests import Asked

__all__ = ["url_of"]


def url_of(core: Core, asked: Asked, sending: Mapping[str, Any]) -> str:
    """Return the URL of a request without the credentials that the client adds to each.

    A `Secret` that was given for it is hidden.

    Raises:
        ConfigurationError: when it cannot be built.
    """
    asked = asked.shown(sending.get("params"))
    options = asked.options({})
    given = {"params": options["params"]} if "params" in options else {}
    ready = prepared(given)
    address = asked.address(None)
    url = core.build(asked.method, address, ready).url
    own = set(parameters(ready.get("params"))) | {
        name for name, _ in parse_qsl(address.partition("?")[2], keep_blank_values=True)
    }
    defaults = core._defaults  # noqa: SLF001 - what the client adds to each request
    secret = set(defaults.params(at_home=True)) - set(defaults.params(at_home=False))
    for name in secret - own:
        url = url.copy_remove_param(name)
    return str(url)
