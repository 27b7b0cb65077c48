"""How long each phase of a request may take, worked out of what httpx was given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Patience", "took_too_long", "whole_s"]

#: What is not over by then is given up, though bytes keep coming, where nothing else is said; and
#: so often the longest silence that is allowed.
_WHOLE_S: Final = 600.0
_SILENCES: Final = 10


class Patience(NamedTuple):
    """Seconds for the phases, as httpx names them; None for no limit.

    Attributes:
        pool: waiting for a connection to be free.
        connect: opening one.
        write: the server takes nothing of the body.
        read: the server sends nothing, once it has the whole request.
        body: the same while the body is read.
        whole: the whole answer, once the server has the whole request; of a stream its head.
    """

    pool: float | None
    connect: float | None
    write: float | None
    read: float | None
    body: float | None
    whole: float | None = None

    @classmethod
    def of(cls, timeouts: Mapping[str, Any], *, ends: bool = True) -> Self:
        """Return what the timeouts of a request say; for its body the same as before it, if none.

        Args:
            timeouts: seconds by the names of the phases.
            ends: whether the whole is bounded, as nobody has said anything else.

        >>> Patience.of({"read": 5.0})
        Patience(pool=None, connect=None, write=None, read=5.0, body=5.0, whole=600.0)
        """
        read = timeouts.get("read")
        return cls(
            timeouts.get("pool"),
            timeouts.get("connect"),
            timeouts.get("write"),
            _positive(read),
            _positive(timeouts.get("body", read)),
            whole_s(read) if ends else None,
        )


def whole_s(read: float | None) -> float | None:
    """Return how long an answer may take, given how long the server may be silent.

    >>> whole_s(60.0), whole_s(300.0), whole_s(None)
    (600.0, 3000.0, None)
    """
    return None if read is None else max(_WHOLE_S, _SILENCES * read)


def took_too_long(seconds: float | None) -> str:
    """Return what is said of an answer that does not come to its end."""
    within = "" if seconds is None else f" within {seconds:g} s"
    return (
        f"The answer did not come to its end{within}, though the server was never silent for too "
        "long. attempt_timeout= gives it more time, or None any"
    )


def _positive(timeout: float | None) -> float | None:
    """Return a timeout that aiohttp does not take for "none" when it is 0."""
    return None if timeout is None else max(timeout, 1e-6)
