"""A stream: one request as a value, whose answer is read while it comes."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

from notebook_kit.checks import refuse_unknown
from notebook_kit.client.pending import unsent_box, watched
from notebook_kit.client.single import sender
from notebook_kit.client.streaming.absent import AbsentOfStream
from notebook_kit.client.streaming.cursor import Cursor, refuse_on_io_loop
from notebook_kit.client.streaming.keywords import StreamKeywords
from notebook_kit.client.streaming.opened import OpenStream
from notebook_kit.client.streaming.pump import Pump
from notebook_kit.client.streaming.views import Reading, Views
from notebook_kit.client.transports.body_bounds import bound_of_call
from notebook_kit.errors import ConfigurationError
from notebook_kit.lifetime import never_instead_of
from notebook_kit.markup import element, visible
from notebook_kit.policies.durations import seconds
from notebook_kit.redact import redact_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType

    from notebook_kit.client.core import Core
    from notebook_kit.client.streaming.views import Form

__all__ = ["Stream", "make_stream"]

T = TypeVar("T")

_STALL_S: Final = 30.0
_ADVICE: Final = "read it, as with `async for line in stream.lines():`, or `for` without `await`"


class Stream(AbsentOfStream, Views):
    """One request whose answer is read while it comes; nothing is sent before that.

    Read a view of it, with ``async for`` or, where there is no ``await``, with ``for``; each time
    it is sent again. Leaving the loop ends the connection. Or open it first, to look at the head of
    the answer: ``async with client.stream("/x") as answer``, and ``with`` likewise.

    Errors are those of a call. What broke off after it had begun is not tried again.

    >>> for event in client.stream("/stream/text/sea", params={"format": "sse"}).sse():
    ...     if event.data == "[DONE]":
    ...         break
    ...     text = event.json()["text"]
    """

    def __init__(
        self,
        method: str,
        url: str,
        make_pump: Callable[[], Pump],
        *,
        owner: object,
    ) -> None:
        self.method = method
        #: The URL that would be asked for, credentials hidden.
        self.url = redact_url(url)
        self._make_pump = make_pump
        self._owner = owner
        self._opened: OpenStream | None = None
        self._trace = watched(self, f"{method} {self.url}", _ADVICE)

    def _view(self, form: Form[T]) -> Reading[T]:
        return _View(self, form)

    def _cursor(self, form: Form[T]) -> Cursor[T]:
        self._trace.used = True
        return Cursor(self._make_pump(), form, owner=self._owner, alone=True)

    @contextmanager
    def _opening(self) -> Iterator[OpenStream]:
        """Give a stream to be opened in the block; if that fails, it can be opened anew."""
        self._trace.used = True
        if self._opened is not None:
            message = f"{self._trace.text} is open already: make another stream to open it twice."
            raise ConfigurationError(message)
        # Before it is open: another task or thread may ask for it meanwhile.
        opened = self._opened = OpenStream(self._make_pump(), owner=self._owner)
        try:
            yield opened
        except BaseException:
            self._opened = None
            raise

    async def __aenter__(self) -> OpenStream:
        with self._opening() as opened:
            await opened.open()
        return opened

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            with never_instead_of(error, "the stream"):
                await opened.aclose()

    def __enter__(self) -> OpenStream:
        self._refuse_to_block()
        with self._opening() as opened:
            opened.open_blocking()
        return opened

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            with never_instead_of(error, "the stream"):
                opened.close()

    def __aiter__(self) -> NoReturn:
        self._refuse("async for line in stream.lines()")

    def __iter__(self) -> NoReturn:
        self._refuse("for line in stream.lines()")

    def __await__(self) -> NoReturn:
        self._refuse("async for line in stream.lines()")

    def _refuse_to_block(self) -> None:
        self._trace.used = True
        refuse_on_io_loop()

    def _refuse(self, example: str) -> NoReturn:
        self._trace.used = True
        message = (
            f"Say how {self._trace.text} is to be read: `{example}`, or .text(), .bytes(), "
            ".json_lines(), .sse(). For the whole answer at once there are the verbs, as "
            "client.get."
        )
        raise ConfigurationError(message)

    def __repr__(self) -> str:
        self._trace.used = True
        return f"<Stream {visible(self._trace.text)}: not sent yet; {_ADVICE}>"

    def _repr_html_(self) -> str:
        self._trace.used = True
        return unsent_box(
            self._trace.text,
            "Read it: ",
            element("code", "async for line in stream.lines():"),
            ", or ",
            element("code", "for"),
            " where there is no await; .text(), .bytes(), .json_lines() and .sse() likewise.",
        )


class _View(Reading[T]):
    """A way to read a stream; each reading sends the request."""

    def __init__(self, stream: Stream, form: Form[T]) -> None:
        self._stream = stream
        self._form = form

    def __aiter__(self) -> Cursor[T]:
        return self._stream._cursor(self._form)  # noqa: SLF001 - a part of it

    def __iter__(self) -> Cursor[T]:
        self._stream._refuse_to_block()  # noqa: SLF001 - a part of it
        return self._stream._cursor(self._form)  # noqa: SLF001 - a part of it

    def __repr__(self) -> str:
        return f"<{self._form.name} of {self._stream!r}>"

    def _repr_html_(self) -> str:
        return self._stream._repr_html_()


def make_stream(
    owner: object,
    core: Core,
    address: object,
    misplaced: tuple[object, ...],
    options: Mapping[str, Any],
) -> Stream:
    """Return a stream; the owner of the core lives as long as it does.

    Raises:
        ConfigurationError: when the request cannot be built from what was given.
    """
    _refuse_misplaced(address, misplaced)
    refuse_unknown(options, StreamKeywords.__annotations__, of="client.stream")
    given = dict(options)
    # A stream is always fresh; to ask for that is no mistake.
    given.pop("fresh", None)
    if given.pop("cache", None):
        message = "A stream is not kept: leave cache= out, or ask for the whole: client.request."
        raise ConfigurationError(message)
    if given.pop("fallback", None):
        message = "Nothing stands in for a stream: leave fallback= out, or ask for client.request."
        raise ConfigurationError(message)
    limit = given.pop("stall_timeout", _STALL_S)
    stall_s = None if limit is None else seconds(limit, name="stall_timeout")
    # The bound of a call; of a stream it is that of a line, and of the whole where it is said.
    most = bound_of_call(given["max_body"]) if "max_body" in given else None
    method, url, send, _ = sender(owner, core, given.pop("method", "GET"), address, given)

    def make_pump() -> Pump:
        call = f"{method} {redact_url(url)}"
        return Pump(send, call=call, stall_s=stall_s, live=core.streams, most=most)

    return Stream(method, url, make_pump, owner=owner)


def _refuse_misplaced(address: object, misplaced: tuple[object, ...]) -> None:
    """Check that the method was not written in the place of the path, as httpx has it."""
    if misplaced:
        method, path = (str(part) for part in (address, misplaced[0]))
        if path.isupper():
            method, path = path, method
        message = (
            f"client.stream takes the path first and the method by name: write "
            f"client.stream({redact_url(path)!r}, method={method!r})."
        )
        raise ConfigurationError(message)
