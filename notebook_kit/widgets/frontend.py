"""Where the output goes: to somebody's eyes, into a file, to a terminal, or nowhere."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

__all__ = ["Frontend", "current_cell", "find_frontend", "judge_kernel", "kernel_shell"]


class Frontend(StrEnum):
    """What there is to show a run on."""

    LIVE = "live"
    """A notebook that somebody looks at: outputs can change, widgets work."""
    HEADLESS = "headless"
    """A kernel driven by a program, as nbclient, papermill and nbval do: outputs are compared and
    stored, nobody watches."""
    TERMINAL = "terminal"
    """No kernel, but standard error is a terminal."""
    NONE = "none"
    """Nothing at all: a script whose output goes into a file or a pipe."""


def find_frontend() -> Frontend:
    """Return what there is to show a run on, from here and now."""
    shell = kernel_shell()
    if shell is not None:
        return judge_kernel(_parent(shell), colab="google.colab" in sys.modules)
    return Frontend.TERMINAL if _is_terminal(sys.stderr) else Frontend.NONE


def kernel_shell() -> Any | None:
    """Return the shell of the kernel that we are in, or None; imports nothing to find out."""
    ipython = sys.modules.get("IPython")
    get = getattr(ipython, "get_ipython", None)
    shell = get() if callable(get) else None
    # IPython in a terminal has a shell too, but no kernel behind it.
    return shell if getattr(shell, "kernel", None) is not None else None


def judge_kernel(parent: Mapping[str, Any] | None, *, colab: bool = False) -> Frontend:
    """Tell from the request that is being served whether a person or a program sent it.

    Front ends that people use can be asked for input, and name the cell; programs that execute
    notebooks do neither. A kernel that does not show its requests is taken for a person's.

    >>> judge_kernel({"content": {"allow_stdin": True}}).value
    'live'
    >>> judge_kernel({"content": {"allow_stdin": False}, "metadata": {}}).value
    'headless'
    """
    if colab or parent is None:
        return Frontend.LIVE
    content, metadata = parent.get("content") or {}, parent.get("metadata") or {}
    watched = bool(content.get("allow_stdin")) or "cellId" in metadata
    return Frontend.LIVE if watched else Frontend.HEADLESS


def current_cell(shell: Any) -> str | None:
    """Return what tells this execution of a cell from every other, or None if nothing does."""
    parent = _parent(shell) or {}
    header = parent.get("header") or {}
    identity = header.get("msg_id")
    return str(identity) if identity else None


def _parent(shell: Any) -> Mapping[str, Any] | None:
    get = getattr(shell, "get_parent", None)
    parent: Any = get() if callable(get) else None
    return parent or None


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        # A closed stream says so when asked.
        return False
