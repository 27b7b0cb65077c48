"""What came: the status, where it came from, the result or the whole answer."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.numbers import plural, size
from notebook_kit.policies.carried import attribute_of
from notebook_kit.widgets.foreign import plain
from notebook_kit.widgets.inspector import words
from notebook_kit.widgets.inspector.images import image_of
from notebook_kit.widgets.inspector.parts import fold, pairs, pairs_of, part, quiet
from notebook_kit.widgets.inspector.values import value_html, value_text

if TYPE_CHECKING:
    from notebook_kit.execution.item_picture import ItemPicture
    from notebook_kit.markup import Markup

__all__ = ["answer_html", "answer_text"]

_REASON_LIMIT: Final = 60
#: Bytes of an answer that are read to be shown.
_MOST_READ: Final = 5_000_000
#: In the place of a body that cannot be had.
_UNREAD: Final = object()


def answer_html(picture: ItemPicture) -> Markup | None:
    """Return the part that shows what came; None where nothing has."""
    found = _found(picture)
    if found is None:
        return None
    what, value, headers = found
    folded = pairs(headers)
    return part(
        "Answer" if picture.outcome.ok or picture.response is not None else "Value",
        quiet(what),
        None if folded is None else fold(plural(len(headers), "header"), folded),
        None if value is _UNREAD else value_html(value, is_answer=True),
    )


def answer_text(picture: ItemPicture) -> list[str]:
    """Return the same as lines, what it is first."""
    found = _found(picture)
    if found is None:
        return []
    what, value, _ = found
    return [what, *([] if value is _UNREAD else value_text(value, is_answer=True).split("\n"))]


def _found(picture: ItemPicture) -> tuple[str, Any, list[tuple[str, str]]] | None:
    """Return what it is in words, the value, and headers; None where nothing came."""
    if not picture.ended:
        return None
    outcome, response = picture.outcome, picture.response
    if response is not None:
        headers = pairs_of(attribute_of(response, "headers"))
        content, value = _body(response)
        said = [_status(picture), _media(headers)]
        said += [] if content is None else [size(len(content))]
        return " · ".join(it for it in said if it), value, headers
    refused = attribute_of(outcome.error, "value")
    if outcome.error is not None and refused is not None:
        return "What retry_value= refused:", refused, []
    if not outcome.ok:
        return None
    return " · ".join((_status(picture), _sort(outcome.value))), outcome.value, []


def _status(picture: ItemPicture) -> str:
    code = picture.outcome.status_code or attribute_of(picture.response, "status_code")
    reason = attribute_of(picture.response, "reason_phrase")
    reason = f" {plain(reason, _REASON_LIMIT)}" if isinstance(reason, str) and reason else ""
    where = words.source(picture)
    if isinstance(code, int) and code:
        return f"{code}{reason} · {where}"
    return where if picture.outcome.source != "network" else "What the call gave"


def _sort(value: Any) -> str:
    return "nothing" if value is None else plain(type(value).__name__, _REASON_LIMIT)


def _media(headers: list[tuple[str, str]]) -> str:
    said = next((value for name, value in headers if name.lower() == "content-type"), "")
    return plain(said.partition(";")[0], _REASON_LIMIT)


def _body(response: Any) -> tuple[bytes | None, Any]:
    content = attribute_of(response, "content")
    if not isinstance(content, bytes):
        return None, _UNREAD
    if len(content) > _MOST_READ or b"\0" in content[:1_000] or image_of(content):
        return content, content
    text = _text(content, attribute_of(response, "encoding"))
    if text.lstrip()[:1] in ("{", "["):
        with suppress(ValueError, RecursionError):  # else it is shown as it came
            return content, json.loads(text)
    return content, text


def _text(content: bytes, charset: Any) -> str:
    if isinstance(charset, str):
        with suppress(LookupError, ValueError):  # an answer of somebody else's may name anything
            return content.decode(charset, "replace")
    return content.decode("utf-8", "replace")
