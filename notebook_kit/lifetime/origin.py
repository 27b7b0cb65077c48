"""Where in the user's code something was made."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["Origin", "caller_origin"]

_PACKAGE: Final = "notebook_kit"
#: It stands between a ``with`` of the user's and what that enters.
_BETWEEN: Final = "contextlib"


@dataclass(frozen=True, slots=True)
class Origin:
    """A line of code.

    Attributes:
        filename: the file, or what IPython calls the cell.
        lineno: the line, from 1.
        cell: the number of the prompt, or None outside a notebook.
    """

    filename: str
    lineno: int
    cell: int | None = None

    def __str__(self) -> str:
        if self.cell is not None:
            return f"cell [{self.cell}], line {self.lineno}"
        return f"{Path(self.filename).name}:{self.lineno}"


def caller_origin() -> Origin:
    """Return the innermost line of code that is not this package's own."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the documented way to the caller
    while frame is not None and _is_ours(frame):
        frame = frame.f_back
    if frame is None:
        return Origin("<unknown>", 0)
    return Origin(frame.f_code.co_filename, frame.f_lineno, _cell_of(frame))


def _is_ours(frame: FrameType) -> bool:
    name = str(frame.f_globals.get("__name__"))
    return name in (_PACKAGE, _BETWEEN) or name.startswith(_PACKAGE + ".")


def _cell_of(frame: FrameType) -> int | None:
    names = frame.f_globals
    if names.get("__name__") != "__main__" or "get_ipython" not in names:
        return None
    # IPython's own record of the cells, the one being executed included; its counter is one ahead.
    cells = names.get("In")
    return len(cells) - 1 if isinstance(cells, list) and cells else None
