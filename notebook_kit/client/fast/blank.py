"""Requests of which only the path is said: filled in on a form, instead of being built each time.

Most of what httpx does to build a request gives the same result for every call of a client:
merging headers, parameters and time limits, and reading the base URL.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import httpx

from notebook_kit.client.bound import Bound
from notebook_kit.client.fast.mould import is_kept
from notebook_kit.client.guise import disguise

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Blank"]


class Blank:
    """Makes requests with one method and no body, for paths behind the base URL of a client.

    Args:
        sample: a request for the path `mark`.
        mark: a path that stands in its URL once.
        bound: what binds the sample.
    """

    def __init__(self, sample: httpx.Request, mark: str, bound: Bound) -> None:
        self._sample = sample
        self._bound = bound
        self._timeout = sample.extensions["timeout"]
        self._before = str(sample.url).partition(mark)[0]
        self._path_before = sample.url.raw_path.decode("ascii").partition(mark)[0]
        self._can_splice = self._splices_right()

    @classmethod
    def of(cls, build: Callable[[str], httpx.Request]) -> Blank | None:
        """Return the form for the requests that this builds of paths; None where there is none."""
        mark = f"/{uuid.uuid4().hex}"
        sample = build(mark)
        url, bound = sample.url, Bound.of(sample)
        # The time limits and what it is bound by.
        usual = "timeout" in sample.extensions and len(sample.extensions) == len(("these", "two"))
        if bound is None or not usual or not url.host or str(url).count(mark) != 1:
            return None
        return cls(sample, mark, bound) if str(url).endswith(mark) and not sample.content else None

    def request(self, path: str) -> httpx.Request | None:
        """Return the request for a path; None where httpx would change it."""
        if not path.startswith("/") or not is_kept(path, query=False):
            return None
        request = httpx.Request(
            self._sample.method,
            self._spliced(path) if self._can_splice else httpx.URL(self._before + path),
            headers=self._sample.headers,
            stream=httpx.ByteStream(b""),
            extensions={"timeout": self._timeout.copy()},
        )
        # What reading it would do; httpx asks first what kind of stream it is, at a high price.
        request._content = b""  # noqa: SLF001 - as `read` does
        disguise(request)
        self._bound.also(request)
        return request

    def _spliced(self, path: str) -> httpx.URL:
        # To read a URL costs httpx as much as to send it; what is behind the host is all that
        # differs from the sample's.
        url = httpx.URL.__new__(httpx.URL)
        known = self._sample.url._uri_reference  # noqa: SLF001 - checked when this was made
        url._uri_reference = known._replace(path=self._path_before + path)  # noqa: SLF001
        return url

    def _splices_right(self) -> bool:
        """Tell whether a URL can be made so in this version of httpx."""
        try:
            made, read = self._spliced("/a/b%20c"), httpx.URL(f"{self._before}/a/b%20c")
            same = (str(made), made.raw_path) == (str(read), read.raw_path)
            return same and made == read and vars(made).keys() == vars(read).keys()
        except (AttributeError, TypeError, ValueError):
            return False
