"""Text that came from outside, made fit to be shown on one line."""

from __future__ import annotations

import re
from typing import Final

from notebook_kit.markup import shorten
from notebook_kit.redact import scrub

__all__ = ["plain"]

#: They join letters and emoji; every other invisible character could mislead the eye.
_JOINERS: Final = frozenset("\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}")
#: Characters in which secrets are looked for; what is behind them is not shown.
_LOOKED_AT: Final = 20_000
_STAND_IN: Final = "\N{REPLACEMENT CHARACTER}"
_NO_BREAK: Final = "\N{NO-BREAK SPACE}"
#: A number and its unit, which belong on one line.
_BOUND: Final = re.compile(rf"(?<=\d){_NO_BREAK}(?=[\w%])")
#: Stands for the space in there while white space is made single spaces.
_BINDER: Final = "\ue000"


def plain(text: str, limit: int) -> str:
    r"""Return the text on one line, cut to ``limit``, without secrets and what acts beyond it.

    That are characters which command a terminal or turn the direction of the writing. A no-break
    space between a number and its unit stays one.

    >>> plain("red: \x1b[31m" + "!" * 50, 12)
    'red: �[31m!…'
    """
    # Before it is cut, as half a secret is not found any more.
    clean = scrub(text[:_LOOKED_AT]).replace(_BINDER, _STAND_IN)
    line = shorten(_BOUND.sub(_BINDER, clean), limit)
    return line if line.isprintable() else "".join(map(_shown, line))


def _shown(letter: str) -> str:
    if letter == _BINDER:
        return _NO_BREAK
    return letter if letter.isprintable() or letter in _JOINERS else _STAND_IN
