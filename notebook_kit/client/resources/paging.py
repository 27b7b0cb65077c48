"""How a list goes on: by page number, by offset, by cursor, or by links."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from notebook_kit.checks import teaches_options, whole_number
from notebook_kit.client.resources.links import link_to
from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import shown

if TYPE_CHECKING:
    from notebook_kit.client.resources.requests import Asked
    from notebook_kit.client.response import Response

__all__ = [
    "CursorPaging",
    "LinkPaging",
    "OffsetPaging",
    "PageNumberPaging",
    "Paging",
    "Sight",
    "found_at",
]

_HEADER: Final = "header:"
_NOTHING: Final = object()


@dataclass(frozen=True, slots=True)
class Sight:
    """What is known when a page has come.

    Attributes:
        asked: what was asked for.
        body: the answer read as JSON.
        response: the answer.
        count: how many items the page has.
        before: how many items came before it, from where the reading began.
    """

    asked: Asked
    body: Any
    response: Response
    count: int
    before: int = 0

    def at(self, path: str | None) -> Any:
        """Return what stands at a dotted path of the answer, or in a header; None if nothing."""
        if path is None:
            return None
        if path.startswith(_HEADER):
            return self.response.headers.get(path.removeprefix(_HEADER))
        found = found_at(self.body, path)
        return None if found is _NOTHING else found

    def number_at(self, path: str | None) -> int | None:
        """Return the whole number at a path, or None."""
        found = self.at(path)
        if isinstance(found, str) and found.isascii() and found.isdigit():
            return int(found)
        return found if isinstance(found, int) and not isinstance(found, bool) else None


#: What the next page is asked with: a parameter and its value, or a URL; None after the last one.
Onward: TypeAlias = tuple[str, Any] | str | None


def found_at(body: Any, path: str, default: Any = _NOTHING) -> Any:
    """Return what stands at a dotted path of plain data.

    >>> found_at({"meta": {"next": "abc"}}, "meta.next")
    'abc'
    """
    if isinstance(body, Mapping) and path in body:
        return body[path]
    for step in path.split("."):
        if isinstance(body, Mapping) and step in body:
            body = body[step]
        elif isinstance(body, list) and step.isdigit() and int(step) < len(body):
            body = body[int(step)]
        else:
            return default
    return body


def _whole(name: str, asked: Any) -> int:
    """Return the number that a page was asked with."""
    try:
        return int(asked)
    except (TypeError, ValueError):
        message = f"{name}={shown(asked)}: pages are counted by it, so give a whole number."
        raise ConfigurationError(message) from None


def _is_name(value: object) -> bool:
    return value is None or (isinstance(value, str) and bool(value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging(ABC):
    """What all ways of paging have in common.

    Args:
        items: where the items stand in the answer, a dotted path such as ``"data.items"``; None
            where the answer is the list itself.
        total: where it says how many items there are in all; ``"header:x-total-count"`` for a
            header.
        has_more: where it says whether there are more.
        max_pages: more pages than this in a row are taken for a list that never ends.

    Raises:
        ConfigurationError: for an option that cannot work.
    """

    items: str | None = "items"
    total: str | None = None
    has_more: str | None = None
    max_pages: int = 10_000

    def __post_init__(self) -> None:
        whole_number(self.max_pages, name="max_pages", example="1000")
        for option in fields(self):
            value = getattr(self, option.name)
            if option.type.startswith("str") and not _is_name(value):
                message = f"{option.name}={value!r} must be a name, such as 'items' or 'meta.next'."
                raise ConfigurationError(message)

    def onward(self, sight: Sight) -> Onward:
        """Return what the next page is asked with, or None after the last one."""
        if self.has_more is not None and not self.says_more(sight):
            return None
        return self._onward(sight)

    def says_more(self, sight: Sight) -> bool:
        """Tell whether the answer says that there is another page."""
        return sight.at(self.has_more) not in (False, None, "false", 0)

    @abstractmethod
    def _onward(self, sight: Sight) -> Onward: ...


@teaches_options
@dataclass(frozen=True, slots=True, kw_only=True)
class PageNumberPaging(Paging):
    """Pages by number: ``?page=2``.

    The end is known by ``has_more``, ``next``, ``pages`` or ``total``, whichever is given, and by a
    page without items.

    Args:
        page: the parameter that the number is asked with.
        start: the number of the first page.
        next: where the answer says the number of the next page, null after the last.
        pages: where it says how many pages there are.

    >>> PageNumberPaging(page="p", items="results", pages="meta.pages").start
    1
    """

    page: str = "page"
    start: int = 1
    next: str | None = None
    pages: str | None = None

    def _onward(self, sight: Sight) -> Onward:
        if self.next is not None:
            following = sight.at(self.next)
            return None if following is None else (self.page, following)
        asked = sight.asked.parameter(self.page)
        number = self.start if asked is None else _whole(self.page, asked)
        pages, total = sight.number_at(self.pages), sight.number_at(self.total)
        is_last = pages is not None and number - self.start + 1 >= pages
        is_last = is_last or (total is not None and sight.before + sight.count >= total)
        return None if is_last or not sight.count else (self.page, number + 1)


@teaches_options
@dataclass(frozen=True, slots=True, kw_only=True)
class OffsetPaging(Paging):
    """Pages by how many items to leave out: ``?offset=40``.

    The end is known by ``has_more``, ``next`` or ``total``, whichever is given, and by a page
    without items. As many items are left out as came, whatever was asked for.

    Args:
        offset: the parameter that it is asked with.
        next: where the answer says the next offset, null after the last page.

    >>> OffsetPaging(offset="skip", items="value", total="count").offset
    'skip'
    """

    offset: str = "offset"
    next: str | None = None

    def _onward(self, sight: Sight) -> Onward:
        if self.next is not None:
            following = sight.at(self.next)
            return None if following is None else (self.offset, following)
        following = _whole(self.offset, sight.asked.parameter(self.offset) or 0) + sight.count
        total = sight.number_at(self.total)
        is_last = total is not None and following >= total
        return None if is_last or not sight.count else (self.offset, following)


@teaches_options
@dataclass(frozen=True, slots=True, kw_only=True)
class CursorPaging(Paging):
    """Pages by a mark that each answer gives for the next one: ``?cursor=abc``.

    The end is where there is no mark, or ``has_more`` says so.

    Args:
        cursor: the parameter that the mark is asked with.
        next: where the answer gives it.

    >>> CursorPaging(cursor="after", next="meta.next", items="data").cursor
    'after'
    """

    cursor: str = "cursor"
    next: str = "next_cursor"

    def _onward(self, sight: Sight) -> Onward:
        mark = sight.at(self.next)
        return None if mark in (None, "", False) else (self.cursor, mark)


@teaches_options
@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPaging(Paging):
    """Pages by the URL of the next one: in the ``Link`` header (RFC 8288), or in the answer.

    Credentials go along only to the origin that they were given for.

    Args:
        rel: what the link to the next page is called in the header.
        next: where the URL stands in the answer, for APIs that do not put it into the header.

    >>> LinkPaging(items=None).rel
    'next'
    """

    rel: str = "next"
    next: str | None = None

    def _onward(self, sight: Sight) -> Onward:
        if self.next is not None:
            url = sight.at(self.next)
            return str(url) if url else None
        return link_to(sight.response.headers.get("link", ""), self.rel)
