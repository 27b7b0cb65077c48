"""How long each phase of a request may take, worked out of what httpx was given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Patience"]


class Patience(NamedTuple):
    """Seconds for the phases, as httpx names them; None for no limit.

    Attributes:
        pool: waiting for a connection to be free.
        connect: opening one.
        write: the server takes nothing of the body.
        read: the server sends nothing, once it has the whole request.
        body: the same while the body is read.
    """

    pool: float | None
    connect: float | None
    write: float | None
    read: float | None
    body: float | None

    @classmethod
    def of(cls, timeouts: Mapping[str, Any]) -> Self:
        """Return what the timeouts of a request say; for its body the same as before it, if none.

        >>> Patience.of({"read": 5.0})
        Patience(pool=None, connect=None, write=None, read=5.0, body=5.0)
        """
        read = timeouts.get("read")
        return cls(
            timeouts.get("pool"),
            timeouts.get("connect"),
            timeouts.get("write"),
            _positive(read),
            _positive(timeouts.get("body", read)),
        )


def _positive(timeout: float | None) -> float | None:
    """Return a timeout that aiohttp does not take for "none" when it is 0."""
    return None if timeout is None else max(timeout, 1e-6)
