"""The ways to read a stream."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeAlias, TypeVar

from notebook_kit.client.streaming.decoders import Decoder, JsonLines, Lines, Text, Unchanged
from notebook_kit.client.streaming.sse import Events, ServerSentEvent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from notebook_kit.client.response import Response

__all__ = ["Form", "Reading", "Views"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_Bytes: TypeAlias = bytes


class Reading(ABC, Generic[T_co]):
    """What can be read with `async for` and with `for`."""

    @abstractmethod
    def __aiter__(self) -> AsyncIterator[T_co]:
        """Read it without holding up the loop."""

    @abstractmethod
    def __iter__(self) -> Iterator[T_co]:
        """Read it where there is no `await`."""


@dataclass(frozen=True, slots=True)
class Form(Generic[T]):
    """What the bytes of a stream become.

    Attributes:
        name: as the method is called.
        decoder: makes what makes values of the bytes.
        raw: whether the content-encoding is left as it is.
    """

    name: str
    decoder: Callable[[Response], Decoder[T]]
    raw: bool = False


_BYTES: Final = Form("bytes", Unchanged)
_RAW: Final = Form("raw", Unchanged, raw=True)
_TEXT: Final[Form[str]] = Form("text", Text)
_LINES: Final[Form[str]] = Form("lines", Lines)
_JSON_LINES: Final[Form[Any]] = Form("json_lines", JsonLines)
_SSE: Final[Form[ServerSentEvent]] = Form("sse", Events)


class Views(ABC):
    """The views of a stream; each can be read with `async for` and with `for`."""

    @abstractmethod
    def _view(self, form: Form[T]) -> Reading[T]:
        """Return what is read in this form."""

    def text(self) -> Reading[str]:
        """Text, piece by piece, in the charset that the answer names; UTF-8 if it names none."""
        return self._view(_TEXT)

    def lines(self) -> Reading[str]:
        r"""Lines without their ends, which are ``\n``, ``\r\n`` or ``\r``."""
        return self._view(_LINES)

    def json_lines(self) -> Reading[Any]:
        """The value of each line that is not empty.

        Reading raises `DecodeError` at a line that is no JSON, and says which one.
        """
        return self._view(_JSON_LINES)

    def sse(self) -> Reading[ServerSentEvent]:
        """Server-sent events; what ends them, as ``[DONE]``, is an event like any other.

        Reading raises `DecodeError` where the answer is a JSON or HTML document instead.
        """
        return self._view(_SSE)

    def bytes(self) -> Reading[_Bytes]:
        """Bytes, piece by piece, decompressed where the answer is compressed."""
        return self._view(_BYTES)

    def raw(self) -> Reading[_Bytes]:
        """Bytes, piece by piece, as they are sent."""
        return self._view(_RAW)
