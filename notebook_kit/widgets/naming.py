"""What to write for a run in code: what is shown must work when it is typed."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from notebook_kit.scheduling import Snapshot

__all__ = ["USUAL", "called", "named", "snapshot_of"]

#: What a run is called in documents, and by its own notices.
USUAL: Final = "run"
_PACKAGE: Final = "notebook_kit"
#: What is said of a run without knowing its name: calls of its own.
_CALLS: Final = re.compile(
    r"(?<![\w.])run(?=\.(?:cancel|errors|export|frame|go|inspect|result|retry_failed)\b)"
)
#: Said beside them, and of no use where the name is known.
_OTHERWISE: Final = " (nk.last_run() is the run, if it has no name.)"


def called(run: Any) -> str:
    """Return what to write for a run: its name in the notebook, or a call that gives it.

    That is ``run`` where the notebook has that very run under this name, else any other name that
    it has there, else ``nk.last_run()`` where that is the run. A run that cannot be had at all, or
    is in a place that nobody else sees, is called ``run`` as in documents.
    """
    names = _namespace()
    if names.get(USUAL) is run:
        return USUAL
    found = [name for name, value in names.items() if value is run and _can_be_typed(name)]
    if found:
        return found[0]
    package = sys.modules.get(_PACKAGE)
    if package is None or package.last_run() is not run:
        return USUAL
    aliases = [name for name, value in names.items() if value is package]
    return f"{'nk' if 'nk' in aliases or not aliases else aliases[0]}.last_run()"


def _can_be_typed(name: object) -> bool:
    # Whoever writes into globals() may use any key.
    return isinstance(name, str) and name.isidentifier() and not name.startswith("_")


def snapshot_of(run: Any) -> Snapshot:
    """Return the numbers of a run, with what to write for it."""
    snapshot: Snapshot = run.snapshot()
    name = called(run)
    return snapshot if name == snapshot.called else replace(snapshot, called=name)


def named(text: str, name: str) -> str:
    """Return a text in which the calls of a run are written as they work for this run.

    >>> named("run.retry_failed() goes on with the rest.", "nk.last_run()")
    'nk.last_run().retry_failed() goes on with the rest.'
    """
    if name == USUAL:
        return text
    return _CALLS.sub(lambda _: name, text).replace(_OTHERWISE, "")


def _namespace() -> dict[str, Any]:
    """Return a copy of the names that cells have; empty where there are none."""
    ipython = sys.modules.get("IPython")
    get = getattr(ipython, "get_ipython", None)
    shell = get() if callable(get) else None
    names = getattr(shell, "user_ns", None)
    # A copy is made in one step, whatever the cells do meanwhile.
    return dict(names) if isinstance(names, dict) else {}
