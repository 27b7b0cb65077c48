"""Calls that need a credential, refused before anything is sent when it is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import httpx

from notebook_kit.client.checks import prepared
from notebook_kit.errors import ConfigurationError, MissingCredential
from notebook_kit.redact import redact_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_kit.client.core import Core
    from notebook_kit.client.resources.requests import Asked
    from notebook_kit.client.resources.spec import Need, Needs

__all__ = ["check_credentials", "checked_needs"]

#: Authentication of httpx's that gives the header ``authorization`` and no other.
_GIVES_AUTHORIZATION: Final = (httpx.BasicAuth, httpx.DigestAuth, httpx.NetRCAuth)
_CARRIERS: Final = ("headers", "params", "cookies")


def checked_needs(needs: Any, *, of: str) -> Needs:
    """Return the names of credentials.

    Raises:
        ConfigurationError: when they are no names.

    >>> checked_needs(["x-api-key"], of="Api")
    ('x-api-key',)
    """
    if isinstance(needs, (list, tuple)) and all(map(_is_need, needs)):
        return tuple(tuple(it) if isinstance(it, list) else it for it in needs)
    message = (
        f"{of}: needs={needs!r} must be names of headers, parameters or cookies, as "
        "needs=('x-api-key',); names of which one is enough stand in a tuple of their own."
    )
    raise ConfigurationError(message)


def _is_need(need: object) -> bool:
    if isinstance(need, (list, tuple)):
        return bool(need) and all(isinstance(name, str) and name for name in need)
    return isinstance(need, str) and bool(need)


def check_credentials(core: Core, asked: Asked, needs: Needs, sending: Mapping[str, Any]) -> None:
    """Check that a request has the credentials that it needs.

    Raises:
        MissingCredential: when it has not; nothing was sent.
    """
    if not needs:
        return
    options = {name: value for name, value in asked.options(sending).items() if name in _CARRIERS}
    request = core.build(asked.method, asked.url, prepared(options))
    given = _given(request)
    auth = sending.get("auth", core._defaults.auth)  # noqa: SLF001 - as it sends
    if request.url.userinfo or isinstance(auth, (tuple, *_GIVES_AUTHORIZATION)):
        given.add("authorization")
    elif auth is not None:
        return  # a flow of the user's own may add anything, and what it adds is not known before
    for need in needs:
        if not given.intersection(name.lower() for name in _names(need)):
            raise _missing(need, request)


def _given(request: httpx.Request) -> set[str]:
    headers = {name for name, value in request.headers.items() if value}
    query = {name for name, value in request.url.params.multi_items() if value}
    pairs = (pair.partition("=") for pair in request.headers.get("cookie", "").split(";"))
    cookies = {name.strip() for name, _, value in pairs if value}
    return {name.lower() for name in headers | query | cookies}


def _names(need: Need) -> tuple[str, ...]:
    return (need,) if isinstance(need, str) else need


def _missing(need: Need, request: httpx.Request) -> MissingCredential:
    call = f"{request.method} {redact_url(str(request.url))}"
    names = _names(need)
    wanted = " or ".join(repr(name) for name in names)
    # A name out of a document says where its credential stands.
    how = getattr(names[0], "how", None) or f"headers={{{names[0]!r}: nk.Secret('...')}}"
    message = (
        f"{call} needs the credential {wanted}, and there is none, so nothing was sent: give it to "
        f"the client, as {how}."
    )
    return MissingCredential(message, call=call, attempts=0)
