"""What was typed into the launchers of a cell, for when that cell is run again."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.widgets.frontend import current_cell
from notebook_kit.widgets.launcher.front import Front
from notebook_kit.widgets.launcher.table import Draft, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_kit.widgets.launcher.entries import Entries
    from notebook_kit.widgets.launcher.target import Target

__all__ = ["Drafts", "drafts"]


@dataclass(frozen=True, slots=True)
class _Made:
    """A launcher as its cell made it.

    Attributes:
        title: what is launched, in words: the client or function may be another object by now.
        first: what it was made with.
        draft: what has been typed since; words only.
        front: the launcher, as long as anything holds it.
        subject: the client or function.
    """

    title: str
    first: Entries
    draft: Draft
    front: weakref.ref[Front]
    subject: int


@dataclass(slots=True)
class _CellDrafts:
    execution: str | None
    made: list[_Made] = field(default_factory=list)
    #: What the execution before has left, and this one has not asked for yet.
    older: list[_Made] = field(default_factory=list)


class Drafts:
    """Gives a cell that is run again the launcher that it made before.

    It holds words, so that a client that nobody refers to any more can be collected.
    """

    def __init__(self) -> None:
        self._cells: dict[str, _CellDrafts] = {}

    def front(
        self,
        target: Target,
        first: Entries,
        namespace: dict[str, Any],
        hidden: Mapping[str, Any],
        shell: Any,
    ) -> Front:
        """Return the launcher of the cell that is being executed: as it stood there, or a new one.

        It is the same if client or function, path and options are.
        """
        cell = self._cell(shell)
        known = None if cell is None else _taken(cell.older, target, first)
        front = None if known is None else known.front()
        if front is None:
            front = Front(Table(target, first, namespace, hidden))
            if known is not None:
                front.table.draft = known.draft
        else:
            front.table.target = target
            front.table.refresh()
        if cell is not None:
            table = front.table
            made = _Made(target.title, first, table.draft, weakref.ref(front), id(target.subject))
            cell.made.append(made)
        return front

    def _cell(self, shell: Any) -> _CellDrafts | None:
        name = _name_of_cell(shell)
        if name is None:
            return None
        execution = current_cell(shell)
        cell = self._cells.setdefault(name, _CellDrafts(execution))
        if cell.execution != execution:
            cell.execution, cell.older, cell.made = execution, cell.made, []
        return cell


def _taken(older: list[_Made], target: Target, first: Entries) -> _Made | None:
    """Take out the one that is like this; of several, that of the very same client or function."""
    alike = [it for it in older if it.title == target.title and it.first == first]
    alike.sort(key=lambda it: it.subject != id(target.subject))
    if not alike:
        return None
    older.remove(alike[0])
    return alike[0]


def _name_of_cell(shell: Any) -> str | None:
    """Return what the front end calls the cell, whatever stands in it; None where it does not."""
    get = getattr(shell, "get_parent", None)
    parent: Any = get() if callable(get) else None
    found = ((parent or {}).get("metadata") or {}).get("cellId")
    return str(found) if found else None


#: Those of this process.
drafts: Final = Drafts()
