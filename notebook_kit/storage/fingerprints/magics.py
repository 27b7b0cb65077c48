"""Cells that are run by a magic of IPython, whose text stands inside another cell."""

from __future__ import annotations

import ast
import linecache
from typing import Final

__all__ = ["TIMED", "timed_cells"]

#: What code is said to come from that was run by ``%%time``.
TIMED: Final = ("<timed exec>", "<timed eval>")
_BEGIN: Final = "get_ipython().run_cell_magic('time'"


def timed_cells() -> list[str]:
    """Return the texts of all cells that were run by ``%%time``, the last one first."""
    kept = [entry[2] for entry in linecache.cache.values() if len(entry) > 1]
    texts = ["".join(lines) for lines in reversed(kept) if lines and lines[0].startswith(_BEGIN)]
    return [found for text in texts if (found := _given(text))]


def _given(text: str) -> str:
    """Return the last argument of a call, which is the text of the cell."""
    try:
        call = ast.parse(text.strip(), mode="eval").body
        given = ast.literal_eval(call.args[-1]) if isinstance(call, ast.Call) else ""
    except (SyntaxError, ValueError, RecursionError):
        return ""
    return given if isinstance(given, str) else ""
