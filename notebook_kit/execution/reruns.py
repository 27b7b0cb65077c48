"""A cell that is run again while the run that it has started before is still under way.

The new run has the cell's output and, as a rule, the name; the earlier one goes on with neither, so
that the new one says so. Outside IPython nobody runs a line again by hand.
"""

from __future__ import annotations

import sys
import weakref
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from notebook_kit.numbers import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from notebook_kit.execution.run import Run

__all__ = ["tell_of_earlier"]


class _Place(NamedTuple):
    """Where a run was started.

    Attributes:
        cell: what tells a cell from all others: what the front end calls it, or its text.
        execution: what tells this time that it runs from every other.
    """

    cell: str
    execution: object


_places: Final[weakref.WeakKeyDictionary[Run, _Place]] = weakref.WeakKeyDictionary()


def tell_of_earlier(run: Run, live: Iterable[Run]) -> None:
    """Have a new run tell of those that are under way from an earlier time that its cell ran.

    Of several that a cell starts, the first one tells.
    """
    place = _present_place()
    if place is None:
        return
    is_first = _is_new(place)
    _places[run] = place
    earlier = [each for each in live if _is_earlier(_places.get(each), place)]
    if not is_first or not earlier:
        return
    those, are, them = "An earlier run", "is", "it"
    if len(earlier) > 1:
        those, are, them = plural(len(earlier), "earlier run"), "are", "them"
    standing = "; ".join(_standing(each) for each in earlier)
    run.notice(
        f"{those} of this cell {are} still under way ({standing}): nk.dashboard() and "
        f"nk.open_resources() show {them}, and can end {them}."
    )


def _is_new(place: _Place) -> bool:
    while True:
        try:
            return place not in list(_places.values())
        except RuntimeError:  # another thread has started a run meanwhile
            continue


def _is_earlier(known: _Place | None, place: _Place) -> bool:
    return known is not None and known.cell == place.cell and known.execution != place.execution


def _standing(run: Run) -> str:
    now = run.snapshot()
    return f"{now.name}, {now.done:,} of {'?' if now.total is None else format(now.total, ',')}"


def _present_place() -> _Place | None:
    """Return which cell is being run, or None where none is, as when a button was clicked."""
    get = getattr(sys.modules.get("IPython"), "get_ipython", None)
    shell = None if get is None else get()
    if shell is None:
        return None
    names = getattr(shell, "user_ns", None)
    cells: Any = names.get("In") if isinstance(names, dict) else None
    # A user may call something else so.
    text = cells[-1] if isinstance(cells, list) and cells else ""
    if not isinstance(text, str):
        text = ""
    if getattr(shell, "kernel", None) is None:
        return _Place(text, len(cells)) if text else None
    ask: Any = getattr(shell, "get_parent", dict)
    parent: Mapping[str, Any] = ask() or {}
    header = parent.get("header") or {}
    if header.get("msg_type") != "execute_request":
        return None
    cell = (parent.get("metadata") or {}).get("cellId") or text
    return _Place(str(cell), header.get("msg_id")) if cell else None
