"""Chance that can be repeated: the same seed and the same question give the same answer."""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

__all__ = ["chance"]

_SPAN: Final = 2**64


def chance(*parts: object) -> float:
    """Return a number from 0 up to 1 (never 1 itself) that depends on the parts alone.

    >>> chance(0, "LHR", 1) == chance(0, "LHR", 1), 0 <= chance("x") < 1
    (True, True)
    """
    text = "\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest()) / _SPAN
