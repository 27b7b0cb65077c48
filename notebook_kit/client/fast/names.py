"""What the names of the headers of an answer say, looked at once for all answers with the same."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Names", "names_of"]

#: Bytes of names that are remembered; a server that makes up others fills no memory.
_LONGEST_KEPT: Final = 4_000


class Names(NamedTuple):
    """Which headers there are.

    Attributes:
        sets_cookie: whether one sets a cookie.
        is_encoded: whether one says that the body is encoded.
        tells_limits: whether one may tell of limits.
        content_types: where those stand that tell what the body is.
    """

    sets_cookie: bool
    is_encoded: bool
    tells_limits: bool
    content_types: tuple[int, ...]


def names_of(headers: Sequence[tuple[bytes, bytes]]) -> Names:
    """Return what the names of these headers say.

    >>> names_of([(b"Content-Type", b"text/plain"), (b"RateLimit-Limit", b"9")])
    Names(sets_cookie=False, is_encoded=False, tells_limits=True, content_types=(0,))
    """
    written = b"\n".join([name for name, _ in headers])
    return _known(written) if len(written) <= _LONGEST_KEPT else _read(written)


# The servers that a client speaks to give the same headers with each answer.
@lru_cache(maxsize=256)
def _known(written: bytes) -> Names:
    return _read(written)


def _read(written: bytes) -> Names:
    lower = written.lower()
    at = (at for at, name in enumerate(lower.split(b"\n")) if name == b"content-type")
    return Names(
        b"set-cookie" in lower, b"content-encoding" in lower, b"ratelimit" in lower, tuple(at)
    )
