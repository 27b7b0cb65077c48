"""Finding items by how they ended, in the column of their statuses."""

from __future__ import annotations

from typing import Final

from notebook_kit.scheduling import Status

__all__ = ["failure_after", "failure_before", "worth_a_look"]

_FAILURES: Final = (Status.FAILED, Status.TIMEOUT)


def failure_after(status: bytearray, position: int) -> int | None:
    """Return the position of the first failure after a position, or None.

    >>> failure_after(bytearray([1, 0, 2]), 0)
    2
    """
    found = (status.find(code, position + 1) for code in _FAILURES)
    return min((at for at in found if at >= 0), default=None)


def failure_before(status: bytearray, position: int) -> int | None:
    """Return the position of the last failure before a position, or None.

    >>> failure_before(bytearray([1, 0, 2]), 2)
    0
    """
    found = max(status.rfind(code, 0, position) for code in _FAILURES)
    return None if found < 0 else found


def worth_a_look(status: bytearray) -> int:
    """Return the position of the first failure, else of the first item that ended, else 0.

    >>> worth_a_look(bytearray([255, 0, 255])), worth_a_look(bytearray([255, 0, 1]))
    (1, 2)
    """
    failed = failure_after(status, -1)
    if failed is not None:
        return failed
    ended = map(status.find, Status)
    return min((at for at in ended if at >= 0), default=0)
