"""How a list goes on, where a document leaves no doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from notebook_kit.client.openapi.document import Broken
from notebook_kit.client.openapi.naming import words
from notebook_kit.client.openapi.schema import kinds_of, properties_of
from notebook_kit.client.resources.paging import (
    CursorPaging,
    LinkPaging,
    OffsetPaging,
    PageNumberPaging,
)
from notebook_kit.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from notebook_kit.client.openapi.answers import AnswerOf
    from notebook_kit.client.openapi.document import Node
    from notebook_kit.client.openapi.operation import Operation
    from notebook_kit.client.resources.paging import Paging
    from notebook_kit.client.resources.spec import ParameterSpec

__all__ = ["paging_of"]

_SIZES: Final = ("per_page", "perpage", "page_size", "pagesize", "limit", "size")
_CURSORS: Final = ("cursor", "page_token", "pagetoken", "after", "starting_after", "next_token")
_NEXT_CURSORS: Final = ("next_cursor", "nextcursor", "next_page_token", "nextpagetoken")
_TOTALS: Final = ("total", "total_count", "totalcount")
#: Words in the names of what stands beside a list and is about its pages.
_ABOUT_PAGES: Final = frozenset(
    [
        "count",
        "cursor",
        "first",
        "has",
        "incomplete",
        "last",
        "limit",
        "link",
        "links",
        "meta",
        "metadata",
        "more",
        "next",
        "object",
        "offset",
        "page",
        "pages",
        "pagination",
        "paging",
        "per",
        "prev",
        "previous",
        "size",
        "skip",
        "start",
        "took",
        "total",
        "token",
    ]
)
_KINDS: Final[dict[str, type[Paging]]] = {
    "cursor": CursorPaging,
    "offset": OffsetPaging,
    "page": PageNumberPaging,
    "link": LinkPaging,
}


def paging_of(
    operation: Operation, specs: Sequence[ParameterSpec], answer: AnswerOf
) -> Paging | None:
    """Return how the list of an operation goes on; None where it is not sure that it does."""
    if operation.method != "get" or answer.reads is not None:
        return None
    try:
        said = _by_extension(operation.node)
        if said is not None:
            return said
        if answer.schema is None:
            return None
        return _by_shape(operation, answer.schema, specs, answer)
    except (Broken, ConfigurationError, TypeError):
        return None  # no list in pages is lost: the call gives what comes, as it comes


def _by_extension(node: Node) -> Paging | None:
    pageable = node.child("x-ms-pageable")
    if pageable.text("nextLinkName"):
        return LinkPaging(
            next=pageable.text("nextLinkName"), items=pageable.text("itemName") or "value"
        )
    said = node.child("x-pagination").value
    if not isinstance(said, dict):
        return None
    kind = _KINDS.get(str(said.get("style")))
    return None if kind is None else kind(**{k: v for k, v in said.items() if k != "style"})


def _by_shape(
    operation: Operation, schema: Node, specs: Sequence[ParameterSpec], answer: AnswerOf
) -> Paging | None:
    items = _items(schema)
    if items is _NONE:
        return None
    queries = {it.wire_name.lower(): it.wire_name for it in specs if it.where == "query"}
    properties = {} if items is None else properties_of(schema) or {}
    names = {name.lower(): name for name in properties}
    cursor, mark = _first(_CURSORS, queries), _first(_NEXT_CURSORS, names)
    total = _first(_TOTALS, names)
    if "link" in answer.headers:
        return LinkPaging(items=items, total=total)
    if cursor is not None:
        return None if mark is None else CursorPaging(cursor=cursor, next=mark, items=items)
    return _by_number(operation, queries, items, total)


def _by_number(
    operation: Operation, queries: Mapping[str, str], items: str | None, total: str | None
) -> Paging | None:
    places = [it for it in ("page", "offset") if it in queries]
    if len(places) != 1 or _first(_SIZES, queries) is None:
        return None
    (place,) = places
    if place == "offset":
        return OffsetPaging(offset=queries[place], items=items, total=total)
    start = _start(operation, queries[place])
    return PageNumberPaging(page=queries[place], items=items, total=total, start=start)


_NONE: Final = object()


def _items(schema: Node) -> Any:
    """Return where the items of a list stand: None where it is the answer itself."""
    if kinds_of(schema) == ["array"]:
        return None
    properties = properties_of(schema) or {}
    lists = [name for name, it in properties.items() if kinds_of(it) == ["array"]]
    others = [name for name in properties if name not in lists]
    # With something else beside it the object is more than a list, and none of it may be lost.
    is_list = len(lists) == 1 and all(_is_about_pages(it) for it in others)
    return lists[0] if is_list and others else _NONE


def _is_about_pages(name: str) -> bool:
    return name == "url" or not _ABOUT_PAGES.isdisjoint(words(name))


def _first(names: Sequence[str], there: Mapping[str, str]) -> str | None:
    return next((there[name] for name in names if name in there), None)


def _start(operation: Operation, name: str) -> int:
    for parameter in operation.parameters():
        if parameter.text("name") == name:
            schema = parameter.child("schema")
            said = schema.value if schema.is_object else {}
            numbers = (said.get("default"), said.get("minimum"))
            return 0 if any(it == 0 and not isinstance(it, bool) for it in numbers) else 1
    return 1
