"""Lines of a text that comes in pieces."""

from __future__ import annotations

__all__ = ["LineSplitter"]


class LineSplitter:
    r"""Splits at ``\n``, ``\r\n`` and ``\r``, and at nothing else, wherever the pieces part.

    A line that ends with ``\r`` is given at once; a ``\n`` that begins the next piece is the rest
    of its end. Other marks that `str.splitlines` takes for the end of a line may stand in JSON.

    >>> splitter = LineSplitter()
    >>> splitter.feed("one\r\ntwo\rthr"), splitter.feed("ee\r"), splitter.feed("\nfour")
    (['one', 'two'], ['three'], [])
    >>> splitter.finish()
    ['four']
    """

    def __init__(self) -> None:
        # A line may come in thousands of pieces: to join it with each of them would be slow.
        self._begun: list[str] = []
        self._after_return = False

    def feed(self, text: str) -> list[str]:
        """Return the lines that end in this piece, without their ends."""
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
        if not rest:
            return []
        lines = ["".join(self._begun), *rest[:-1]]
        self._begun = [rest[-1]] if rest[-1] else []
        return lines

    def finish(self) -> list[str]:
        """Return the last line if it has no end."""
        last = "".join(self._begun)
        self._begun = []
        return [last] if last else []
