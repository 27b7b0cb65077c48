"""Which process writes a run, and whether it is still there."""

from __future__ import annotations

import functools
import json
import os
import socket
from pathlib import Path
from typing import Final

__all__ = ["is_at_work", "this_process"]

_OF_THIS_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
#: Where the time at which a process began stands in what Linux tells of it, after its name.
_BEGAN: Final = 19


def this_process() -> str:
    """Return what tells this process from any other, as JSON: host, number, when it began."""
    pid = os.getpid()
    return json.dumps({"host": socket.gethostname(), "pid": pid, "began": _began(pid)})


def is_at_work(writer: str) -> bool | None:
    """Tell whether the process that `this_process` told of is there; None where nobody can tell.

    >>> is_at_work(this_process())
    True
    """
    try:
        told = json.loads(writer)
        host, pid, began = told["host"], told["pid"], told["began"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    if host != socket.gethostname() or type(pid) is not int or pid <= 0 or os.name != "posix":
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        pass  # Somebody else's process, or no number of one: the next question tells.
    # Numbers are given anew: one that began at another time is another process.
    return bool(began == _began(pid))


def _began(pid: int) -> str | None:
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        return f"{_boot()} {told.rpartition(')')[2].split()[_BEGAN]}"
    except (OSError, IndexError):
        return None  # Not Linux, or there is no such process.


@functools.cache
def _boot() -> str:
    return _OF_THIS_BOOT.read_text(encoding="ascii").strip()
