"""What was asked: the request, or the call of a function; and the item it was made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from notebook_kit.execution.asked import CalledFunction, SentRequest
from notebook_kit.markup import Markup, element
from notebook_kit.numbers import plural, size
from notebook_kit.redact import text_of
from notebook_kit.widgets.foreign import plain
from notebook_kit.widgets.inspector.legible import legible
from notebook_kit.widgets.inspector.parts import fold, pairs, part, quiet
from notebook_kit.widgets.inspector.values import value_html, value_text

if TYPE_CHECKING:
    from notebook_kit.execution.item_picture import ItemPicture

__all__ = ["item_html", "item_text", "request_html", "request_text", "title"]

_URL_LIMIT: Final = 1_000
_NAME_LIMIT: Final = 200
_PROBLEM_LIMIT: Final = 400


def title(picture: ItemPicture) -> str:
    """Return what was asked on one line; empty if nobody knows."""
    asked = picture.asked
    if isinstance(asked, SentRequest):
        return plain(f"{asked.method} {asked.url}", _URL_LIMIT)
    return plain(repr(asked)[1:-1], _URL_LIMIT) if asked is not None else ""


def request_html(picture: ItemPicture) -> Markup | None:
    """Return the part that shows the request, or the call."""
    asked = picture.asked
    if isinstance(asked, SentRequest):
        return part("Request", *_request(asked))
    if isinstance(asked, CalledFunction):
        return part("Call", *_call(asked))
    if picture.problem is not None:
        return part("Request", quiet(_problem(picture.problem)))
    return None


def request_text(picture: ItemPicture) -> list[str]:
    """Return the same as lines."""
    asked = picture.asked
    if isinstance(asked, SentRequest):
        lines = [_pair(name, legible(value, _NAME_LIMIT)) for name, value in asked.headers]
        if asked.body is not None:
            lines += ["", *value_text(asked.body).split("\n")]
        return [*lines, *asked.notes]
    if isinstance(asked, CalledFunction):
        return [_pair(name or "item", value_text(value)) for name, value in asked.arguments]
    return [] if picture.problem is None else [_problem(picture.problem)]


def _pair(name: str, told: str) -> str:
    return f"{plain(name, _NAME_LIMIT)}: {told}"


def item_html(picture: ItemPicture) -> Markup | None:
    """Return the part that shows the item, where it is more than the call says already."""
    return None if _is_argument(picture) else part("Item", value_html(picture.outcome.item))


def item_text(picture: ItemPicture) -> list[str]:
    """Return the same as lines."""
    return [] if _is_argument(picture) else value_text(picture.outcome.item).split("\n")


def _is_argument(picture: ItemPicture) -> bool:
    asked, item = picture.asked, picture.outcome.item
    if not isinstance(asked, CalledFunction):
        return False
    names = [name for name, _ in asked.arguments]
    return names == [""] or (issubclass(type(item), Mapping) and set(names) == set(map(str, item)))


def _request(asked: SentRequest) -> list[Markup | None]:
    body: list[Markup | None] = []
    if asked.size is None or asked.size:
        length = "Body" if asked.size is None else f"Body, {size(asked.size)}"
        body = [quiet(length), None if asked.body is None else value_html(asked.body)]
    headers = pairs(asked.headers)
    return [
        element("div", quiet("Parameters"), pairs(asked.params)) if asked.params else None,
        None if headers is None else fold(plural(len(asked.headers), "header"), headers),
        *body,
        *map(quiet, asked.notes),
    ]


def _call(asked: CalledFunction) -> list[Markup]:
    if [name for name, _ in asked.arguments] == [""]:
        return [value_html(asked.arguments[0][1])]
    return [value_html(dict(asked.arguments))]


def _problem(problem: BaseException) -> str:
    said = plain(text_of(problem), _PROBLEM_LIMIT) or type(problem).__name__
    return f"What was asked cannot be shown: {said}"
