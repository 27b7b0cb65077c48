"""Requests as they may be looked at: what was sent, without credentials, as plain data."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import parse_qsl

import httpx

from notebook_kit.client.bodies import grouped
from notebook_kit.client.bound import Bound
from notebook_kit.client.idempotency import add_key
from notebook_kit.execution.asked import SentRequest
from notebook_kit.redact import (
    HIDDEN,
    Secret,
    is_secret_field,
    redact_headers,
    redact_url,
    scrub,
    scrub_fields,
)

if TYPE_CHECKING:
    from notebook_kit.client.core import Core
    from notebook_kit.client.idempotency import RowKeys

__all__ = ["asked_for", "looked_at", "readable", "sent_for", "shown_headers"]

_MADE_AGAIN: Final = "Made of the row again, as it would be sent now: what was sent is not kept."
_WITH_AUTH: Final = "What auth= adds when it is sent is not among the headers."
_WRITTEN_LATE: Final = "Its body is written while it is sent, and is not kept."
_TOO_LONG: Final = "Its body is too long to be shown."
#: Bytes of a body that are read to be shown.
_MOST_READ: Final = 5_000_000
_DEEPEST: Final = 100
#: A field of a form with files.
_PART: Final = re.compile(
    r'(?P<head>\bname="(?P<name>[^"\r\n]*)"[^\r\n]*(?:\r\n[^\r\n]+)*\r\n\r\n)'
    r"(?P<value>.*?)(?=\r\n--)",
    re.DOTALL,
)


class _Row(Protocol):
    """Work that makes requests of items."""

    def request(self, item: Any) -> httpx.Request: ...

    def sending_of(self, item: Any) -> Mapping[str, Any]: ...


def sent_for(response: Any) -> httpx.Request | None:
    """Return the request that an answer was given to, the first where redirects came between."""
    if response is None:
        return None
    with suppress(Exception):  # an answer of somebody else's may raise anything
        first = response.history[0] if response.history else response
        if isinstance(first.request, httpx.Request):
            return first.request
    return None


def asked_for(
    work: _Row, core: Core, keys: RowKeys | None, place: tuple[int, Any], response: Any
) -> SentRequest:
    """Return the request of an item: the one that was answered, or else one that is made again.

    Args:
        work: makes requests of items.
        core: of the client.
        keys: of the rows, if each has one.
        place: the item, after its position in the first input.
        response: the whole answer, where it was kept; or None.

    Raises:
        Exception: whatever making the request of the item raises.
    """
    position, item = place
    sent = sent_for(response)
    if sent is not None:
        return looked_at(sent)
    request, sending = work.request(item), work.sending_of(item)
    if keys is not None and (key := keys.known(position)) is not None:
        add_key(request, key)
    auth = core.auth_for(request, sending)
    notes = (_MADE_AGAIN,) if auth is None else (_MADE_AGAIN, _WITH_AUTH)
    return looked_at(request, notes)


def looked_at(request: httpx.Request, notes: tuple[str, ...] = ()) -> SentRequest:
    """Return a request as plain data, without credentials.

    >>> looked_at(httpx.Request("POST", "http://host/a?token=x", json={"n": 1})).body
    {'n': 1}
    """
    body, size, note = _body(request)
    return SentRequest(
        request.method,
        redact_url(str(request.url)),
        tuple(redact_headers(request.url.params.multi_items())),
        tuple(shown_headers(request)),
        body,
        size,
        (*notes, note) if note else notes,
    )


def shown_headers(request: httpx.Request) -> list[tuple[str, str]]:
    """Return the headers of a request with credentials hidden."""
    bound = Bound.of(request)
    # As bytes, because httpx cannot read every header that it can send.
    pairs = [
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw
    ]
    hidden = [bound is not None and bound.binds(name.lower()) for name, _ in pairs]
    return [
        (name, HIDDEN if hide else value)
        for (name, value), hide in zip(redact_headers(pairs), hidden, strict=True)
    ]


def _body(request: httpx.Request) -> tuple[Any, int | None, str]:
    """Return what the body says, its size, and what else there is to say of it."""
    try:
        content = request.content
    except httpx.RequestNotRead:
        length = request.headers.get("content-length", "")
        return None, int(length) if length.isdigit() else None, _WRITTEN_LATE
    if len(content) > _MOST_READ:
        return None, len(content), _TOO_LONG
    return readable(content, request.headers.get("content-type", "")), len(content), ""


def readable(content: bytes, kind: str) -> Any:
    """Return what a body of this media type says, without credentials.

    >>> readable(b"a=1&a=2&pin=7", "application/x-www-form-urlencoded")
    {'a': ['1', '2'], 'pin': '7'}
    """
    if not content:
        return None
    kind = kind.lower()
    if "json" in kind or (not kind and content.lstrip()[:1] in (b"{", b"[")):
        with suppress(ValueError, RecursionError):
            return _without_secrets(json.loads(content))
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return content
    if kind.startswith("application/x-www-form-urlencoded"):
        return grouped(redact_headers(parse_qsl(text, keep_blank_values=True)))
    if kind.startswith("multipart/"):
        text = _PART.sub(_without_value, text)
    return content if "\0" in text else scrub_fields(text)


def _without_value(part: re.Match[str]) -> str:
    is_secret = is_secret_field(part["name"], part["value"])
    return f"{part['head']}{HIDDEN}" if is_secret else part[0]


def _without_secrets(value: Any, deepest: int = _DEEPEST) -> Any:
    """Return plain data without what is known as a secret or named as one; other objects stay."""
    if isinstance(value, Secret) or not deepest:
        return HIDDEN if isinstance(value, Secret) else "…"
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, Mapping):
        return {
            name: HIDDEN
            if isinstance(it, (str, bytes)) and is_secret_field(name, it)
            else _without_secrets(it, deepest - 1)
            for name, it in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_without_secrets(it, deepest - 1) for it in value]
    return value
