"""Bodies that can be read only once, made such that they can be sent again; or not at all."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Mapping
from pathlib import PurePath
from typing import Any

from notebook_kit.errors import ConfigurationError

__all__ = ["SendOnce", "body", "checked_files", "grouped", "is_one_shot", "uploads"]

#: How many values httpx takes of a file: its name and data, a media type, headers.
_LEAST, _MOST = 2, 4


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
        try:
            return piece.encode()
        except UnicodeEncodeError:
            message = f"{name}= holds half a character, which cannot be sent: give bytes."
            raise ConfigurationError(message) from None
    message = f"{name}= gives a {type(piece).__name__}; a body is made of bytes or text."
    raise ConfigurationError(message)


def grouped(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return the fields of a form as httpx takes them: several values of one name in a list.

    >>> grouped([("a", 1), ("b", 2), ("a", 3)])
    {'a': [1, 3], 'b': 2}
    """
    values: dict[str, list[Any]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: it[0] if len(it) == 1 else it for name, it in values.items()}


def uploads(files: Any) -> list[tuple[Any, Any]]:
    """Return files to upload, as httpx takes them, with their contents as bytes or text.

    An open file is read from its beginning, so that every row, and every further try, sends it.

    Raises:
        ConfigurationError: when they are none.

    >>> import io
    >>> uploads({"file": ("a.txt", io.BytesIO(b"hello"))})
    [('file', ('a.txt', b'hello'))]
    """
    return [(name, _upload(file)) for name, file in _pairs(files)]


def checked_files(files: Any) -> list[tuple[Any, Any]]:
    """Return files to upload, as httpx takes them; open files are left to be read when it is sent.

    Raises:
        ConfigurationError: when they are none, which httpx would find only while it sends.

    >>> checked_files({"file": bytearray(b"hello")})
    [('file', b'hello')]
    """
    return [(name, _checked_file(file)) for name, file in _pairs(files)]


def _pairs(files: Any) -> list[tuple[Any, Any]]:
    pairs = list(files.items()) if isinstance(files, Mapping) else files
    two = len(("name", "file"))
    if isinstance(pairs, (list, tuple)) and all(
        isinstance(it, (list, tuple)) and len(it) == two for it in pairs
    ):
        return [(name, file) for name, file in pairs]
    message = (
        f"files= is a {type(files).__name__}: give a dict such as {{'file': ('a.csv', data)}}, or "
        "a list of pairs."
    )
    raise ConfigurationError(message)


def _upload(file: Any) -> Any:
    if isinstance(file, tuple):
        name, content, *more = _counted(file)
        return (name, _whole(content), *more)
    # httpx names it so, too.
    name = PurePath(str(getattr(file, "name", "upload"))).name
    return name, _whole(file)


def _checked_file(file: Any) -> Any:
    if isinstance(file, tuple):
        name, content, *more = _counted(file)
        return (name, _data(content), *more)
    return _data(file)


def _counted(file: tuple[Any, ...]) -> tuple[Any, ...]:
    if not _LEAST <= len(file) <= _MOST:
        message = (
            f"files= holds {len(file)} values in brackets: write (name, data), or "
            "(name, data, media type), or (name, data, media type, headers)."
        )
        raise ConfigurationError(message)
    return file


def _data(content: Any) -> Any:
    """Return the data of a file as bytes or text, or the file to read it from."""
    if isinstance(content, (str, bytes, bytearray, memoryview)):
        return body(content, name="files")
    if not hasattr(content, "read"):
        is_path = isinstance(content, PurePath)
        instead = "its path.read_bytes()" if is_path else "bytes, text or a file opened with 'rb'"
        message = f"files= holds a {type(content).__name__}, which is no data: give {instead}."
        raise ConfigurationError(message)
    return content


def _whole(content: Any) -> Any:
    content = _data(content)
    if isinstance(content, (str, bytes)):
        return content
    if getattr(content, "seekable", bool)():
        content.seek(0)
    return body(content, name="files")


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
