"""What a journal has to say to the user, kept until somebody listens."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Problems"]


class Problems:
    """Sentences, each once; added from any thread.

    Attributes:
        texts: all of them, oldest first.

    >>> problems = Problems()
    >>> problems.add("the disk is full")
    >>> problems.listen(print)
    the disk is full
    """

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._tell: Callable[[str], object] | None = None

    def add(self, text: str) -> None:
        """Say something, unless it was said before."""
        if text in self.texts:
            return
        self.texts.append(text)
        tell = self._tell
        if tell is not None:
            tell(text)

    def listen(self, tell: Callable[[str], object]) -> None:
        """Have everything told: what was said before now, the rest as it comes."""
        self._tell = tell
        for text in tuple(self.texts):
            tell(text)

    def release(self) -> None:
        """Let go of who listens."""
        self._tell = None
