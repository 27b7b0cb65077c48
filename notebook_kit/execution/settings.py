"""Settings of the whole process, and the switch interval that one of them governs."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notebook_kit.checks import number
from notebook_kit.errors import ConfigurationError
from notebook_kit.errors.brevity import brief

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Settings", "lowered_switch_interval", "options"]


@dataclass(slots=True)
class Settings:
    """Settings of the whole process, as ``nk.options``.

    Attributes:
        switch_interval: seconds after which a busy thread lets others run while a run is live;
            None leaves Python's own. At Python's 5 ms a cell that computes slows every
            completion on the I/O thread.
        full_tracebacks: whether errors of the kit show its own frames too, between the line that
            was wrong and the message; for who looks for a fault in the kit.
    """

    switch_interval: float | None = 0.0005
    full_tracebacks: bool = False

    def __setattr__(self, name: str, value: object) -> None:
        if name == "switch_interval" and value is not None and (number(value) or 0) <= 0:
            message = (
                f"switch_interval={value!r} must be seconds above zero, such as 0.0005, or None "
                "for Python's own."
            )
            raise ConfigurationError(message)
        if name == "full_tracebacks":
            brief.off = bool(value)
        object.__setattr__(self, name, value)


options = Settings()

_lock = threading.Lock()
_live = 0
_before = 0.0
_ours = 0.0


def _start_over_in_child() -> None:
    """No run is live in a forked child, and the lock may have been held by a lost thread."""
    global _lock, _live, _ours  # noqa: PLW0603 - one interpreter, one switch interval
    _lock = threading.Lock()
    if _ours and sys.getswitchinterval() == _ours:
        sys.setswitchinterval(_before)
    _live, _ours = 0, 0.0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_over_in_child)


@contextmanager
def lowered_switch_interval() -> Iterator[None]:
    """Lower the interpreter's switch interval while inside; counted, put back by the last one.

    It is put back only if it still is what was set here.
    """
    global _live, _before, _ours  # noqa: PLW0603 - one interpreter, one switch interval
    wanted = options.switch_interval
    if wanted is None:
        yield
        return
    with _lock:
        if _live == 0 and sys.getswitchinterval() > wanted:
            _before = sys.getswitchinterval()
            sys.setswitchinterval(wanted)
            _ours = sys.getswitchinterval()
        _live += 1
    try:
        yield
    finally:
        with _lock:
            _live = max(0, _live - 1)
            if _live == 0 and _ours and sys.getswitchinterval() == _ours:
                sys.setswitchinterval(_before)
            if _live == 0:
                _ours = 0.0
