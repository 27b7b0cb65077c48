"""Bodies that can be read only once, made such that they can be sent again; or not at all."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Mapping
from typing import Any

from notebook_kit.errors import ConfigurationError

__all__ = ["SendOnce", "body", "is_one_shot"]


def body(content: Any, *, name: str = "content") -> Any:
    """Return a body as bytes or text: files and iterables are read here, once.

    An async iterable stays one; see `is_one_shot`.

    Raises:
        ConfigurationError: when it is no body.

    >>> body(piece for piece in (b"a", b"b"))
    b'ab'
    """
    if content is None or isinstance(content, (str, bytes, AsyncIterable)):
        return content
    if isinstance(content, (bytearray, memoryview)):
        return bytes(content)
    if hasattr(content, "read"):
        return body(content.read(), name=name)
    if isinstance(content, Iterable) and not isinstance(content, Mapping):
        return b"".join(_piece(piece, name) for piece in content)
    message = f"{name}= is a {type(content).__name__}: give text, bytes, or a file. JSON is json=."
    raise ConfigurationError(message)


def _piece(piece: Any, name: str) -> bytes:
    if isinstance(piece, (bytes, bytearray, memoryview)):
        return bytes(piece)
    if isinstance(piece, str):
        return piece.encode()
    message = f"{name}= gives a {type(piece).__name__}; a body is made of bytes or text."
    raise ConfigurationError(message)


def is_one_shot(content: Any) -> bool:
    """Tell whether a body can be sent a single time only."""
    return isinstance(content, AsyncIterable)


class SendOnce:
    """Lets a body that can be read once be sent once."""

    def __init__(self) -> None:
        self._sent = False

    def check(self) -> None:
        """Note that the body is sent.

        Raises:
            ConfigurationError: the second time.
        """
        if self._sent:
            message = (
                "The body of this call was an async iterable, which can be read only once, and it "
                "was sent already: give bytes as content=, or make a new call."
            )
            raise ConfigurationError(message)
        self._sent = True
