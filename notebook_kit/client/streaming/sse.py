"""Server-sent events, read as the HTML standard says.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.client.not_json import not_json
from notebook_kit.client.streaming.decoders import BoundedLines, Text, said_by
from notebook_kit.client.strict_json import loads
from notebook_kit.errors import DecodeError
from notebook_kit.markup import shorten
from notebook_kit.redact import scrub

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from notebook_kit.client.response import Response

__all__ = ["Events", "ServerSentEvent"]

_SHOWN: Final = 120
#: As long as an age of the universe; a number may not have any number of digits.
_RETRY: Final = re.compile(r"[0-9]{1,21}")
#: Kinds of answer that are surely no events, whatever else a server calls its event stream.
_OTHER: Final = ("application/json", "text/html", "application/xml", "image/")


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One event of a stream.

    Attributes:
        data: its text; the lines of several ``data`` fields, joined.
        event: its type, ``"message"`` where the server gives none.
        id: the last id that the server gave, with this event or before it; else empty.
        retry: milliseconds after which a lost connection may be opened again, where the server
            said so since the event before; or None.

    >>> ServerSentEvent('{"text": "hello"}').json()
    {'text': 'hello'}
    """

    data: str
    event: str = "message"
    id: str = ""
    retry: int | None = None
    _call: str | None = field(default=None, repr=False, compare=False)

    def json(self) -> Any:
        """Return the data read as JSON.

        Raises:
            DecodeError: when it is not JSON, with where and a piece of what came instead.
        """
        try:
            return loads(self.data)
        except (ValueError, RecursionError) as error:
            where = "" if self._call is None else f"{self._call}: "
            said = f"{where}the data of this event is"
            message = not_json(said, error, self.data, name="event.data")
            raise DecodeError(message, call=self._call, attempts=1) from error

    def __repr__(self) -> str:
        parts = [scrub(repr(shorten(self.data, _SHOWN)))]
        if self.event != "message":
            parts.append(f"event={scrub(self.event)!r}")
        if self.id:
            parts.append(f"id={scrub(self.id)!r}")
        if self.retry is not None:
            parts.append(f"retry={self.retry}")
        return f"ServerSentEvent({', '.join(parts)})"


class Events:
    """Reads an event stream, which is UTF-8 whatever its head says."""

    def __init__(self, response: Response) -> None:
        self._call = said_by(response)
        self._refuse_other(response)
        self._text = Text(response, charset="utf-8")
        self._splitter = BoundedLines(response)
        self._length = 0
        self._data: list[str] = []
        self._event = ""
        self._id = ""
        self._retry: int | None = None

    def _refuse_other(self, response: Response) -> None:
        if response.media_type.startswith(_OTHER):
            message = (
                f"{self._call} answered {response.media_type}, which is no stream of events. Many "
                'APIs send one only where the request asks for it, as with json={"stream": True}.'
            )
            raise DecodeError(message, call=self._call, attempts=1)

    def feed(self, data: bytes) -> Iterator[ServerSentEvent]:
        """Give the events that are complete with these bytes."""
        return self._events(self._splitter.feed(self._text.decode(data)))

    def finish(self) -> tuple[ServerSentEvent, ...]:
        """Give nothing: an event without the empty line at its end was cut off, and is dropped."""
        return ()

    def _events(self, lines: Iterable[str]) -> Iterator[ServerSentEvent]:
        for line in lines:
            if line:
                self._field(line)
            elif (event := self._complete()) is not None:
                yield event

    def _field(self, line: str) -> None:
        # A line that begins with a colon is a comment: the field without a name, which is ignored.
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
            self._length += len(value) + 1
            self._splitter.check(self._length)
        elif name == "event":
            self._event = value
        elif name == "id":
            if "\0" not in value:
                self._id = value
        elif name == "retry" and _RETRY.fullmatch(value):
            self._retry = int(value)

    def _complete(self) -> ServerSentEvent | None:
        lines, event = self._data, self._event
        self._data, self._event, self._length = [], "", 0
        if not lines:
            return None
        retry, self._retry = self._retry, None
        return ServerSentEvent("\n".join(lines), event or "message", self._id, retry, self._call)
