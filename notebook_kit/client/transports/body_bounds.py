"""What an answer may cost: bytes of its body, as it comes and decompressed, and minutes."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import httpx

from notebook_kit.client.transports.patience import took_too_long
from notebook_kit.numbers import size as shown_size
from notebook_kit.policies.sizes import Size, bytes_of, size_text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

__all__ = [
    "BOUNDS",
    "USUAL",
    "AnswerBounds",
    "BodyBounds",
    "BodyTooLarge",
    "BoundedBody",
    "Excess",
    "body_bounds",
    "bound_of_call",
    "bound_of_row",
    "bounds_of",
    "check_told",
    "cut_at",
    "is_cut",
    "tell_cut",
]

#: The key of a request's extensions under which its `AnswerBounds` lie.
BOUNDS: Final = "notebook_kit.bounds"

_AUTO: Final = "auto"
_MIB: Final = 1024**2
#: No larger bound is written for anybody: what a server says of a length may be anything.
_LARGEST_ADVISED: Final = 16 * 1024**3
#: The key of an answer's extensions under which lies how much its body was cut at, in bytes.
_CUT_AT: Final = "notebook_kit.cut_at"
_GOOD: Final = range(100, 400)
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
    '100 MiB for a call, 10 MiB in a map'
    """

    call: int | None = 100 * _MIB
    row: int | None = 10 * _MIB

    def __str__(self) -> str:
        call, row = ("any" if it is None else size_text(it) for it in self)
        return call if call == row else f"{call} for a call, {row} in a map"


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
        status: the status of the answer, or None where that is not known.
    """

    def __init__(
        self, how: str, *, most: int, size: int, is_whole: bool = False, status: int | None = None
    ) -> None:
        self.most, self.size, self.is_whole, self.status = most, size, is_whole, status
        least = _MIB * 2 ** math.ceil(math.log2(max(size, 2 * most, _MIB) / _MIB))
        amount = shown_size(size) if is_whole else f"more than {size_text(most)}"
        instead = "to read it piece by piece there is client.stream"
        if least <= _LARGEST_ADVISED:
            bound = f"write max_body={size_text(least)!r}, or None for no bound"
            instead = f"if it is to be taken, {bound}; {instead}"
        super().__init__(
            f"the body of the answer has {amount}{how}, and max_body is {size_text(most)}. "
            f"{instead[0].upper()}{instead[1:]}"
        )


def check_told(length: str | None, most: int | None, status: int) -> None:
    """Check what a good answer says of its length, before its body is read.

    Raises:
        BodyTooLarge: when that is more than it may have.

    >>> check_told("5", 5, 200), check_told("6", 5, 404)
    (None, None)
    """
    if is_cut(status):
        return
    if most is None or length is None or not (length.isascii() and length.isdigit()):
        return  # What is no length is told of by who reads it.
    told = int(length[:_DIGITS]) if len(length) <= _DIGITS else 10**_DIGITS
    if told > most:
        how = " by its Content-Length"
        raise BodyTooLarge(how, most=most, size=told, is_whole=True, status=status)


def is_cut(status: int) -> bool:
    """Tell whether a body that is too large is cut: where the status alone is an error already.

    >>> is_cut(404), is_cut(999), is_cut(200)
    (True, True, False)
    """
    return status not in _GOOD


def cut_at(extensions: Mapping[str, Any]) -> int | None:
    """Return after how many bytes the body of an answer was cut; None where it is whole."""
    return extensions.get(_CUT_AT)


def tell_cut(extensions: dict[str, Any], size: int) -> None:
    """Note in the extensions of an answer that its body was cut after so many bytes."""
    extensions[_CUT_AT] = size


class Excess:
    """What is done about a body of which more has come than it may have.

    That of a good answer is refused. What tells of an error by its status does so whatever its body
    says: that one is cut, and the rest of it never read.

    Args:
        most: so many bytes it may have; None for any number.
        status: the status of the answer, or None where it is not known, and nothing is cut.
        extensions: of the answer; here it is told that it was cut.
        give_up: called when it has become too much.

    Attributes:
        most: as above.
        is_over: whether it was cut, so that nothing more of it counts.
    """

    def __init__(
        self,
        most: int | None,
        status: int | None = None,
        extensions: dict[str, Any] | None = None,
        give_up: Callable[[], None] | None = None,
    ) -> None:
        self.most = most
        self.is_over = False
        self._status = status
        # Not the answer, which holds its stream, and that would hold it.
        self._extensions = {} if extensions is None else extensions
        self._give_up = give_up

    def give_up(self) -> None:
        """Tell who waits for the whole that nothing more of it is wanted."""
        if self._give_up is not None:
            self._give_up()

    def found(self, how: str, size: int, *, kept: int | None = None) -> int:
        """Take note that so many bytes have come; return how many of them are too many.

        Args:
            how: what is said of them.
            size: so many have come.
            kept: so many of them are kept, where that is less than may be.

        Raises:
            BodyTooLarge: when it is to be refused.
        """
        most = self.most
        assert most is not None  # noqa: S101 - nothing is more than any number
        self.give_up()
        if self._status is None or not is_cut(self._status):
            raise BodyTooLarge(how, most=most, size=size, status=self._status)
        self.is_over = True
        tell_cut(self._extensions, most if kept is None else kept)
        return size - most


class BoundedBody(httpx.AsyncByteStream):
    """A body of which no more comes than it may have, and not for too long.

    Args:
        stream: the body.
        excess: how much it may have, and what is done when it has more.
        whole_s: so many seconds it may take; None for any. Silence is bounded elsewhere, so it is
            enough to look at the clock when something comes.
    """

    def __init__(
        self,
        stream: httpx.AsyncByteStream,
        excess: Excess,
        whole_s: float | None,
    ) -> None:
        self._stream = stream
        self._excess = excess
        self._over_at = math.inf if whole_s is None else time.monotonic() + whole_s
        self._whole_s = whole_s

    async def __aiter__(self) -> AsyncIterator[bytes]:
        excess = self._excess
        size, most = 0, math.inf if excess.most is None else excess.most
        async for piece in self._stream:
            size += len(piece)
            if size > most:
                yield piece[: len(piece) - excess.found("", size)]
                return
            if time.monotonic() > self._over_at:
                raise httpx.ReadTimeout(took_too_long(self._whole_s))
            yield piece
            if excess.is_over:
                return  # It has become too much, decompressed.

    async def aclose(self) -> None:
        """Close it; what was not read of it is lost, and its connection too."""
        await self._stream.aclose()
