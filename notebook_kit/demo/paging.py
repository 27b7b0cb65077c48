"""Lists in pages, in each of the four ways that APIs page: number, offset, cursor, ``Link``."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode

from notebook_kit.demo.web import Fault, Reply, json_reply, whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

__all__ = ["paged"]

_DEFAULT: Final = 20
_MOST: Final = 1000
_FAR: Final = 10**9
_CURSOR: Final = "from:"


@dataclass(frozen=True, slots=True)
class _Page:
    """A piece of a list.

    Attributes:
        style: the parameter that the request pages by: ``page``, ``offset`` or ``cursor``.
        size: how many items a page holds.
        start: the position of the first item.
        total: how many items the list holds.
    """

    style: str
    size: int
    start: int
    total: int

    @property
    def next_start(self) -> int | None:
        following = self.start + self.size
        return following if following < self.total else None

    def starts(self) -> dict[str, int]:
        """Where the pages begin that a ``Link`` header names."""
        last = max(0, (self.total - 1) // self.size * self.size)
        found = {"first": 0, "last": last}
        if self.next_start is not None:
            found["next"] = self.next_start
        if self.start > 0:
            found["prev"] = max(0, self.start - self.size)
        return found

    def written(self, start: int) -> dict[str, str]:
        """Return the query parameters of the page that begins at ``start``."""
        if self.style == "page":
            return {"page": str(start // self.size + 1), "per_page": str(self.size)}
        if self.style == "cursor":
            return {"cursor": _cursor(start), "limit": str(self.size)}
        return {"offset": str(start), "limit": str(self.size)}


def paged(request: Request, items: Sequence[Any]) -> Reply:
    """Return the piece of the list that the query asks for, and where the next one is.

    ``?page=2&per_page=50``, ``?offset=50&limit=50`` and ``?cursor=...&limit=50`` all work; the
    ``Link`` header goes on in the same way.
    """
    page = _asked(request, len(items))
    following = page.next_start
    body = {
        "items": items[page.start : page.start + page.size],
        "total": page.total,
        "offset": page.start,
        "limit": page.size,
        "page": page.start // page.size + 1,
        "pages": -(-page.total // page.size),
        "next_offset": following,
        "next_page": None if following is None else following // page.size + 1,
        "next_cursor": None if following is None else _cursor(following),
        "has_more": following is not None,
    }
    links = ", ".join(
        f'<{_link(request, page.written(start))}>; rel="{name}"'
        for name, start in page.starts().items()
    )
    return json_reply(body, headers={"link": links, "x-total-count": str(page.total)})


def _asked(request: Request, total: int) -> _Page:
    query = request.query_params
    if "page" in query or "per_page" in query:
        size = whole(request, "per_page", _DEFAULT, low=1, high=_MOST)
        number = whole(request, "page", 1, low=1, high=_FAR)
        return _Page("page", size, (number - 1) * size, total)
    size = whole(request, "limit", _DEFAULT, low=1, high=_MOST)
    if "cursor" in query:
        return _Page("cursor", size, _read_cursor(query["cursor"]), total)
    return _Page("offset", size, whole(request, "offset", 0, low=0, high=_FAR), total)


def _link(request: Request, written: dict[str, str]) -> str:
    paging = {"page", "per_page", "offset", "limit", "cursor"}
    query: str = request.scope["query_string"].decode("latin-1")
    kept = [(name, value) for name, value in parse_qsl(query) if name not in paging]
    path: str = request.scope["raw_path"].decode("latin-1")
    host = request.headers.get("host", "127.0.0.1")
    return f"http://{host}{path}?{urlencode([*kept, *written.items()])}"


def _cursor(start: int) -> str:
    return base64.urlsafe_b64encode(f"{_CURSOR}{start}".encode()).decode()


def _read_cursor(text: str) -> int:
    if not text:
        return 0
    try:
        decoded = base64.urlsafe_b64decode(text.encode()).decode()
        head, start = decoded[: len(_CURSOR)], int(decoded[len(_CURSOR) :])
    except (binascii.Error, ValueError):
        head, start = "", -1
    if head != _CURSOR or not 0 <= start <= _FAR:
        message = f"cursor={text!r} did not come from this list: send the next_cursor of a page."
        raise Fault(400, message, code="invalid_parameter", param="cursor")
    return start
