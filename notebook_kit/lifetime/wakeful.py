"""Keeping a loop awake while something is used on it, so that the stop button of a cell works.

A kernel marks the task of its cell as cancelled when the button is pressed, and does not wake the
loop for that: a loop that sleeps until a database answers would sleep on.
"""

from __future__ import annotations

import asyncio
import threading
import weakref
from typing import Final, Protocol

__all__ = ["Wakeful", "stay_awake"]

#: Seconds between two looks; an interrupt acts within one of them.
_TICK_S: Final = 0.1


class Wakeful(Protocol):
    """What may be in use.

    Attributes:
        is_kept_awake: whether a loop is kept awake for it; set here.
    """

    is_kept_awake: bool

    @property
    def is_busy(self) -> bool:
        """Whether somebody may be waiting in it now."""
        ...


class _Beat:
    """Wakes one loop as long as anything is in use there; held by the timer of that loop alone."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.kept: set[Wakeful] = set()
        loop.call_later(_TICK_S, self)

    def __call__(self) -> None:
        for it in list(self.kept):
            it.is_kept_awake = it.is_busy
            if not it.is_kept_awake:
                self.kept.discard(it)
        if self.kept:
            self.loop.call_later(_TICK_S, self)
        elif _beat_here() is self:
            _here.beat = None


#: A thread runs one loop at a time; so its beat is found without a register of loops.
_here = threading.local()


def _beat_here() -> _Beat | None:
    known: weakref.ref[_Beat] | None = getattr(_here, "beat", None)
    return None if known is None else known()


def stay_awake(what: Wakeful) -> None:
    """Wake the running loop ten times a second for as long as something is in use."""
    loop = asyncio.get_running_loop()
    beat = _beat_here()
    if beat is None or beat.loop is not loop:
        beat = _Beat(loop)
        _here.beat = weakref.ref(beat)
    what.is_kept_awake = True
    beat.kept.add(what)
