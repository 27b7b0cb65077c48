from __future__ import annotations

import contextvars

from notebook_kit.widgets.stage import EMPTY, Stage, given_stage, shown_on
from tests.widgets.fakes import FakeShell


def sent(shell: FakeShell) -> list[tuple[str | None, bool, object]]:
    return [(it.display_id, it.update, it.data["text/plain"]) for it in shell.display_pub.messages]


def text(words: str) -> dict[str, object]:
    return {"text/plain": words}


def test_outputs_fill_one_after_the_other() -> None:
    """What is displayed goes into the next empty output, and is updated there."""
    shell = FakeShell()
    stage = Stage(shell, ["one", "two"])
    stage.display(text("face"), "face-id")
    stage.display(text("row"), "row-id")
    stage.update(text("face again"), "face-id")
    assert sent(shell) == [("one", True, "face"), ("two", True, "row"), ("one", True, "face again")]


def test_more_than_there_is_room_for() -> None:
    """Without an empty output left, one is added as anywhere else."""
    shell = FakeShell()
    stage = Stage(shell, [])
    stage.display(text("more"), "id")
    stage.update(text("more yet"), "id")
    assert sent(shell) == [("id", False, "more"), ("id", True, "more yet")]


def test_cleared_it_is_left_to_others() -> None:
    """What comes late, from a run that was shown before, changes nothing any more."""
    shell = FakeShell()
    stage = Stage(shell, ["one"])
    stage.display(text("face"), "face-id")
    stage.clear()
    stage.update(text("late"), "face-id")
    assert sent(shell) == [("one", True, "face"), ("one", True, EMPTY["text/plain"])]


def test_a_stage_is_given_to_one_run_only() -> None:
    """Who comes second, or later in a context that was kept, is shown where it is started."""
    stage = Stage(FakeShell(), ["one"])
    assert given_stage() is None
    with shown_on(stage):
        kept = contextvars.copy_context()
        assert given_stage() is stage
        stage.display(text("face"), "face-id")
        assert given_stage() is None
    other = Stage(FakeShell(), ["one"])
    with shown_on(other):
        kept_unused = contextvars.copy_context()
    assert kept.run(given_stage) is None
    assert kept_unused.run(given_stage) is None
