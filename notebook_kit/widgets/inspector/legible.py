"""Texts from outside on several lines: cut, without secrets, without what misleads the eye."""

from __future__ import annotations

from typing import Final

from notebook_kit.numbers import count
from notebook_kit.redact import scrub, scrub_fields

__all__ = ["legible"]

#: Characters in which secrets are looked for; nothing behind them is shown.
_LOOKED_AT: Final = 100_000
_KEPT: Final = frozenset("\n\t\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}")
_STAND_IN: Final = "\N{REPLACEMENT CHARACTER}"


def legible(text: str, limit: int, *, fields: bool = False) -> str:
    r"""Return a text cut to ``limit`` characters, with how many more there are.

    Args:
        text: from anywhere.
        limit: characters.
        fields: whether quoted values of fields named as credentials are hidden as well.

    >>> legible("one\r\ntwo \x1b[31m" + "!" * 50, 14)
    'one\ntwo �[31m… 50 more characters'
    """
    if len(text) > limit:
        # Before it is cut, as half a secret is not found any more.
        beginning = text[: max(_LOOKED_AT, limit)]
        known = scrub_fields(beginning) if fields else scrub(beginning)
        rest = len(text) - len(beginning) + max(0, len(known) - limit)
    else:
        known, rest = scrub_fields(text) if fields else scrub(text), 0
    shown = known[:limit].replace("\r\n", "\n")
    if not shown.isprintable():
        shown = "".join(it if it.isprintable() or it in _KEPT else _STAND_IN for it in shown)
    return f"{shown}… {count(rest)} more character{'' if rest == 1 else 's'}" if rest else shown
