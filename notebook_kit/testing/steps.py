"""The single steps that a `FaultServer` can take, and behaviours, which are lists of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from notebook_kit.testing.records import ReceivedRequest

__all__ = [
    "Behaviour",
    "Drip",
    "HangUp",
    "Reaction",
    "Repeat",
    "Reset",
    "Send",
    "Silence",
    "Step",
    "StopReading",
    "Wait",
]


@dataclass(frozen=True, slots=True)
class Send:
    """Write these bytes as they are; what is marked as body is left out of answers to HEAD."""

    data: bytes
    is_body: bool = False


@dataclass(frozen=True, slots=True)
class Drip:
    """Write these bytes one at a time, `pause_s` seconds apart, until the client has gone."""

    data: bytes
    pause_s: float = 0.01


@dataclass(frozen=True, slots=True)
class Repeat:
    """Write these bytes again and again, `pause_s` seconds apart, until the client has gone."""

    data: bytes
    pause_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing for so many seconds, or until the client has gone."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Silence:
    """Do nothing until the client has gone."""


@dataclass(frozen=True, slots=True)
class StopReading:
    """Take no more bytes from the client, so that its sending comes to a halt."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """Close the connection in the ordinary way."""


@dataclass(frozen=True, slots=True)
class Reset:
    """Break the connection: the client sees "connection reset by peer"."""


Step: TypeAlias = "Send | Drip | Repeat | Wait | Silence | StopReading | HangUp | Reset"


@dataclass(frozen=True, slots=True)
class Behaviour:
    r"""What happens to one request, step by step; the connection then waits for the next one.

    Attributes:
        steps: done once the request has been read.
        before_body: done when the head of the request has been read, before its body is.
        read_body: whether the body of the request is read at all.

    >>> Behaviour([Send(b"HTTP/1.1 200 OK\r\n"), Reset()]).steps[-1]
    Reset()
    """

    steps: Sequence[Step]
    before_body: Sequence[Step] = field(default=())
    read_body: bool = True


#: What a script holds: a behaviour, or a function that chooses one for a request.
Reaction: TypeAlias = "Behaviour | Callable[[ReceivedRequest], Behaviour]"
