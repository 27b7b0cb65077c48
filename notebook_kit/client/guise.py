"""Requests of httpx, their URLs and headers, with representations that show no credential."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from notebook_kit.markup import visible
from notebook_kit.redact import known, redact_headers, redact_url

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

__all__ = ["HiddenCookies", "disguise", "safe_cookies", "safe_headers"]


class _URL(httpx.URL):
    def __repr__(self) -> str:
        return f"URL({redact_url(str(self))!r})"


class _Headers(httpx.Headers):
    def __repr__(self) -> str:
        return f"Headers({redact_headers(self.multi_items())!r})"


class HiddenCookies(httpx.Cookies):
    """Cookies whose values are not shown."""

    def __repr__(self) -> str:
        return f"<Cookies {_listed(cookie.name for cookie in self.jar)}, values hidden>"


class _Request(httpx.Request):
    def __repr__(self) -> str:
        return f"<Request({self.method!r}, {redact_url(str(self.url))!r})>"

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled: no credential, as a `Secret` is not pickled either."""
        state = dict(super().__getstate__())
        state["url"] = _URL(redact_url(str(self.url)))
        state["headers"] = _Headers(redact_headers(self.headers.multi_items()))
        if "_content" in state:
            state["_content"] = _without_secrets(state["_content"])
        return state

    def __copy__(self) -> Self:
        return self.__deepcopy__(None)

    def __deepcopy__(self, memo: object) -> Self:
        # In the process it is as good as the first, and can be sent.
        made = type(self).__new__(type(self))
        made.__setstate__({**super().__getstate__(), "headers": self.headers.copy()})
        return made


def _without_secrets(body: bytes) -> bytes:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        # A file, say: secrets are written as text.
        return body
    return known.memory.strike(text).encode()


def disguise(request: httpx.Request) -> None:
    """Give a request representations that show no credential, in place."""
    # httpx makes requests, URLs and headers itself, in redirects too, and has no hook for other
    # classes; these add a representation only. A class of the user's own is left alone.
    if type(request) is httpx.Request:
        request.__class__ = _Request
    if type(request.url) is httpx.URL:
        request.url.__class__ = _URL
    safe_headers(request.headers)


def safe_headers(headers: httpx.Headers) -> None:
    """Give headers a representation that shows no credential, in place."""
    if type(headers) is httpx.Headers:
        headers.__class__ = _Headers


def safe_cookies(cookies: httpx.Cookies) -> httpx.Cookies:
    """Give cookies a representation without their values, in place, and return them."""
    if type(cookies) is httpx.Cookies:
        cookies.__class__ = HiddenCookies
    return cookies


def _listed(names: Iterable[str]) -> str:
    return visible(", ".join(names)) or "none"
