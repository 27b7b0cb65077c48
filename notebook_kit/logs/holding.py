"""Which configurations hold now, and what the package's logger looks like because of them."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Protocol, TextIO

from notebook_kit.logs.console import Console
from notebook_kit.logs.loggers import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Held", "apply", "hold", "let_go", "remove"]


class Held(Protocol):
    """What a configuration says."""

    @property
    def number(self) -> int:
        """The level, as `logging` numbers it."""
        ...

    @property
    def streams(self) -> tuple[TextIO | None, ...]:
        """Where lines are written to; None is the standard error."""
        ...


_lock = threading.RLock()
_applied: Held | None = None
#: Those of clients and of `with` blocks, each for its time.
_held: list[Held] = []
_consoles: dict[TextIO | None, Console] = {}
#: The logger's level before the first one, and the one that was set last.
_levels: tuple[int, int] | None = None


def apply(config: Held) -> None:
    """Let a configuration hold until it is removed, in the place of the one applied before."""
    global _applied  # noqa: PLW0603 - there is one log for the process
    with _lock:
        _applied = config
        _settle()


def remove(config: Held) -> None:
    """End a configuration that was applied; nothing where another has taken its place."""
    global _applied  # noqa: PLW0603 - as above
    with _lock:
        if _applied == config:
            _applied = None
            _settle()


def hold(config: Held) -> None:
    """Let a configuration hold beside the others until it is let go."""
    with _lock:
        _held.append(config)
        _settle()


def let_go(config: Held) -> None:
    """End a configuration that was held."""
    with _lock:
        if config in _held:
            _held.remove(config)
            _settle()


def _settle() -> None:
    configs = [*_held, *(() if _applied is None else (_applied,))]
    _set_level(config.number for config in configs)
    finest: dict[TextIO | None, int] = {}
    for config in configs:
        for stream in config.streams:
            finest[stream] = min(config.number, finest.get(stream, config.number))
    for stream in _consoles.keys() - finest.keys():
        ROOT.removeHandler(_consoles.pop(stream))
    for stream, number in finest.items():
        if stream not in _consoles:
            _consoles[stream] = Console(stream)
            ROOT.addHandler(_consoles[stream])
        _consoles[stream].setLevel(number)


def _set_level(numbers: Iterable[int]) -> None:
    global _levels  # noqa: PLW0603 - as above
    finest = min(numbers, default=None)
    before = ROOT.level if _levels is None else _levels[0]
    if finest is not None:
        ROOT.setLevel(finest)
        _levels = (before, finest)
    elif _levels is not None:
        # A level that the user has set meanwhile stays.
        if ROOT.level == _levels[1]:
            ROOT.setLevel(before)
        _levels = None


def _new_lock_in_child() -> None:
    global _lock  # noqa: PLW0603 - a thread that does not exist in the child may have held it
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_new_lock_in_child)
