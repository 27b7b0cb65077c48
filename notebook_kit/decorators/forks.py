"""A forked child has nothing of its parent's threads and loops but what they held."""

from __future__ import annotations

import os
from typing import Final, Protocol
from weakref import WeakSet

from notebook_kit.decorators.locks import line_lock, state_lock
from notebook_kit.policies.rate import meters_lock

__all__ = ["Inherited", "begin_anew_in_child"]

#: Importing them has had their release in a child registered before what is done there here.
RELEASED_FIRST: Final = (line_lock, state_lock, meters_lock)


class Inherited(Protocol):
    """What a child would find held by who does not go on there."""

    def begin_anew(self) -> None:
        """Forget who is under way or waits."""
        ...


_all: Final[WeakSet[Inherited]] = WeakSet()


def begin_anew_in_child(one: Inherited) -> None:
    """Have one begin anew wherever this process is forked, for as long as it lives."""
    _all.add(one)


def _in_child() -> None:
    for one in tuple(_all):
        one.begin_anew()


if hasattr(os, "register_at_fork"):  # pragma: no branch - there is no fork on Windows
    os.register_at_fork(after_in_child=_in_child)
