"""Text that came from outside, made fit to be shown on one line."""

from __future__ import annotations

from typing import Final

from notebook_kit.markup import shorten
from notebook_kit.redact import scrub

__all__ = ["plain"]

#: They join letters and emoji; every other invisible character could mislead the eye.
_JOINERS: Final = frozenset("\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}")
#: Characters in which secrets are looked for; what is behind them is not shown.
_LOOKED_AT: Final = 20_000
_STAND_IN: Final = "\N{REPLACEMENT CHARACTER}"


def plain(text: str, limit: int) -> str:
    r"""Return the text on one line, cut to ``limit``, without secrets and what acts beyond it.

    That are characters which command a terminal or turn the direction of the writing.

    >>> plain("red: \x1b[31m" + "!" * 50, 12)
    'red: �[31m!…'
    """
    # Before it is cut, as half a secret is not found any more.
    line = shorten(scrub(text[:_LOOKED_AT]), limit)
    if line.isprintable():
        return line
    return "".join(it if it.isprintable() or it in _JOINERS else _STAND_IN for it in line)
