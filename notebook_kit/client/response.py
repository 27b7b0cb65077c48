"""The answer to one call: an `httpx.Response` that is safe and pleasant to look at."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Literal, Self

import httpx

from notebook_kit.client import strict_json
from notebook_kit.client.charsets import beginning, charset_of, codec_of
from notebook_kit.client.guise import disguise, safe_cookies, safe_headers
from notebook_kit.client.not_json import not_json
from notebook_kit.errors import ConfigurationError, DecodeError
from notebook_kit.errors.brevity import brief
from notebook_kit.errors.effort import tell_effort
from notebook_kit.markup import NO_FORMULA, element, visible, void
from notebook_kit.redact import redact_url, scrub, shown, text_of

if TYPE_CHECKING:
    from notebook_kit.markup import Markup

__all__ = ["GIVEN_AGAIN", "Response"]

#: The extension of an answer that is given again by HTTP's own rules.
GIVEN_AGAIN: Final = "notebook_kit.given_again"

_FIRST_STATUS: Final = 100
_FIRST_ERROR: Final = 400
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
    #: Whether it stands for a value that was given, whatever JSON does not have of it.
    _is_value = False
    #: How often the call was tried and how many seconds that took; not of a row.
    _effort: tuple[int, float] | None = None

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
    def encoding(self) -> str:
        """The charset in which the text is read; it may be set as long as nobody has read it.

        It is the one that the answer names; where it names none, or none that is known, the
        client's ``default_encoding``, which is UTF-8 if not said. Bytes that are no text in it are
        replaced by U+FFFD.

        Raises:
            ConfigurationError: when it is set to what is no charset.
        """
        if not hasattr(self, "_encoding"):
            self._encoding = charset_of(self)
        return self._encoding

    @encoding.setter
    def encoding(self, value: str) -> None:
        given: object = value
        with brief:
            if not isinstance(given, str) or codec_of(given) is None:
                message = (
                    f"encoding={shown(given)} must be a charset, such as 'utf-8' or 'latin-1'."
                )
                raise ConfigurationError(message)
            if hasattr(self, "_text"):
                message = "encoding= cannot be set after `text` was read: decode .content instead."
                raise ConfigurationError(message)
            self._encoding = value

    @property
    def text(self) -> str:
        """The body as text, read by `encoding`."""
        with brief:
            return super().text

    def raise_for_status(self) -> Self:
        """Return the answer if it is one of success.

        Raises:
            httpx.HTTPStatusError: if it is none; its words show no credential of the URL.
        """
        with brief:
            try:
                super().raise_for_status()
            except httpx.HTTPStatusError as error:
                error.args = (scrub(str(error)),)
                raise
            return self

    @property
    def is_error(self) -> bool:
        """Whether the status is 400 or more, or below 100, which no status of HTTP is.

        As HTTP says (RFC 9110, 15), a status that there is not, such as 999, counts as a 5xx.
        """
        return not _FIRST_STATUS <= self.status_code < _FIRST_ERROR

    @property
    def media_type(self) -> str:
        """The content type without parameters, in lower case, as ``"application/json"``."""
        said: str = self.headers.get("content-type", "")
        return said.partition(";")[0].strip().lower()

    def json(self, **keywords: Any) -> Any:
        """Return the body read as JSON.

        NaN, infinities, numbers that overflow to them, and lists and objects more than 200 deep
        are no JSON here. ``json.loads(response.content)`` takes them. The value of a
        `Fallback(value=...)` is given with them.

        Args:
            keywords: as of ``json.loads``; ``parse_constant=float`` takes NaN and infinities.

        Raises:
            DecodeError: when it is not JSON, with where and a piece of what came instead.
        """
        with brief:
            try:
                loads = json.loads if self._is_value else strict_json.loads
                return loads(self.content, **keywords)
            except (ValueError, RecursionError) as error:
                said = f"{self._call()}: the answer"
                if not self.content.strip():
                    said = f"{said} ({self.status_code}{self._reason()})"
                said = f"{said} is"
                if self.has_redirect_location:
                    said += " a redirect, not followed without follow_redirects=True, and"
                message = not_json(said, error, self.content, name="response.content")
                raise self.unreadable(message) from error

    def took(self, attempts: int, elapsed_s: float) -> None:
        """Take note of how often the call was tried, and how many seconds that took."""
        self._effort = attempts, elapsed_s

    def unreadable(self, message: str) -> DecodeError:
        """Return the error of an answer that cannot be read; it tells what the call took."""
        error = DecodeError(message, call=self._call(), attempts=1, status_code=self.status_code)
        # What is given again was not tried for now.
        if self._effort is not None and self.source == "network":
            tell_effort(error, *self._effort)
        return error

    def _call(self) -> str:
        if self._request is None:
            return "an answer"
        return f"{self._request.method} {redact_url(str(self._request.url))}"

    def _reason(self) -> str:
        return f" {self.reason_phrase}" if self.reason_phrase else ""

    def __repr__(self) -> str:
        reason = self._reason()
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
        reason = self._reason()
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
        text = beginning(self, len(self.content))
        if "json" in self.media_type and len(text) <= 10 * _SHOWN_CHARACTERS:
            with suppress(ValueError, RecursionError):  # else it is shown as it came
                text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
        if len(text) <= _SHOWN_CHARACTERS:
            return text
        return f"{text[:_SHOWN_CHARACTERS]}\n… {len(text) - _SHOWN_CHARACTERS:,} characters more"
