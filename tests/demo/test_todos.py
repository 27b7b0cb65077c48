from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_kit.demo import todos
from notebook_kit.demo.todos import TodoList

if TYPE_CHECKING:
    import pytest


def test_the_list_forgets_the_oldest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that runs for days does not grow, and ids are never used again."""
    monkeypatch.setattr(todos, "_KEPT", 3)
    kept = TodoList([])
    made = [kept.create({"title": f"task {turn}"}, f"key {turn}")["id"] for turn in range(5)]
    assert made == [1, 2, 3, 4, 5]
    assert [todo["id"] for todo in kept.all()] == [3, 4, 5]
    assert kept.created_before("key 1") is None
    assert kept.created_before("key 2") is not None
