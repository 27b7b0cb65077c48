"""A single call, made of what a verb was given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from notebook_kit.checks import refuse_unknown
from notebook_kit.client.address import checked_url
from notebook_kit.client.bodies import SendOnce, is_one_shot
from notebook_kit.client.call import Call
from notebook_kit.client.checks import checked_method, prepared, refuse_templates
from notebook_kit.client.hosts import AddressTemplate
from notebook_kit.client.idempotency import single_key
from notebook_kit.client.kept import Wish, checked_wish
from notebook_kit.client.keywords import RequestKeywords
from notebook_kit.client.wanted import Wanted
from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import redact_url

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from notebook_kit.client.core import Core
    from notebook_kit.client.response import Response

__all__ = ["make_call", "sender"]

#: Options of sending, which are no part of the request.
_OF_SENDING: Final = (
    "auth",
    "follow_redirects",
    "idempotency_key",
    "attempt_timeout",
    "retry",
    "cache",
    "fallback",
)
#: Bodies that may be long, or can be read once only: built when the call is sent.
_BODIES: Final = ("content", "data", "files")


def make_call(
    owner: object, core: Core, method: object, address: object, options: Mapping[str, Any]
) -> Call:
    """Return a call that sends one request; the owner of the core lives as long as it does.

    Raises:
        ConfigurationError: when the request cannot be built from what was given.
    """
    refuse_unknown(options, RequestKeywords.__annotations__, of="A call")
    return Call(*sender(owner, core, method, address, options))


def sender(
    owner: object, core: Core, method: object, address: object, options: Mapping[str, Any]
) -> tuple[str, str, Callable[..., Coroutine[Any, Any, Response]]]:
    """Return method and URL of a request, and what sends it; further options are of sending.

    Raises:
        ConfigurationError: when the request cannot be built from what was given.
    """
    method, path = checked_method(method), _filled(checked_url(address))
    if options:
        refuse_templates(options)
    ready = prepared(options)
    if "cache" in ready or "fresh" in ready:
        ready["cache"] = checked_wish(ready, own=core.care.policy)
    if ready.get("fallback") is None:
        ready.pop("fallback", None)
    else:
        wish = ready.get("cache", Wish())
        ready["fallback"] = core.care.rescuer_for(ready["fallback"], method, wish)
    later = _OF_SENDING + _BODIES
    buildable = {name: value for name, value in ready.items() if name not in later}
    single_key(ready.get("idempotency_key"))
    first = core.build(method, path, buildable)
    url = first.url
    built = None if any(name in ready for name in _BODIES) else first
    once = SendOnce() if is_one_shot(ready.get("content")) else None

    async def send(**more: Any) -> Response:
        nonlocal built
        if once is not None:
            once.check()
        _keep(owner)
        request, built = built, None
        return await core.send(Wanted(method, path, {**ready, **more}, url, request))

    return method, str(url), send


def _keep(_owner: object) -> None:
    """Nothing: a closure that names the owner keeps it, and so its connections, alive."""


def _filled(path: str) -> str:
    if "{" not in path and "}" not in path:
        return path
    template = AddressTemplate(path)
    if template.fields:
        message = (
            f"The path {redact_url(path)!r} has a placeholder: fill it in, as in "
            "f'/users/{id}', or give the template to client.map(path, items)."
        )
        raise ConfigurationError(message)
    return template.fill(None)
