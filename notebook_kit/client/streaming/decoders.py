"""From the bytes of a stream to what a view gives."""

from __future__ import annotations

import codecs
import json
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from notebook_kit.client.streaming.lines import LineSplitter
from notebook_kit.client.translate import described
from notebook_kit.errors import DecodeError
from notebook_kit.markup import shorten
from notebook_kit.redact import scrub

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from notebook_kit.client.response import Response

__all__ = ["Decoder", "JsonLines", "Lines", "Text", "Unchanged", "said_by"]

T_co = TypeVar("T_co", covariant=True)

_SHOWN: Final = 120
#: Spellings of UTF-8 as `codecs.lookup` gives them; a mark at the beginning is no part of the text.
_UTF_8: Final = frozenset({"utf-8", "utf-8-sig"})


class Decoder(Protocol[T_co]):
    """Makes values of bytes that come in pieces."""

    def feed(self, data: bytes) -> Iterable[T_co]:
        """Give what is complete with these bytes."""
        ...

    def finish(self) -> Iterable[T_co]:
        """Give what is left at the end."""
        ...


def said_by(response: Response) -> str:
    """Return the call that an answer belongs to, secrets removed."""
    return described(response.request.method, response.request.url)


class Unchanged:
    """Bytes, as they come."""

    def __init__(self, _response: Response) -> None:
        pass

    def feed(self, data: bytes) -> tuple[bytes, ...]:
        """Give the bytes."""
        return (data,)

    def finish(self) -> tuple[bytes, ...]:
        """Give nothing."""
        return ()


class Text:
    """Text, in the answer's charset; UTF-8 if it names none, or one that is unknown.

    Args:
        response: the answer.
        errors: what becomes of bytes that are no text, as `codecs` names it.
        charset: the one to use, whatever the answer says.
    """

    def __init__(
        self, response: Response, *, errors: str = "replace", charset: str | None = None
    ) -> None:
        self._response = response
        said = charset or response.charset_encoding
        if said is None and isinstance(response.default_encoding, str):
            said = response.default_encoding
        self._charset = _known(said)
        self._decoder = codecs.getincrementaldecoder(self._charset)(errors)

    def decode(self, data: bytes, *, last: bool = False) -> str:
        """Return the text that is complete with these bytes.

        Raises:
            DecodeError: when the charset does not allow for bytes that are no text.
        """
        try:
            return self._decoder.decode(data, last)
        except UnicodeError as error:
            call = said_by(self._response)
            message = f"{call}: the answer is no {self._charset}: {error}"
            raise DecodeError(scrub(message), call=call, attempts=1) from error

    def feed(self, data: bytes) -> Iterator[str]:
        """Give the text of these bytes, if it has any."""
        if text := self.decode(data):
            yield text

    def finish(self) -> Iterator[str]:
        """Give what an unfinished character at the end is shown as."""
        if text := self.decode(b"", last=True):
            yield text


def _known(charset: str | None) -> str:
    try:
        name = codecs.lookup(charset or "utf-8").name
        # Some codecs turn bytes into bytes, or text into text: Python refuses them here.
        bytes(4).decode(name)
        codecs.getincrementaldecoder(name)
    except (LookupError, ValueError):
        name = "utf-8"
    return "utf-8-sig" if name in _UTF_8 else name


class Lines:
    r"""Lines, that end with ``\n``, ``\r\n`` or ``\r``; given without their ends."""

    def __init__(self, response: Response, *, errors: str = "replace") -> None:
        self._text = Text(response, errors=errors)
        self._splitter = LineSplitter()

    def feed(self, data: bytes) -> list[str]:
        """Give the lines that end in these bytes."""
        return self._splitter.feed(self._text.decode(data))

    def finish(self) -> list[str]:
        """Give a last line that has no end."""
        lines = self._splitter.feed(self._text.decode(b"", last=True))
        return lines + self._splitter.finish()


class JsonLines:
    """One value for each line that is not empty."""

    def __init__(self, response: Response) -> None:
        self._response = response
        # So the bytes of a line that is no text are known when that line is read, not before.
        self._lines = Lines(response, errors="surrogateescape")
        self._number = 0

    def feed(self, data: bytes) -> Iterator[Any]:
        """Give the values of the lines that end in these bytes.

        Raises:
            DecodeError: at a line that is no JSON, with its number, from 1.
        """
        return self._values(self._lines.feed(data))

    def finish(self) -> Iterator[Any]:
        """Give the value of a last line that has no end."""
        return self._values(self._lines.finish())

    def _values(self, lines: Iterable[str]) -> Iterator[Any]:
        for line in lines:
            self._number += 1
            if line.strip(" \t"):
                yield self._value(line)

    def _value(self, line: str) -> Any:
        try:
            if not line.isascii():
                line.encode()
            return json.loads(line)
        except (ValueError, RecursionError) as error:
            call = said_by(self._response)
            came = shorten(line.encode("utf-8", "replace").decode(), _SHOWN)
            said = "it is no text" if isinstance(error, UnicodeError) else str(error)
            message = f"{call}: line {self._number} is not JSON ({said}): {scrub(came)!r}"
            raise DecodeError(message, call=call, attempts=1) from error
