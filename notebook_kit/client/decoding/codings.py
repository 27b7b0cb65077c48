"""Which encodings an answer says that its body has."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Final

import httpx

from notebook_kit.markup import shorten, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MOST_LAYERS", "codings_of"]

#: A body that was packed more often than this was made to harm.
MOST_LAYERS: Final = 5
_SHOWN: Final = 40
#: Other names for the same (RFC 9110, 8.4.1).
_OTHER_NAMES: Final = {"x-gzip": "gzip"}
#: What is said of a body that nothing was done to. The latter ones are no encodings of HTTP: some
#: servers say them of what is not compressed, as a charset that went into the wrong header.
_NONE: Final = frozenset({"", "identity", "none", "utf-8", "utf8"})
#: What is undone, and the packages of which one is needed for it.
_KNOWN: Final[dict[str, tuple[str, ...]]] = {
    "gzip": (),
    "deflate": (),
    "br": ("brotli", "brotlicffi"),
    "zstd": ("zstandard",),
}


def codings_of(header: str) -> Sequence[str]:
    """Return the encodings of a body, in the order in which they were applied.

    Args:
        header: the value of Content-Encoding; of several such headers, all, with commas between.

    Raises:
        httpx.DecodingError: for one that cannot be undone here, and for too many.

    >>> codings_of("GZip , identity"), codings_of("")
    (('gzip',), ())
    """
    if not header:
        return ()
    named = [name.strip().lower() for name in header.split(",")]
    codings = tuple(_OTHER_NAMES.get(name, name) for name in named if name not in _NONE)
    if len(codings) > MOST_LAYERS:
        message = f"it was packed {len(codings)} times, and {MOST_LAYERS} times is the most"
        raise httpx.DecodingError(message)
    for name in codings:
        _refuse_unknown(name)
    return codings


def _refuse_unknown(name: str) -> None:
    if name not in _KNOWN:
        known = ", ".join(map(repr, _KNOWN))
        message = (
            f"its content-encoding is {shorten(visible(name), _SHOWN)!r}, which nobody knows here; "
            f"known are {known}"
        )
        raise httpx.DecodingError(message)
    packages = _KNOWN[name]
    if packages and not any(map(importlib.util.find_spec, packages)):
        message = (
            f"its content-encoding is {name!r}, which nobody asked for, and to undo it takes a "
            f"package that is not installed: pip install {packages[0]}"
        )
        raise httpx.DecodingError(message)
