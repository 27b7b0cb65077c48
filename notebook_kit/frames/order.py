"""In which order rows stand, told by when each of them started."""

from __future__ import annotations

import zlib
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["order_mark", "sending", "taken_mark"]

#: What stands for a moment that is not known, in an array of moments.
_UNKNOWN: Final = -(2**63)
#: What a run that is about to start sends again; of this thread, or this task, alone.
_sending: Final[ContextVar[list[str] | None]] = ContextVar("notebook_kit_sending", default=None)


def order_mark(frame: pd.DataFrame, began: NDArray[np.datetime64]) -> str:
    """Return a few characters that are others for the same rows in another order.

    Rows are told apart by when they started and how they ended; those of one moment, such as what
    was refused before anything was sent, by their errors too.

    Args:
        frame: with the columns of a run.
        began: its ``started`` in UTC, in microseconds.
    """
    statuses: Any = frame["status"].array
    moments: Any = began.view("uint8")
    mark = zlib.crc32(statuses.codes.tobytes(), zlib.crc32(moments))
    # As numbers they are compared fast; one that is not known is the least of all.
    micros = began.view("int64")
    tied = micros[1:] == micros[:-1]
    if "error" in frame.columns and len(micros) and (tied.any() or micros.min() == _UNKNOWN):
        alike = micros == _UNKNOWN
        alike[1:] |= tied
        alike[:-1] |= tied
        # Of the others the mark knows all there is; a run that was taken over may be of one moment.
        texts = frame["error"].array[alike & frame["error"].notna().to_numpy()]
        mark = zlib.crc32("\0".join(map(str, texts)).encode("utf-8", "backslashreplace"), mark)
    return f"{mark:08x}"


@contextmanager
def sending(mark: list[str] | None) -> Iterator[None]:
    """Let the run that is started in this block know which rows it sends again."""
    token = _sending.set(mark)
    try:
        yield
    finally:
        _sending.reset(token)


def taken_mark() -> list[str] | None:
    """Return what was given to `sending`, once: runs within that run are others."""
    mark = _sending.get()
    if mark is not None:
        _sending.set(None)
    return mark
