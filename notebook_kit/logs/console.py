"""The handler that writes lines where a person sees them."""

from __future__ import annotations

import logging
import sys
from typing import Final, TextIO

__all__ = ["Console"]

_FORMAT: Final = "%(asctime)s.%(msecs)03d %(levelname)-7s %(name)s: %(message)s"


class Console(logging.Handler):
    """Writes lines to a stream; without one, to what is the standard error at that moment.

    In a notebook that stream finds the cell that a line belongs to by the context it is written in.
    The package's I/O thread does what it does in the context of the cell that asked for it, so
    lines land there, also when other cells are running by then.
    """

    def __init__(self, stream: TextIO | None) -> None:
        super().__init__()
        self._stream = stream
        self.setFormatter(logging.Formatter(_FORMAT, datefmt="%H:%M:%S"))

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, unless it is going to be written to the same place anyway."""
        # A kernel replaces its streams, pytest and contextlib too, so it is looked up each time.
        stream = self._stream or sys.stderr
        if stream is None or _is_written_by_root(record, stream):
            return
        try:
            # In one piece, and not flushed: a kernel's stream would block the sockets' thread until
            # its own has sent it. The standard error is written line by line anyway.
            stream.write(f"{self.format(record)}\n")
        except Exception:  # noqa: BLE001 - a stream that is gone must not end the request
            self.handleError(record)


def _is_written_by_root(record: logging.LogRecord, stream: TextIO) -> bool:
    """Tell whether the root's own handlers write a record to the stream: then it stands once."""
    if not logging.getLogger("notebook_kit").propagate:
        return False
    return any(
        isinstance(handler, logging.StreamHandler)
        and handler.stream is stream
        and record.levelno >= handler.level
        and not handler.filters
        for handler in logging.getLogger().handlers
    )
