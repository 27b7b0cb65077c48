"""A page of a list: its items, and the way to the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from notebook_kit.client.resources.frame_call import FrameCall
from notebook_kit.client.resources.table import table_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator

    import pandas as pd

    from notebook_kit.client.resources.paged_call import PagedCall
    from notebook_kit.client.response import Response

__all__ = ["Page", "SyncPage"]

T = TypeVar("T")


class Page(Generic[T]):
    """One page of a list.

    ``for`` goes over the items of this page, ``async for`` over all from here on, page by page as
    they are needed. On the synchronous face a page is a `SyncPage`, and ``for`` does that.

    Attributes:
        items: the items of this page.
        total: how many there are in all, if the API says so.
        response: the answer that it came in.

    >>> class Datasets(nk.Resource):
    ...     @nk.endpoint("GET /datasets", paging=nk.CursorPaging(total="total"))
    ...     def list(self, limit: int = 10) -> nk.Page[dict]: ...
    >>> class Api(nk.Client):
    ...     datasets = Datasets
    >>> with Api(server.url) as api:
    ...     page = api.datasets.list()
    ...     len(page), page.total, page.has_next, len(list(page))
    (10, 24, True, 24)
    """

    def __init__(
        self,
        items: list[T],
        *,
        response: Response,
        total: int | None = None,
        onward: Callable[[], PagedCall[T]] | None = None,
        kind: Any = None,
    ) -> None:
        self.items = items
        self.total = total
        self.response = response
        self._onward = onward
        self._kind = kind

    @property
    def has_next(self) -> bool:
        """Whether there is another page after this one."""
        return self._onward is not None

    def next(self) -> PagedCall[T]:
        """Return the call for the next page.

        Raises:
            IndexError: when this is the last page; ask ``has_next`` before.
            DecodeError: when the list would never end.
        """
        if self._onward is None:
            message = "This is the last page: ask page.has_next before page.next()."
            raise IndexError(message)
        return self._onward()

    def __len__(self) -> int:
        return len(self.items)

    def __bool__(self) -> bool:
        return bool(self.items)

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __getitem__(self, place: int) -> T:
        return self.items[place]

    async def __aiter__(self) -> AsyncIterator[T]:
        async for page in self._pages_after():
            for item in page.items:
                yield item

    async def _pages_after(self) -> AsyncGenerator[Page[T], None]:
        page = self
        yield page
        while page.has_next:
            page = await Page.next(page)
            yield page

    def to_frame(self, limit: int | None = None) -> FrameCall:
        """Return the call for a DataFrame of all items from here on, or of the first ``limit``."""
        return FrameCall(f"the list from {self!r} on", self._pages_after, limit, self._kind)

    def __repr__(self) -> str:
        of = "" if self.total is None else f" of {self.total:,}"
        more = "more to come" if self.has_next else "the last"
        call = self.response._call()  # noqa: SLF001 - its own words for itself
        return f"<{type(self).__name__} of {len(self.items):,} items{of}, {more}: {call}>"

    def _repr_html_(self) -> str:
        return table_of(self.items, repr(self).strip("<>"))


class SyncPage(Page[T]):
    """A page of a list on the synchronous face: ``for`` goes over all items from here on."""

    @classmethod
    def of(cls, page: Page[T]) -> SyncPage[T]:
        """Return the same page for synchronous code."""
        return cls(
            page.items,
            response=page.response,
            total=page.total,
            onward=page._onward,  # noqa: SLF001 - a page like this one
            kind=page._kind,  # noqa: SLF001 - as above
        )

    def next(self) -> SyncPage[T]:  # type: ignore[override]  # values come back on this face
        """Return the next page.

        Raises:
            IndexError: when this is the last page; ask ``has_next`` before.
        """
        return SyncPage.of(super().next().result())

    def pages(self) -> Iterator[SyncPage[T]]:
        """Go over this page and all after it."""
        page = self
        yield page
        while page.has_next:
            page = page.next()
            yield page

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page.items

    def to_frame(self, limit: int | None = None) -> pd.DataFrame:  # type: ignore[override]  # as above
        """Return a DataFrame of all items from here on, or of the first ``limit``."""
        return super().to_frame(limit).result()
