"""Where a warning of a cache points to: the line of who asks for an answer."""

from __future__ import annotations

import sys
from typing import Final

__all__ = ["level_of_user"]

#: This package, and what calls it between the user's line and here: who runs its coroutines.
_BETWEEN: Final = frozenset({__name__.partition(".")[0], "asyncio", "concurrent", "contextlib"})


def level_of_user() -> int:
    """Return the ``stacklevel`` by which whoever calls this warns at the user's line.

    Where no line of the user's is being executed in this thread, it is 1: the caller's own.
    """
    frame = sys._getframe(1)  # noqa: SLF001 - the documented way to the caller
    level = 1
    while str(frame.f_globals.get("__name__")).partition(".")[0] in _BETWEEN:
        if frame.f_back is None:
            return 1
        frame, level = frame.f_back, level + 1
    return 1 if frame.f_globals.get("__name__") == "threading" else level
