"""A single call, made of what a verb was given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from notebook_kit.checks import refuse_unknown
from notebook_kit.client.address import checked_url
from notebook_kit.client.bodies import SendOnce, is_one_shot
from notebook_kit.client.call import Call
from notebook_kit.client.checks import checked_method, prepared, refuse_templates
from notebook_kit.client.idempotency import key_maker
from notebook_kit.client.keywords import RequestKeywords
from notebook_kit.client.template import PathTemplate
from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import redact_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_kit.client.core import Core
    from notebook_kit.client.response import Response

__all__ = ["make_call"]

#: What is no part of the URL, and built when the call is sent only.
_BUILT_LATER: Final = ("auth", "follow_redirects", "content", "data", "files", "idempotency_key")


def make_call(
    owner: object, core: Core, method: object, address: object, options: Mapping[str, Any]
) -> Call:
    """Return a call that sends one request; the owner of the core lives as long as it does.

    Raises:
        ConfigurationError: when the request cannot be built from what was given.
    """
    refuse_unknown(options, RequestKeywords.__annotations__, of="A call")
    method, path = checked_method(method), _filled(checked_url(address))
    refuse_templates(options)
    ready = prepared(options)
    buildable = {name: value for name, value in ready.items() if name not in _BUILT_LATER}
    key_maker(ready.get("idempotency_key"), batch=False)
    url = core.build(method, path, buildable).url
    once = SendOnce() if is_one_shot(ready.get("content")) else None

    async def send() -> Response:
        if once is not None:
            once.check()
        _keep(owner)
        return await core.send(method, path, dict(ready), leads_to=url)

    return Call(method, str(url), send)


def _keep(_owner: object) -> None:
    """Nothing: a closure that names the owner keeps it, and so its connections, alive."""


def _filled(path: str) -> str:
    template = PathTemplate(path)
    if template.fields:
        message = (
            f"The path {redact_url(path)!r} has a placeholder: fill it in, as in "
            "f'/users/{id}', or give the template to client.map(path, items)."
        )
        raise ConfigurationError(message)
    return template.fill(None)
