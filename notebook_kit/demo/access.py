"""Who may ask: a bearer token, or a secret key with the organisation it belongs to."""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import TYPE_CHECKING

from starlette.datastructures import Headers

from notebook_kit.demo.web import Fault

if TYPE_CHECKING:
    from starlette.types import Scope

    from notebook_kit.demo.world import World

__all__ = ["basic_credentials", "bearer_refusal", "refusal", "same"]

_BEARER_ASKED = {"www-authenticate": 'Bearer realm="demo"'}


def same(given: str, expected: str) -> bool:
    """Compare without telling by the time taken how much was right."""
    return hmac.compare_digest(given.encode(), expected.encode())


def bearer_refusal(scope: Scope, token: str) -> Fault | None:
    """Return the answer to a request without the right bearer token, None when it has it."""
    given = Headers(scope=scope).get("authorization", "")
    if not given:
        message = "This route needs the header 'Authorization: Bearer <token>'."
        return Fault(
            401, message, kind="authentication_error", code="missing_token", headers=_BEARER_ASKED
        )
    scheme, _, value = given.partition(" ")
    if scheme.lower() != "bearer" or not same(value.strip(), token):
        message = "The bearer token is not the token of this server."
        return Fault(
            401, message, kind="authentication_error", code="invalid_token", headers=_BEARER_ASKED
        )
    return None


def refusal(scope: Scope, world: World) -> Fault | None:
    """Return the answer to a request with no valid credentials of either kind, else None."""
    headers = Headers(scope=scope)
    key = headers.get("x-secret-key")
    if key is None:
        return bearer_refusal(scope, world.token)
    if not same(key, world.token):
        message = "The header x-secret-key does not hold the token of this server."
        return Fault(401, message, kind="authentication_error", code="invalid_key")
    if headers.get("x-organization-id") != world.organisation:
        message = (
            f"The key is good for the organisation {world.organisation!r}: "
            "send it as x-organization-id."
        )
        return Fault(403, message, kind="permission_error", code="wrong_organisation")
    return None


def basic_credentials(scope: Scope) -> tuple[str, str] | None:
    """Return the user and password of a request, or None when it has none that can be read."""
    scheme, _, value = Headers(scope=scope).get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (user, password) if colon else None
