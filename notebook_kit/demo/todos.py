"""Things to do: the part of the demo's data that requests can add to."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from notebook_kit.demo.records import Record

__all__ = ["TodoList", "complaints"]

_LONGEST_TITLE: Final = 200
_FIELDS: Final = frozenset({"title", "meeting_id", "due_date", "done"})
#: Created things and idempotency keys beyond this are forgotten, oldest first.
_KEPT: Final = 100_000


class TodoList:
    """The list, and the creations already processed, by their idempotency key."""

    def __init__(self, todos: Iterable[Record]) -> None:
        self._todos: dict[int, Record] = {todo["id"]: dict(todo) for todo in todos}
        self._next_id = max(self._todos, default=0) + 1
        self._by_key: dict[str, tuple[Record, Record]] = {}

    def all(self) -> list[Record]:
        """Return everything, in the order of the ids."""
        return list(self._todos.values())

    def get(self, todo_id: int) -> Record | None:
        """Return one, or None."""
        return self._todos.get(todo_id)

    def create(self, fields: Record, key: str | None) -> Record:
        """Add one; remember it under the idempotency key."""
        todo = {
            "id": self._next_id,
            "title": fields["title"].strip(),
            "meeting_id": fields.get("meeting_id"),
            "due_date": fields.get("due_date"),
            "done": fields.get("done", False),
        }
        self._next_id += 1
        self._todos[todo["id"]] = todo
        _forget_oldest(self._todos)
        if key is not None:
            self._by_key[key] = (fields, todo)
            _forget_oldest(self._by_key)
        return todo

    def created_before(self, key: str) -> tuple[Record, Record] | None:
        """Return what was asked for and what was created under the key, or None."""
        return self._by_key.get(key)


def complaints(fields: Record, meetings: Iterable[Record]) -> list[dict[str, str]]:
    """Return what is wrong with the fields of a new thing to do, one entry for each."""
    found: list[tuple[str, str]] = [
        (name, f"is unknown; a todo has {', '.join(sorted(_FIELDS))}")
        for name in fields
        if name not in _FIELDS
    ]
    title = fields.get("title")
    if not isinstance(title, str) or not title.strip():
        found.append(("title", "is needed and cannot be empty"))
    elif len(title) > _LONGEST_TITLE:
        found.append(("title", f"is longer than {_LONGEST_TITLE} characters"))
    if (meeting := fields.get("meeting_id")) is not None and not _is_one_of(meeting, meetings):
        found.append(("meeting_id", "is not the id of a meeting"))
    if (due := fields.get("due_date")) is not None and not _is_date(due):
        found.append(("due_date", "is not a date such as 2026-12-24"))
    if not isinstance(fields.get("done", False), bool):
        found.append(("done", "is neither true nor false"))
    return [{"field": name, "message": message} for name, message in found]


def _is_one_of(key: Any, records: Iterable[Record]) -> bool:
    return type(key) is int and any(record["id"] == key for record in records)


def _is_date(text: Any) -> bool:
    try:
        dt.date.fromisoformat(text)
    except (TypeError, ValueError):
        return False
    return True


def _forget_oldest(kept: dict[Any, Any]) -> None:
    if len(kept) > _KEPT:
        del kept[next(iter(kept))]
