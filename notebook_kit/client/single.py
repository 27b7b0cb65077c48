"""A single call, made of what a verb was given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from notebook_kit.checks import refuse_unknown
from notebook_kit.client.address import checked_url
from notebook_kit.client.bodies import SendOnce, is_one_shot
from notebook_kit.client.call import Call
from notebook_kit.client.checks import checked_method, prepared, refuse_templates
from notebook_kit.client.hosts import AddressTemplate
from notebook_kit.client.idempotency import single_key
from notebook_kit.client.kept import Wish, checked_wish
from notebook_kit.client.kept.shortcut import KnownCall, Shortcut
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
    "max_body",
    "retry",
    "cache",
    "fallback",
)
#: Bodies that may be long, or can be read once only: built when the call is sent.
_BODIES: Final = ("content", "data", "files")


_NO_WISH: Final = Wish()


class Sender(NamedTuple):
    """A request, ready to be sent.

    Attributes:
        method: the method.
        url: the whole URL.
        send: sends it; further options are of sending.
        kept: the short way to its answer, if that is kept.
    """

    method: str
    url: str
    send: Callable[..., Coroutine[Any, Any, Response]]
    kept: Shortcut | None


def make_call(
    owner: object, core: Core, method: object, address: object, options: Mapping[str, Any]
) -> Call:
    """Return a call that sends one request; the owner of the core lives as long as it does.

    Raises:
        ConfigurationError: when the request cannot be built from what was given.
    """
    refuse_unknown(options, RequestKeywords.__annotations__, of="A call")
    sent = sender(owner, core, method, address, options)
    return Call(sent.method, sent.url, sent.send, sent.kept)


def sender(
    owner: object, core: Core, method: object, address: object, options: Mapping[str, Any]
) -> Sender:
    """Return what sends a request.

    Raises:
        ConfigurationError: when the request cannot be built from what was given.
    """
    plain = None if options or not isinstance(address, str) else (method, address)
    if plain is not None and (known := core.care.known.get(plain)) is not None:
        return _sender_of_known(owner, core, known)
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

    kept = None
    if built is not None and "stream" not in ready:
        wish = ready.get("cache", _NO_WISH)
        policy = None if wish.fresh else wish.policy(method, core.care.policy)
        kept = Shortcut.of(core, first, policy, ready)
        if kept is not None and plain is not None:
            core.care.remember(plain, KnownCall(method, path, url, str(url), kept))
    return Sender(method, str(url), send, kept)


def _sender_of_known(owner: object, core: Core, known: KnownCall) -> Sender:
    """Return what sends a request that was asked for before, and whose answer may be kept."""
    method, path, url, text, kept = known

    async def send(**more: Any) -> Response:
        _keep(owner)
        return await core.send(Wanted(method, path, more, url, None))

    return Sender(method, text, send, kept)


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
