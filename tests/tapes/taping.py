"""What the tests of tapes are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_kit.errors.effort import without_effort
from tests.client.kept import JSON, QUICK, both_transports, client_of

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["JSON", "QUICK", "both_transports", "bytes_of", "client_of", "of_error"]


def bytes_of(path: Path) -> bytes:
    """Return all that is written in a tape and beside it."""
    return b"".join(each.read_bytes() for each in path.parent.iterdir())


def of_error(error: BaseException) -> tuple[Any, ...]:
    """Return what can be asked of an error, but for what time makes of it."""
    names = ("attempts", "status_code", "maybe_sent", "phase", "call")
    words = without_effort(str(error), error)
    return type(error), words, *(getattr(error, name, None) for name in names)
