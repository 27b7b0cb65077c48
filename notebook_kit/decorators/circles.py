"""Calls that wait for each other: a circle of them would wait for ever, and is refused."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from notebook_kit.decorators.locks import state_lock
from notebook_kit.errors import WouldDeadlock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextvars import Token

__all__ = ["Job", "waiting_for"]


class Job:
    """One call under way, as far as it matters who waits for whom.

    What runs inside it, in tasks begun there too, finds it in its context. It holds nothing of what
    the call gives, because contexts outlive calls: a connection keeps the one it was made in.

    Attributes:
        name: of the function that is called.
        awaited: the jobs that are waited for inside this one, and how often.
        ended: whether it is over.
    """

    __slots__ = ("awaited", "ended", "name")

    def __init__(self, name: str) -> None:
        self.ended = False
        self.name = name
        self.awaited: dict[Job, int] = {}

    def begin(self) -> Token[Job | None]:
        """What runs in this context from now on is part of the job."""
        return _inside.set(self)

    def end(self, token: Token[Job | None]) -> None:
        """It is as before `begin`."""
        _inside.reset(token)

    def wait_for(self, other: Job) -> None:
        """Note that the end of the other is waited for inside this one.

        Raises:
            WouldDeadlock: when the other, in the end, waits for this one.
        """
        with state_lock:
            circle = other._way_to(self)
            if circle:
                raise WouldDeadlock(_words([*circle, circle[0]]))
            self.awaited[other] = self.awaited.get(other, 0) + 1

    def wait_no_more(self, other: Job) -> None:
        """Note that the other is not waited for any more, once."""
        with state_lock:
            left = self.awaited.pop(other) - 1
            if left:
                self.awaited[other] = left

    def _way_to(self, goal: Job) -> list[str]:
        """Return the names of the jobs from this one to the goal that each wait for the next."""
        came_from: dict[Job, Job | None] = {self: None}
        ahead: list[Job] = [self]
        while ahead:
            job = ahead.pop()
            if job is goal:
                return _names(job, came_from)
            for other in () if job.ended else tuple(job.awaited):
                if other not in came_from:
                    came_from[other] = job
                    ahead.append(other)
        return []


#: The innermost job that what runs here is part of.
_inside: Final[ContextVar[Job | None]] = ContextVar("notebook_kit_job", default=None)


@contextmanager
def waiting_for(job: Job) -> Iterator[None]:
    """Wait for the end of a job inside the block.

    Raises:
        WouldDeadlock: when it waits for the end of the job that this is part of.
    """
    me = _inside.get()
    if me is None or me.ended:
        yield
        return
    me.wait_for(job)
    try:
        yield
    finally:
        me.wait_no_more(job)


def _names(job: Job, came_from: dict[Job, Job | None]) -> list[str]:
    names: list[str] = []
    at: Job | None = job
    while at is not None:
        names.append(at.name)
        at = came_from[at]
    return names[::-1]


def _words(circle: list[str]) -> str:
    if len(circle) == 2:  # noqa: PLR2004 - one, and back to it
        return (
            "A cached function called itself with the same arguments, and would wait for its own "
            "answer: call the undecorated one, which is its __wrapped__."
        )
    way = " → ".join(f"{name}()" for name in circle)
    return (
        f"Cached functions wait for each other in a circle, {way}, and none would ever end: have "
        "one of them stop before it comes back to the same arguments, or call the undecorated "
        "one, which is its __wrapped__."
    )
