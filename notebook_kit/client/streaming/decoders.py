"""From the bytes of a stream to what a view gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from notebook_kit.client.charsets import charset_of, codec_of, decoder_of
from notebook_kit.client.not_json import not_json
from notebook_kit.client.streaming.lines import LineSplitter, LineTooLongError
from notebook_kit.client.strict_json import loads
from notebook_kit.client.translate import described
from notebook_kit.client.transports.body_bounds import bounds_of
from notebook_kit.errors import DecodeError, TooLarge
from notebook_kit.policies.sizes import size_text
from notebook_kit.redact import scrub

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from notebook_kit.client.response import Response

__all__ = ["Decoder", "JsonLines", "Lines", "Text", "Unchanged", "said_by"]

T_co = TypeVar("T_co", covariant=True)

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
    """Text, in the answer's charset; the client's default if it names none, or one not known.

    Args:
        response: the answer.
        errors: what becomes of bytes that are no text, as `codecs` names it.
        charset: the one to use, whatever the answer says.
    """

    def __init__(
        self, response: Response, *, errors: str = "replace", charset: str | None = None
    ) -> None:
        self._response = response
        codec = codec_of(charset or charset_of(response)) or "utf-8"
        self._charset = "utf-8-sig" if codec in _UTF_8 else codec
        self._decoder = decoder_of(self._charset, errors)

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


class BoundedLines:
    """Splits lines that may be as long as the body of a call.

    Args:
        response: the answer.
    """

    def __init__(self, response: Response) -> None:
        self._response = response
        self._most = bounds_of(response.request).most
        self._splitter = LineSplitter(self._most)
        self.finish = self._splitter.finish

    def feed(self, text: str) -> list[str]:
        """Return the lines that end in this piece, without their ends.

        Raises:
            TooLarge: when a line is too long.
        """
        try:
            return self._splitter.feed(text)
        except LineTooLongError:
            raise self.too_large("a line") from None

    def check(self, length: int) -> None:
        """Check how many characters an event has that is made of several lines.

        Raises:
            TooLarge: when it is too long.
        """
        if self._most is not None and length > self._most:
            raise self.too_large("an event")

    def too_large(self, what: str) -> TooLarge:
        """Return the error of a part of a stream that is too long."""
        most = self._most or 0
        call = said_by(self._response)
        message = (
            f"{call}: {what} of the stream is longer than {size_text(most)} and has no end yet. If "
            "it is to be taken, write max_body=None, or read .text() or .bytes()."
        )
        status = self._response.status_code
        return TooLarge(
            message, max_body=most, size=most + 1, status_code=status, call=call, attempts=1
        )


class Lines:
    r"""Lines, that end with ``\n``, ``\r\n`` or ``\r``; given without their ends."""

    def __init__(self, response: Response, *, errors: str = "replace") -> None:
        self._text = Text(response, errors=errors)
        self._splitter = BoundedLines(response)

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
            return loads(line)
        except (ValueError, RecursionError) as error:
            call = said_by(self._response)
            message = not_json(f"{call}: line {self._number} is", error, line, name="line")
            raise DecodeError(message, call=call, attempts=1) from error
