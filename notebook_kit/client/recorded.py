"""What of a map of calls a checkpoint may know: all that its answers depend on, no credentials."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from notebook_kit.client.answering import MEANINGLESS, answers_depend_on, setting
from notebook_kit.client.bodies import grouped
from notebook_kit.client.columns import Column
from notebook_kit.redact import (
    HIDDEN,
    Sealed,
    Secret,
    is_credential_name,
    is_secret_name,
    redact_url,
)

if TYPE_CHECKING:
    from notebook_kit.client.core import Core

__all__ = ["call_depends_on", "client_parts", "given_options"]

#: Options that change no answer, or are credentials.
_NOT_RECORDED: Final = frozenset({"auth", "attempt_timeout", "timeout", "extensions"})
#: What of a client stands in the address of a call already, and what is a credential.
_NOT_OF_CLIENT: Final = frozenset({"auth_kind", "base_url", "params"})
#: A field of a template, and nothing beside: which one it is stands in the item.
_FIELD: Final = re.compile(r"\{[^{}]*\}")
#: Length of a pair of a name and a value.
_PAIR: Final = 2


def call_depends_on(
    core: Core, method: str, path: str, parse: Any, templates: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what the answers to a call depend on, by name.

    Args:
        core: of the client.
        method: the HTTP method.
        path: the template of the path.
        parse: what is made of an answer.
        templates: options of the request, each the same for all rows or made of the row.
    """
    return {
        "method": method,
        **client_parts(core, method),
        "path": redact_url(path),
        **_hidden_query(path),
        "parse": parse,
        **given_options(templates),
    }


def _hidden_query(path: str) -> dict[str, Any]:
    """Return what is hidden in the query of a path and counts, but for what the item gives."""
    pairs = parse_qsl(path.partition("#")[0].partition("?")[2], keep_blank_values=True)
    told = grouped(
        (name, _sealed(value))
        for name, value in pairs
        if is_secret_name(name)
        and not is_credential_name(name)
        and not _FIELD.fullmatch(value)
        and _sealed(value) != HIDDEN
    )
    return {"query": told} if told else {}


def client_parts(core: Core, method: str) -> dict[str, Any]:
    """Return what the answers to a call depend on that is of its client alone, by name."""
    client = answers_depend_on(core).items()
    return {
        "url": _without_credentials(str(core.build(method, "", {}).url)),
        **{f"client.{name}": it for name, it in client if name not in _NOT_OF_CLIENT},
    }


def _without_credentials(url: str) -> str:
    """Return a URL without a user and without secret parameters, which may come and go.

    >>> _without_credentials("https://me:pw@host/x?lang=de&api_key=abc")
    'https://host/x?lang=de'
    """
    address, mark, query = redact_url(url).replace(f"//{HIDDEN}@", "//", 1).partition("?")
    kept = "&".join(it for it in query.split("&") if not it.endswith(f"={HIDDEN}"))
    return address + mark + kept if kept else address


def given_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of the options of a request its answers depend on, by name.

    An option that is empty is like one that is not given.
    """
    told = {name: _told(name, value) for name, value in options.items()}
    return {
        name: value
        for name, value in told.items()
        if not (name in _NOT_RECORDED or value is None or value == {})
    }


def _told(option: str, template: Any) -> Any:
    """Return a template without what may be renewed at any time and changes no answer.

    In headers and cookies text under a name that may be one of a credential is one; a number, such
    as one of ``max_tokens``, is not. Among parameters it counts unless the name is beyond doubt,
    and is not to be seen. In a body only a `Secret` is.
    """
    if option == "files" and isinstance(template, list):
        return grouped((str(field), _file(file)) for field, file in template)
    if option not in ("headers", "params", "cookies"):
        return _without_secrets(template)
    pairs = _pairs(template)
    if pairs is None:
        return template
    named = [(_text(name), _shown(option, _text(name), value)) for name, value in pairs]
    if option == "headers":
        # Their names are the same in capital letters.
        named = [(name.lower(), it) for name, it in named if name.lower() not in MEANINGLESS]
    return grouped(named)


def _pairs(template: Any) -> list[tuple[Any, Any]] | None:
    if hasattr(template, "multi_items"):
        return list(template.multi_items())
    if isinstance(template, Mapping):
        return list(template.items())
    if not isinstance(template, (list, tuple)):
        return None
    return [
        (pair[0], pair[1])
        for pair in template
        if isinstance(pair, (list, tuple)) and len(pair) == _PAIR
    ]


def _shown(option: str, name: str, value: Any) -> Any:
    is_text = isinstance(value, (str, bytes, Secret))
    if is_secret_name(name) and (is_text or isinstance(value, (list, tuple, Mapping))):
        return _sealed(value) if option == "params" and not is_credential_name(name) else HIDDEN
    if is_text:
        if isinstance(value, Secret):
            return HIDDEN
        value = _text(value)
        return setting(name, value) if option == "cookies" else value
    return _without_secrets(value)


def _sealed(value: Any) -> Any:
    """Return a value that counts and is not to be seen, or that there is nothing but a `Secret`."""
    value = value.decode("latin-1") if isinstance(value, bytes) else _without_secrets(value)
    sealed = Sealed(value)
    return HIDDEN if sealed.is_empty else sealed


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _file(file: Any) -> dict[str, Any]:
    """Return what a file is, by words for it."""
    return dict(zip(("name", "content", "media type", "headers"), file, strict=False))


def _without_secrets(template: Any) -> Any:
    if isinstance(template, Secret):
        return HIDDEN
    if isinstance(template, Column):
        return f"nk.col({template.name!r})"
    if isinstance(template, Mapping):
        return {name: _without_secrets(value) for name, value in template.items()}
    if isinstance(template, (list, tuple)):
        return [_without_secrets(value) for value in template]
    return template
