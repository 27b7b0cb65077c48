"""A stream whose answer has begun."""

from __future__ import annotations

import weakref
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from notebook_kit.client.streaming.absent import AbsentOfStream
from notebook_kit.client.streaming.cursor import Cursor, raise_failure
from notebook_kit.client.streaming.decoders import said_by
from notebook_kit.client.streaming.views import Views
from notebook_kit.errors import ConfigurationError
from notebook_kit.execution import on_io_loop, wait_async, wait_sync
from notebook_kit.execution.waiting import wait_async_at_most
from notebook_kit.markup import NO_FORMULA, element, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from notebook_kit.client.response import Response
    from notebook_kit.client.streaming.pump import Pump
    from notebook_kit.client.streaming.views import Form
    from notebook_kit.execution import Future

__all__ = ["OpenStream"]

T = TypeVar("T")

#: Seconds that the end of a block waits for the connection to be gone.
_CLOSING_S: Final = 1.0


class OpenStream(AbsentOfStream, Views):
    """The head of an answer, and the ways to read its body while it comes.

    Its views go on where the one before stopped: what was read is gone.
    """

    def __init__(self, pump: Pump, *, owner: object) -> None:
        self._pump = pump
        self._owner = owner
        self._cursor: Cursor[Any] | None = None
        weakref.finalize(self, pump.close_soon).atexit = False

    @property
    def status_code(self) -> int:
        """The HTTP status."""
        return self._response.status_code

    @property
    def reason_phrase(self) -> str:
        """What the server calls the status, or what it is usually called."""
        return self._response.reason_phrase

    @property
    def http_version(self) -> str:
        """The version of HTTP that the server spoke."""
        return self._response.http_version

    @property
    def headers(self) -> httpx.Headers:
        """The headers of the answer."""
        return self._response.headers

    @property
    def cookies(self) -> httpx.Cookies:
        """The cookies that the answer sets; their values are not shown."""
        return self._response.cookies

    @property
    def url(self) -> httpx.URL:
        """The URL that answered, which is another than the one asked for behind a redirect."""
        return self._response.url

    @property
    def history(self) -> list[httpx.Response]:
        """The redirects that led here."""
        return self._response.history

    @property
    def media_type(self) -> str:
        """The content type without parameters, in lower case."""
        return self._response.media_type

    @property
    def _response(self) -> Response:
        response = self._pump.response
        assert response is not None  # noqa: S101 - it is given out when there is one
        return response

    def _view(self, form: Form[T]) -> Cursor[T]:
        cursor = self._cursor
        if cursor is None:
            cursor = self._cursor = Cursor(self._pump, form, owner=self._owner, alone=False)
        elif cursor.name != form.name:
            message = (
                f"This answer is being read as {cursor.name}; it cannot be read as {form.name} "
                "too, because what was read is gone. Read it in one way, or open it again."
            )
            raise ConfigurationError(message)
        return cast("Cursor[T]", cursor)

    async def open(self) -> None:
        """Wait for the head of the answer; for the stream's own use."""
        with self._opening() as opened:
            await wait_async(opened)
        self._raise_what_came_instead()

    def open_blocking(self) -> None:
        """Do the same without `await`."""
        with self._opening() as opened:
            wait_sync(opened)
        self._raise_what_came_instead()

    @contextmanager
    def _opening(self) -> Iterator[Future[None]]:
        """Give what is to be waited for in the block; if the wait is cut off, so is the stream."""
        self._pump.start()
        try:
            yield self._pump.opened
        except BaseException:
            self._pump.close_soon()
            raise

    def _raise_what_came_instead(self) -> None:
        if self._pump.response is None:
            raise_failure(self._pump)

    async def aclose(self) -> None:
        """Let go of the connection, and return when that is done; what was not read is lost."""
        self._end()
        await wait_async_at_most(self._pump.ended, _CLOSING_S)
        self._raise_fault()

    def close(self) -> None:
        """Do the same without `await`."""
        self._end()
        if not on_io_loop():
            with suppress(TimeoutError):
                wait_sync(self._pump.ended, timeout_s=_CLOSING_S)
            self._raise_fault()

    def _raise_fault(self) -> None:
        fault = self._pump.closing_fault()
        if fault is not None:
            raise fault

    def _end(self) -> None:
        if self._cursor is not None:
            self._cursor.close()
        self._pump.close_soon()

    def __repr__(self) -> str:
        return f"<OpenStream {visible(self._head())}>"

    def _head(self) -> str:
        response = self._response
        reason = f" {response.reason_phrase}" if response.reason_phrase else ""
        kind = f" {response.media_type}" if response.media_type else ""
        state = "closed" if self._pump.ended.done() else "open"
        return f"{response.status_code}{reason}: {said_by(response)}{kind}, {state}"

    def _repr_html_(self) -> str:
        look = "background:none;color:inherit"
        return element("code", self._head(), class_=NO_FORMULA, style=look)
