"""Lines of a text that comes in pieces."""

from __future__ import annotations

__all__ = ["LineSplitter", "LineTooLongError"]


class LineTooLongError(ValueError):
    """A line has more characters than it may have, and no end yet."""


class LineSplitter:
    r"""Splits at ``\n``, ``\r\n`` and ``\r``, and at nothing else, wherever the pieces part.

    A line that ends with ``\r`` is given at once; a ``\n`` that begins the next piece is the rest
    of its end. Other marks that `str.splitlines` takes for the end of a line may stand in JSON.

    Args:
        most: how many characters a line may have; None for any number.

    >>> splitter = LineSplitter()
    >>> splitter.feed("one\r\ntwo\rthr"), splitter.feed("ee\r"), splitter.feed("\nfour")
    (['one', 'two'], ['three'], [])
    >>> splitter.finish()
    ['four']
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._length = 0
        # A line may come in thousands of pieces: to join it with each of them would be slow.
        self._begun: list[str] = []
        self._after_return = False

    def feed(self, text: str) -> list[str]:
        """Return the lines that end in this piece, without their ends.

        Raises:
            LineTooLongError: when a line has become too long without ending.
        """
        if self._after_return and text:
            self._after_return = False
            text = text.removeprefix("\n")
        if not text:
            return []
        if "\r" in text:
            self._after_return = text.endswith("\r")
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        first, *rest = text.split("\n")
        self._begun.append(first)
        self._length += len(first)
        if not rest:
            if self._most is not None and self._length > self._most:
                raise LineTooLongError
            return []
        self._length = len(rest[-1])
        lines = ["".join(self._begun), *rest[:-1]]
        self._begun = [rest[-1]] if rest[-1] else []
        return lines

    def finish(self) -> list[str]:
        """Return the last line if it has no end."""
        last = "".join(self._begun)
        self._begun = []
        return [last] if last else []
