"""The answer to one call: an `httpx.Response` that is safe and pleasant to look at."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Literal

import httpx

from notebook_kit.client.guise import disguise, safe_cookies, safe_headers
from notebook_kit.errors import DecodeError
from notebook_kit.markup import NO_FORMULA, element, shorten, visible, void
from notebook_kit.redact import redact_url, scrub, text_of

if TYPE_CHECKING:
    from notebook_kit.markup import Markup

__all__ = ["GIVEN_AGAIN", "Response"]

#: The extension of an answer that is given again by HTTP's own rules.
GIVEN_AGAIN: Final = "notebook_kit.given_again"

_SHOWN_CHARACTERS: Final = 4_000
_SHOWN_IMAGE_BYTES: Final = 2_000_000
_IMAGES: Final = frozenset({"image/png", "image/jpeg", "image/gif"})
_STYLE: Final = (
    "border:1px solid color-mix(in srgb,currentColor 20%,transparent);border-radius:4px;"
    "padding:8px 12px;max-width:960px;font-size:13px"
)
_BODY_STYLE: Final = (
    "margin:6px 0 0;padding:0;background:none;color:inherit;max-height:320px;overflow:auto;"
    "white-space:pre-wrap;overflow-wrap:anywhere;"
    "font:12px/1.4 var(--jp-code-font-family,ui-monospace,Menlo,Consolas,monospace)"
)


class Response(httpx.Response):
    """An `httpx.Response` whose representations show no credential and escape what the API said.

    Attributes:
        source: where it comes from: ``"network"``, ``"cache"`` or ``"fallback"``.
        fallback_of: the error that led to the fallback, or None.
    """

    source: Literal["network", "cache", "fallback"] = "network"
    fallback_of: BaseException | None = None

    @classmethod
    def adopt(cls, response: httpx.Response) -> Response:
        """Make a finished response of httpx one of these, in place."""
        # httpx builds its responses itself and has no hook for another class; the subclass adds
        # methods only, so changing the class keeps every attribute, the history and the stream.
        response.__class__ = cls
        assert isinstance(response, Response)  # noqa: S101 - tells the type checker what is so
        safe_headers(response.headers)
        if GIVEN_AGAIN in response.extensions:
            response.source = "cache"
        for request in (response._request, response.next_request):  # noqa: SLF001 - may be unset
            if request is not None:
                disguise(request)
        for earlier in response.history:
            cls.adopt(earlier)
        return response

    @property
    def cookies(self) -> httpx.Cookies:
        """The cookies that the answer sets; their values are not shown."""
        return safe_cookies(super().cookies)

    @property
    def media_type(self) -> str:
        """The content type without parameters, in lower case, as ``"application/json"``."""
        said: str = self.headers.get("content-type", "")
        return said.partition(";")[0].strip().lower()

    def json(self, **keywords: Any) -> Any:
        """Return the body read as JSON.

        Raises:
            DecodeError: when it is not JSON, with the beginning of what came instead.
        """
        try:
            return super().json(**keywords)
        except (ValueError, RecursionError) as error:
            came = shorten(self.content[:400].decode("utf-8", "replace"), 120)
            what = "not JSON"
            if self.has_redirect_location:
                what = "a redirect, not followed without follow_redirects=True, and not JSON"
            message = f"{self._call()}: the answer is {what} ({error}): {scrub(came)!r}"
            raise DecodeError(
                message, call=self._call(), attempts=1, status_code=self.status_code
            ) from error

    def _call(self) -> str:
        if self._request is None:
            return "an answer"
        return f"{self._request.method} {redact_url(str(self._request.url))}"

    def __repr__(self) -> str:
        reason = f" {self.reason_phrase}" if self.reason_phrase else ""
        kind = f" {self.media_type}" if self.media_type else ""
        came = "" if self.source == "network" else f", from the {self.source}"
        said = f"{self.status_code}{reason}: {self._call()}{kind}{self._size()}{came}"
        return f"<Response {visible(said)}>"

    def _size(self) -> str:
        return f", {len(self.content):,} bytes" if hasattr(self, "_content") else ", not read"

    def _came_from(self) -> str:
        if self.source == "network":
            return ""
        why = "" if self.fallback_of is None else f", because {text_of(self.fallback_of)}"
        return f" · from the {self.source}{why}"

    def _repr_html_(self) -> str:
        reason = f" {self.reason_phrase}" if self.reason_phrase else ""
        mark = "✗" if self.is_error else "✓"
        muted = f" · {self.media_type or 'no content type'}{self._size()}{self._came_from()}"
        head = element(
            "div",
            element("b", f"{mark} {self.status_code}{reason}"),
            " ",
            element("code", self._call(), style="background:none;color:inherit"),
            element("span", muted, style="opacity:.7"),
        )
        return element("div", head, self._body_html(), class_=NO_FORMULA, style=_STYLE)

    def _body_html(self) -> Markup | None:
        if not hasattr(self, "_content") or not self.content:
            return None
        if self.media_type in _IMAGES and len(self.content) <= _SHOWN_IMAGE_BYTES:
            data = base64.b64encode(self.content).decode("ascii")
            source = f"data:{self.media_type};base64,{data}"
            style = "max-width:100%;margin-top:6px"
            return void("img", src=source, alt="the answer, an image", style=style)
        text = self._readable()
        # What is shown is kept in the notebook: a key that the API repeats is not to be in it.
        return None if text is None else element("pre", scrub(text), style=_BODY_STYLE)

    def _readable(self) -> str | None:
        """Return the beginning of the body as text, JSON indented, or None for binary data."""
        if b"\x00" in self.content[:1_000]:
            return None
        text = self.content.decode(self.charset_encoding or "utf-8", "replace")
        if "json" in self.media_type and len(text) <= 10 * _SHOWN_CHARACTERS:
            with suppress(ValueError, RecursionError):  # else it is shown as it came
                text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
        if len(text) <= _SHOWN_CHARACTERS:
            return text
        return f"{text[:_SHOWN_CHARACTERS]}\n… {len(text) - _SHOWN_CHARACTERS:,} characters more"
