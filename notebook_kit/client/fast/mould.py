"""A request of which the path alone differs from row to row: all else is worked out once."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Final

import httpx

from notebook_kit.client.transports.order import Order

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from notebook_kit.client.fast.lane import Lane

    WordMaker: TypeAlias = Callable[[object, Callable[[], None] | None], Order | None]

__all__ = ["Mould", "is_kept"]

_ENCODED: Final = "%[0-9A-Fa-f]{2}"
#: A path, and perhaps a query, of which httpx keeps every byte.
_PATH: Final = re.compile(rf"/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|{_ENCODED})*")
_QUERY: Final = re.compile(rf"\?(?:[A-Za-z0-9._~!$&()*+,;=:@/-]|{_ENCODED})*")
#: Empty segments and those of dots are put in order; what begins with a dot is looked at closely.
_ODD: Final = re.compile(r"//|/\.")
#: httpx refuses URLs that are longer than 65,536 characters.
_LONGEST: Final = 8_000
_LONGEST_WORD: Final = 1_000


def is_kept(path: str, *, query: bool = True) -> bool:
    """Tell whether httpx would ask for this path, and query, as it is written.

    >>> is_kept("/a/b%20c?d=1"), is_kept("/a/../b"), is_kept("/a b")
    (True, False, False)
    """
    if len(path) > _LONGEST or _ODD.search(path) is not None:
        return False
    match = _PATH.match(path)
    if match is None:
        return False
    end = match.end()
    return end == len(path) or (query and _QUERY.fullmatch(path, end) is not None)


class Mould:
    """Makes orders out of paths.

    Args:
        beginning: scheme and host, where the paths are behind them; else empty.
        order: of a request for the path `mark`.
        mark: a path that stands in the head once.
        sample: that request, whose body all others share.
    """

    def __init__(self, beginning: str, order: Order, mark: bytes, sample: httpx.Request) -> None:
        self._beginning = beginning
        self._before, self._after = order.head.split(mark)
        self._route, self._framing, self._is_head = order.route, order.framing, order.is_head
        self._patience, self._most = order.patience, order.most
        self._sample = sample if order.framing.length != 0 else None
        # Parameters that all requests have are put behind the query, which then has to be read.
        self._may_have_query = not sample.url.query

    @classmethod
    def of(cls, lane: Lane, beginning: str, build: Callable[[str], httpx.Request]) -> Mould | None:
        """Return the mould for paths behind a beginning; None where httpx has work to do for each.

        Args:
            lane: the way that they will go.
            beginning: scheme and host, or empty for paths behind the base URL.
            build: gives the request for a path or URL.
        """
        mark = uuid.uuid4().hex
        sample = build(f"{beginning}/{mark}")
        if not lane.takes(sample, {}):
            return None
        try:
            order = lane.transport.order(sample)
        except httpx.TransportError:
            return None  # It cannot be sent, and each row is told so.
        written = b"/%s" % mark.encode()
        if order.head.count(written) != 1 or order.framing.expects_continue:
            return None
        return cls(beginning, order, written, sample)

    def order(self, text: str, tell_sent: Callable[[], None] | None) -> Order | None:
        """Return the order for a path or URL; None for one that httpx would change."""
        if self._beginning:
            if not text.startswith(self._beginning):
                return None
            text = text[len(self._beginning) :]
        elif not text.startswith("/"):
            if ":" in text:
                return None  # It may be a scheme.
            text = f"/{text}"
        if not is_kept(text, query=self._may_have_query):
            return None
        return self._ordered(self._before, text, self._after, tell_sent)

    def _ordered(
        self, before: bytes, text: str, after: bytes, tell_sent: Callable[[], None] | None
    ) -> Order:
        return Order(
            self._route,
            b"%s%s%s" % (before, text.encode("ascii"), after),
            self._framing,
            self._sample,
            self._is_head,
            self._patience,
            tell_sent,
            self._most,
        )

    def for_words(self, fill: Callable[[str], str]) -> WordMaker | None:
        """Return what makes orders out of words that stand in the paths once, or None.

        Args:
            fill: gives the path, or URL, of a word.
        """
        word = uuid.uuid4().hex
        text = fill(word)
        order = self.order(text, None)
        # What stands before it must not be the half of something, as "%2" is.
        whole = self.order(text.partition(word)[0], None) is not None
        if order is None or not whole or order.head.count(word.encode()) != 1:
            return None
        before, after = order.head.split(word.encode())

        def make(value: object, tell_sent: Callable[[], None] | None) -> Order | None:
            if type(value) is str:
                written = value
            elif type(value) is int:
                written = str(value)
            else:
                return None
            is_word = written.isalnum() and written.isascii() and len(written) <= _LONGEST_WORD
            return self._ordered(before, written, after, tell_sent) if is_word else None

        return make
