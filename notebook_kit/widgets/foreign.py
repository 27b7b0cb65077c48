"""Text that came from outside, made fit to be shown on one line."""

from __future__ import annotations

from typing import Final

from notebook_kit.markup import shorten

__all__ = ["plain"]

#: They join letters and emoji; every other invisible character could mislead the eye.
_JOINERS: Final = frozenset("\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}")
_STAND_IN: Final = "\N{REPLACEMENT CHARACTER}"


def plain(text: str, limit: int) -> str:
    r"""Return the text on one line, cut to ``limit``, without characters that act beyond it.

    Those are the ones that command a terminal or turn the direction of the writing.

    >>> plain("red: \x1b[31m" + "!" * 50, 12)
    'red: �[31m!…'
    """
    line = shorten(text, limit)
    if line.isprintable():
        return line
    return "".join(it if it.isprintable() or it in _JOINERS else _STAND_IN for it in line)
