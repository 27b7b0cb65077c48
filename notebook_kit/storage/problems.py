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
        self._mild: set[str] = set()
        self._tell: Callable[[str], object] | None = None
        self._tell_mildly: Callable[[str], object] | None = None

    def add(self, text: str, *, mild: bool = False) -> None:
        """Say something, unless it was said before; ``mild`` is what nothing is lost by."""
        if text in self.texts:
            return
        if mild:
            self._mild.add(text)
        self.texts.append(text)
        self._say(text)

    def listen(
        self, tell: Callable[[str], object], mildly: Callable[[str], object] | None = None
    ) -> None:
        """Have everything told: what was said before now, the rest as it comes.

        Args:
            tell: given what is told.
            mildly: given what nothing is lost by, in its place.
        """
        self._tell, self._tell_mildly = tell, mildly or tell
        for text in tuple(self.texts):
            self._say(text)

    def release(self) -> None:
        """Let go of who listens."""
        self._tell = self._tell_mildly = None

    def _say(self, text: str) -> None:
        tell = self._tell_mildly if text in self._mild else self._tell
        if tell is not None:
            tell(text)
