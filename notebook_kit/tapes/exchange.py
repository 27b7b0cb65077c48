"""A request as a tape knows it, and what became of it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from notebook_kit.redact import is_secret_field
from notebook_kit.tapes.credentials import askers, credentials
from notebook_kit.tapes.words import without_aliases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_kit.tapes.words import Aliases

__all__ = ["CUT", "LATE", "LONG", "Came", "Decoded", "Failed", "Known", "Sent", "came_of"]

#: The kind of failure of what was let go of before its end, so that nobody knows the end.
CUT: Final = "cut"
#: The kind of failure of an attempt that took longer than its own limit.
LATE: Final = "late"
#: The kind of failure of an answer that is longer than what a tape keeps of one.
LONG: Final = "long"

_BOUNDARY: Final = re.compile(r'multipart/.*boundary="?([^";,]+)', re.IGNORECASE)
_STATUSES: Final = range(100, 1000)
#: Headers of answers that are left out: credentials, and what is about them.
_LEFT_OUT: Final = frozenset({"set-cookie", "set-cookie2", "authentication-info"})


class Known(NamedTuple):
    """What a request is known by on one tape.

    Attributes:
        exact: a digest of all of it.
        loose: a digest of it but for its credentials.
        asker: a digest of the credentials in its headers, which are in none of the others; empty
            where there are none.
        url: without credentials.
    """

    exact: bytes
    loose: bytes
    asker: bytes
    url: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A request.

    Attributes:
        method: the method.
        url: the whole URL.
        headers: all that it has.
        body: all of it.
    """

    method: str
    url: str
    headers: Sequence[tuple[str, str]]
    body: bytes

    def known(self, aliases: Aliases) -> Known:
        """Return what it is known by: method, URL, body, and the range that is asked for."""
        words = self.words()
        url, body, part = self.url, self.body, ""
        for name, value in self.headers:
            if name.lower() == "content-type" and (found := _BOUNDARY.match(value)):
                # It is made up anew each time.
                body = body.replace(found[1].encode("latin-1"), b"boundary")
            elif name.lower() == "range":
                part = value
        url = aliases.in_text(url, words)
        content = aliases.in_body(body, words)
        parts = self.method.encode(), url.encode("utf-8", "surrogateescape"), part.encode()
        exact = aliases.digest(*parts, content)
        loose = aliases.digest(b"loose", *map(without_aliases, (*parts, content)))
        by = [aliases.of(value).encode() for value in askers(self.headers)]
        return Known(exact, loose, aliases.digest(b"asker", *by) if by else b"", url)

    def words(self) -> frozenset[str]:
        """Return the credentials that it has."""
        return credentials(self.url, self.headers, self.body)


class Failed(NamedTuple):
    """How a request ended without its whole answer.

    Attributes:
        kind: the name of the error's class, `LATE`, `LONG` or `CUT`.
        text: what it said.
    """

    kind: str
    text: str


class Decoded(NamedTuple):
    """A body decompressed, as far as that goes.

    Attributes:
        body: what came of it.
        failure: why there is no more, or None where that is all.
    """

    body: bytes
    failure: Failed | None = None


class Came(NamedTuple):
    """What became of a request.

    Attributes:
        status: the HTTP status; None where nothing came.
        head: what else the head of the answer says, as JSON can.
        pieces: the body, as it came.
        failure: what came in its place or behind it, or None.
    """

    status: int | None
    head: dict[str, Any]
    pieces: tuple[bytes, ...]
    failure: Failed | None = None

    @property
    def size(self) -> int:
        """How many bytes came."""
        return sum(map(len, self.pieces))

    def is_nothing(self) -> bool:
        """Tell whether it was let go of before anything came."""
        return self.status is None and self.failure is not None and self.failure.kind == CUT

    def cleaned(self, aliases: Aliases, words: frozenset[str], decoded: Decoded | None) -> Came:
        """Return the same without credentials.

        Args:
            aliases: of the tape.
            words: the credentials of the request.
            decoded: the body decompressed; None where it is not compressed.
        """
        if decoded is not None and decoded.failure is not None and decoded.failure.kind == LONG:
            return self._replace(pieces=(), failure=decoded.failure).cleaned(aliases, words, None)
        head, pieces, failure = dict(self.head), self.pieces, self.failure
        body = b"".join(pieces) if decoded is None else decoded.body
        clean = aliases.in_body(body, words)
        changed = clean != body
        if changed and decoded is not None:
            failure = failure or decoded.failure
        headers = []
        for name, value in head.get("headers", ()):
            small = name.lower()
            if small in _LEFT_OUT or (changed and small == "content-encoding"):
                continue
            if changed and small == "content-length":
                headers.append((name, str(len(clean))))
            elif is_secret_field(name, value):
                headers.append((name, aliases.of(value)))
            else:
                headers.append((name, aliases.in_text(value, words)))
        if "headers" in head:
            head["headers"] = headers
        if "url" in head:
            head["url"] = aliases.in_text(head["url"], words)
        if failure is not None:
            failure = failure._replace(text=aliases.in_text(failure.text, words))
        return Came(self.status, head, (clean,) if changed else pieces, failure)

    def row(self) -> tuple[int | None, str, str | None, bytes]:
        """Return status, head, failure and body as a tape keeps them."""
        head = self.head
        if len(self.pieces) > 1:
            head = {**head, "pieces": [len(piece) for piece in self.pieces]}
        failure = None if self.failure is None else json.dumps(self.failure)
        return self.status, json.dumps(head), failure, b"".join(self.pieces)


def came_of(status: object, head: object, failure: object, body: object) -> Came:
    """Return what was kept so.

    Raises:
        ValueError: for what no tape keeps.
    """
    try:
        said, failed = dict(json.loads(_text(head))), None
        if failure is not None:
            kind, text = json.loads(_text(failure))
            failed = Failed(_text(kind), _text(text))
        said["headers"] = [(_text(name), _text(value)) for name, value in said.get("headers", ())]
        number = None if status is None and failed is not None else _status(status)
        return Came(number, said, _cut(body, said.pop("pieces", None)), failed)
    except (TypeError, ValueError, KeyError, RecursionError) as error:
        message = "this is no exchange that was recorded"
        raise ValueError(message) from error


def _cut(body: object, lengths: Any) -> tuple[bytes, ...]:
    if not isinstance(body, bytes):
        raise TypeError
    if lengths is None:
        return (body,) if body else ()
    pieces, start = [], 0
    for length in map(_whole, lengths):
        pieces.append(body[start : start + length])
        start += length
    if start != len(body):
        raise ValueError
    return tuple(pieces)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _status(value: object) -> int:
    number = _whole(value)
    if number not in _STATUSES:
        raise ValueError
    return number


def _whole(value: object) -> int:
    if type(value) is not int or value < 0:
        raise TypeError
    return value
