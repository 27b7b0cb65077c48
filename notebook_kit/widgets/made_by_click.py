"""Where a panel stands, for the runs that its buttons start: a click has no line of its own."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from notebook_kit.lifetime import caller_origin
from notebook_kit.lifetime.monitor import ClickedOrigin

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["panel_origin"]


def panel_origin(shell: Any) -> ClickedOrigin:
    """Return the line of the cell that is being executed, as the place of the panel shown there.

    A cell that ends in the name of a run shows it through IPython, whose lines say nothing to
    anybody: the innermost line of the notebook's own is looked for.
    """
    names = getattr(shell, "user_ns", None)
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the documented way to the caller
    while frame is not None and frame.f_globals is not names:
        frame = frame.f_back
    if frame is None:
        at = caller_origin()
        return ClickedOrigin(at.filename, at.lineno, at.cell, what="panel")
    # IPython's own record of the cells, the one being executed included.
    cells = frame.f_globals.get("In")
    number = len(cells) - 1 if isinstance(cells, list) and cells else None
    return ClickedOrigin(frame.f_code.co_filename, frame.f_lineno, number, what="panel")
