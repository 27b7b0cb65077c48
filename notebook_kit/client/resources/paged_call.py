"""The call of an endpoint whose list comes in pages."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import httpx

from notebook_kit.checks import whole_number
from notebook_kit.client.bound import origin_of
from notebook_kit.client.resources.calls import EndpointCall
from notebook_kit.client.resources.frame_call import FrameCall
from notebook_kit.client.resources.mismatch import unreadable
from notebook_kit.client.resources.page import Page
from notebook_kit.client.resources.paging import Sight, found_at
from notebook_kit.client.translate import redirect_error
from notebook_kit.markup import shorten
from notebook_kit.redact import scrub

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator

    from notebook_kit.client.call import Call
    from notebook_kit.client.resources.convert import Convert
    from notebook_kit.client.resources.paging import Onward, Paging
    from notebook_kit.client.resources.requests import Asked
    from notebook_kit.client.resources.trail import Trail
    from notebook_kit.client.response import Response

__all__ = ["Course", "PagedCall", "Pages"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Course:
    """How the pages of one list are asked for and read.

    Attributes:
        paging: how the list goes on.
        convert: makes the items of plain data.
        kind: the type of an item.
        call: makes the call of a request; told whether the request goes where credentials belong.
        has_home: whether it is known where credentials belong.
        params: parameters that the options of the endpoint give, or None.
    """

    paging: Paging
    convert: Convert
    kind: Any
    call: Callable[[Asked, bool], Call]
    has_home: bool
    params: Any = None

    def page(self, asked: Asked, trail: Trail, response: Response) -> Page[Any]:
        """Return the page that an answer is.

        Raises:
            DecodeError: when it is none, or comes for the second time.
        """
        if response.has_redirect_location:
            raise redirect_error(response)
        body = response.json()
        raw = self._items(body, response)
        if trail.repeats(raw):
            raise unreadable(
                "the page before came once more, so the list would never end", response
            )
        items = self.convert(raw, response, self.paging.items or "")
        if asked.is_home:
            asked = asked.with_query(self.params)
        sight = Sight(asked, body, response, count=len(raw), before=trail.items)
        onward = self.paging.onward(sight)
        if onward is None and raw and self.paging.says_more(sight):
            raise unreadable(
                f"{self.paging.has_more!r} says that there is more, and nothing says where: look "
                f"at what {type(self.paging).__name__} is told of it",
                response,
            )
        following: Callable[[], PagedCall[Any]] | None = None
        if onward is not None:
            come = trail.after(raw)
            following = functools.partial(self._following, sight, come, onward)
        total = sight.number_at(self.paging.total)
        return Page(items, response=response, total=total, onward=following, kind=self.kind)

    def _items(self, body: Any, response: Response) -> list[Any]:
        path = self.paging.items
        found = body if path is None else found_at(body, path, None)
        if isinstance(found, list):
            return found
        has = (
            f"it has {', '.join(map(str, body))}" if isinstance(body, Mapping) else "none is there"
        )
        wanted = "the list itself (items=None)" if path is None else f"a list at {path!r}"
        raise unreadable(f"{wanted} was expected, and {shorten(scrub(has), 200)}", response)

    def _following(self, sight: Sight, trail: Trail, onward: Onward) -> PagedCall[Any]:
        if trail.pages >= self.paging.max_pages:
            message = (
                f"{trail.pages:,} pages came and there are more; if that is right, give the paging "
                "a higher max_pages"
            )
            raise unreadable(message, sight.response)
        marked = trail.marked(onward)
        if marked is None:
            mark = onward[1] if isinstance(onward, tuple) else onward
            shown = shorten(scrub(str(mark)), 120)
            message = (
                f"the next page is marked {shown!r}, as one before, so the list would never end"
            )
            raise unreadable(message, sight.response)
        if isinstance(onward, tuple):
            asked, is_home = sight.asked.with_parameter(*onward), True
        else:
            asked, is_home = self._linked(sight, str(onward))
        return PagedCall(self.call(asked, is_home), self, asked, marked)

    def _linked(self, sight: Sight, link: str) -> tuple[Asked, bool]:
        response = sight.response
        try:
            url = response.url.join(link)
        except (httpx.InvalidURL, ValueError):
            url = httpx.URL()
        if url.scheme not in ("http", "https"):
            shown = shorten(scrub(link), 120)
            raise unreadable(f"the link to the next page, {shown!r}, is no URL", response)
        first = response.history[0] if response.history else response
        # Once at another server, its links to itself are no way home.
        is_home = sight.asked.is_home and origin_of(url) == origin_of(first.request.url)
        if not is_home and not self.has_home:
            message = (
                f"the next page is at {url.host!r}, another server, and the client has no base_url "
                "that says where its credentials belong: give it one"
            )
            raise unreadable(message, response)
        return sight.asked.at(str(url), is_home=is_home), is_home


class PagedCall(EndpointCall[Page[T]], Generic[T]):
    """The call of a list in pages.

    Awaited, or asked for its `result`, it gives the first `Page`. ``async for`` goes over all
    items, page by page as they are needed, and so does ``for`` where there is no await.
    """

    __slots__ = ("_asked", "_course", "_trail_so_far")

    def __init__(self, call: Call, course: Course, asked: Asked, trail: Trail) -> None:
        self._asked = asked
        self._course = course
        self._trail_so_far = trail
        super().__init__(call, functools.partial(course.page, asked, trail))

    def pages(self, max_pages: int | None = None) -> Pages[T]:
        """Go over the pages, with ``async for``, or ``for`` where there is no await.

        Args:
            max_pages: stop after so many; None for all.
        """
        self._trace.used = True
        return Pages(self, max_pages)

    async def __aiter__(self) -> AsyncIterator[T]:
        async with aclosing(self.pages().__aiter__()) as pages:
            async for page in pages:
                for item in page.items:
                    yield item

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page.items

    def to_frame(self, limit: int | None = None) -> FrameCall:
        """Return the call for a DataFrame of all items, or of the first ``limit``.

        >>> class Api(nk.Client):
        ...     @nk.endpoint("GET /runs", paging=nk.CursorPaging())
        ...     def runs(self, limit: int = 25) -> nk.Page[dict]: ...
        >>> api = Api(server.url)
        >>> len(api.runs().to_frame().result())
        57
        >>> api.close().wait()
        """
        self._trace.used = True
        text = f"all of {self.method} {self.url}"
        return FrameCall(text, self.pages().__aiter__, limit, self._course.kind)


class Pages(Generic[T]):
    """The pages of a list, one after the other; made by `PagedCall.pages`."""

    def __init__(self, first: PagedCall[T], max_pages: int | None) -> None:
        self._first = first
        self._most = None if max_pages is None else whole_number(max_pages, name="max_pages")

    async def __aiter__(self) -> AsyncGenerator[Page[T], None]:
        page = await self._first
        yield page
        come = 1
        while page.has_next and come != self._most:
            page = await page.next()
            yield page
            come += 1

    def __iter__(self) -> Iterator[Page[T]]:
        page = self._first.result()
        yield page
        come = 1
        while page.has_next and come != self._most:
            page = page.next().result()
            yield page
            come += 1
