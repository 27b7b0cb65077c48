"""What an answer may cost: bytes of its body, as it comes and decompressed, and minutes."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Final, NamedTuple

import httpx

from notebook_kit.client.transports.patience import took_too_long
from notebook_kit.numbers import size as shown_size
from notebook_kit.policies.sizes import Size, bytes_of, size_text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

__all__ = [
    "BOUNDS",
    "USUAL",
    "AnswerBounds",
    "BodyBounds",
    "BodyTooLarge",
    "BoundedBody",
    "body_bounds",
    "bound_of_call",
    "bound_of_row",
    "bounds_of",
    "check_told",
]

#: The key of a request's extensions under which its `AnswerBounds` lie.
BOUNDS: Final = "notebook_kit.bounds"

_AUTO: Final = "auto"
_MIB: Final = 1024**2
#: Digits of a length that is a number at all.
_DIGITS: Final = 18


class AnswerBounds(NamedTuple):
    """What the answer to one request may cost.

    Attributes:
        most: how many bytes its body may have; None for any number. Of a stream a line or an event.
        ends: whether it is given up after some minutes, as nobody has said when.
    """

    most: int | None = 100 * _MIB
    ends: bool = True


_ANY_ANSWER: Final = AnswerBounds()


def bounds_of(request: httpx.Request) -> AnswerBounds:
    """Return what the answer to a request may cost; the usual where it does not say."""
    bounds = request.extensions.get(BOUNDS)
    return bounds if isinstance(bounds, AnswerBounds) else _ANY_ANSWER


class BodyBounds(NamedTuple):
    """How many bytes a body may have; None for any number.

    Attributes:
        call: of a call of its own.
        row: of a row of a map, of which many are under way at once.

    >>> str(USUAL)
    '100 MiB for a call, 10 MiB for a row'
    """

    call: int | None = 100 * _MIB
    row: int | None = 10 * _MIB

    def __str__(self) -> str:
        call, row = ("any" if it is None else size_text(it) for it in self)
        return call if call == row else f"{call} for a call, {row} for a row"


USUAL: Final = BodyBounds()


def body_bounds(max_body: Size | None) -> BodyBounds:
    """Return what ``max_body=`` of a client stands for.

    Raises:
        ConfigurationError: for what is no size.

    >>> body_bounds("1 MiB"), body_bounds("auto") == USUAL
    (BodyBounds(call=1048576, row=1048576), True)
    """
    if isinstance(max_body, str) and max_body == _AUTO:
        return USUAL
    most = None if max_body is None else bytes_of(max_body, name="max_body")
    return BodyBounds(most, most)


def bound_of_call(max_body: Size | None) -> int | None:
    """Return the same for one call.

    Raises:
        ConfigurationError: for what is no size.
    """
    return body_bounds(max_body).call


def bound_of_row(max_body: Size | None) -> int | None:
    """Return the same for each row of a map.

    Raises:
        ConfigurationError: for what is no size.
    """
    return body_bounds(max_body).row


class BodyTooLarge(httpx.DecodingError):
    """A body is larger than it may be; it stands for `TooLarge` as long as httpx carries it.

    Attributes:
        most: how many bytes it may have.
        size: how many it has, or was found to have so far.
        is_whole: whether that is all of it.
    """

    def __init__(self, how: str, *, most: int, size: int, is_whole: bool = False) -> None:
        self.most, self.size, self.is_whole = most, size, is_whole
        least = _MIB * 2 ** math.ceil(math.log2(max(size, 2 * most, _MIB) / _MIB))
        amount = shown_size(size) if is_whole else f"more than {size_text(most)}"
        super().__init__(
            f"the body of the answer has {amount}{how}, and max_body is {size_text(most)}. If it "
            f"is to be taken, write max_body={size_text(least)!r}, or None for no bound; to read "
            "it piece by piece there is client.stream"
        )


def check_told(length: str | None, most: int | None) -> None:
    """Check what an answer says of its length, before its body is read.

    Raises:
        BodyTooLarge: when that is more than it may have.

    >>> check_told("5", 5)
    """
    if most is None or length is None or not (length.isascii() and length.isdigit()):
        return  # What is no length is told of by who reads it.
    told = int(length[:_DIGITS]) if len(length) <= _DIGITS else 10**_DIGITS
    if told > most:
        raise BodyTooLarge(" by its Content-Length", most=most, size=told, is_whole=True)


class BoundedBody(httpx.AsyncByteStream):
    """A body that is an error as soon as more has come of it than it may have, or for too long.

    Args:
        stream: the body.
        most: so many bytes it may have; None for any number.
        whole_s: so many seconds it may take; None for any. Silence is bounded elsewhere, so it is
            enough to look at the clock when something comes.
        give_up: called when it has become too much.
    """

    def __init__(
        self,
        stream: httpx.AsyncByteStream,
        most: int | None,
        whole_s: float | None,
        give_up: Callable[[], None],
    ) -> None:
        self._give_up = give_up
        self._stream = stream
        self._most = math.inf if most is None else most
        self._over_at = math.inf if whole_s is None else time.monotonic() + whole_s
        self._whole_s = whole_s

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size, most = 0, self._most
        async for piece in self._stream:
            size += len(piece)
            if size > most:
                self._give_up()
                raise BodyTooLarge("", most=int(most), size=size)
            if time.monotonic() > self._over_at:
                raise httpx.ReadTimeout(took_too_long(self._whole_s))
            yield piece

    async def aclose(self) -> None:
        """Close it; what was not read of it is lost, and its connection too."""
        await self._stream.aclose()
