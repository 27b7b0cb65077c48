"""The journal of a run, without a run."""

from __future__ import annotations

import dataclasses
import gc
import os
import sqlite3
import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit.errors import CheckpointMismatch, NotFound
from notebook_kit.frames import plan_of
from notebook_kit.policies import Failure, FailureKind
from notebook_kit.scheduling import Answer, Source
from notebook_kit.storage import CheckpointJournal, open_journal
from notebook_kit.storage import journal as journal_module
from notebook_kit.storage import writer as writer_module
from tests.storage.helpers import kept, outcome, run_cell, select, wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from notebook_kit.storage import Reuse

WORK = {"method": "GET", "path": "/x"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work.db"


def journal_of(path: Path, *recorded: Any, reuse: Reuse = "ok") -> CheckpointJournal:
    """Record outcomes in one journal, and return the next one."""
    journal = open_journal(path, WORK, name="work", reuse=reuse)
    for each in recorded:
        journal.record(each)
    journal.close()
    assert journal.problems.texts == []
    return open_journal(path, WORK, name="work", reuse=reuse)


def test_an_answer_is_found_again(path: Path) -> None:
    """The next run finds answer and status code under the item, as from a checkpoint."""
    journal = journal_of(path, outcome("a", {"n": (1, b"x")}), outcome("b", None))
    assert journal.lookup("a") == Answer({"n": (1, b"x")}, 200, Source.CHECKPOINT)
    assert journal.lookup("b") == Answer(None, 200, Source.CHECKPOINT)
    assert journal.lookup("c") is None
    journal.close()


@pytest.mark.parametrize(
    ("reuse", "found"), [("ok", [True, False]), ("settled", [True, True]), ("none", [False] * 2)]
)
def test_reuse_says_what_is_found(path: Path, reuse: Reuse, found: list[bool]) -> None:
    """ok finds answers only, settled failures too, none nothing; all of them write."""
    bad = outcome("bad", error=NotFound("gone", status_code=404))
    journal = journal_of(path, outcome("good", 1), bad, reuse=reuse)
    assert [journal.lookup(item) is not None for item in ("good", "bad")] == found
    journal.close()
    assert kept(path) == 2


def test_a_failure_is_found_as_the_error_it_was(path: Path) -> None:
    """With reuse="settled" the error has its class, message and status; a timeout stays one."""
    journal = journal_of(
        path,
        outcome("bad", error=NotFound("gone", status_code=404)),
        outcome("late", error=TimeoutError("too late")),
        reuse="settled",
    )
    bad, late = journal.lookup("bad"), journal.lookup("late")
    assert isinstance(bad, Failure)
    assert isinstance(bad.error, NotFound)
    assert (str(bad.error), bad.status_code, bad.kind) == ("gone", 404, FailureKind.OTHER)
    assert isinstance(late, Failure)
    assert late.kind is FailureKind.TIMEOUT
    assert type(late.error).__name__ == "TimeoutError"
    journal.close()


def test_what_was_cancelled_is_not_kept(path: Path) -> None:
    """Only what ended by itself is worth keeping."""
    journal = open_journal(path, WORK, name="work")
    journal.record(dataclasses.replace(outcome("a"), status="cancelled"))
    journal.close()
    assert kept(path) == 0


def test_rows_are_recognised_by_what_they_hold(path: Path) -> None:
    """A row of a frame is found in another frame, with other columns order and index."""
    one = plan_of(pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}))
    other = plan_of(pd.DataFrame({"b": ["y", "z"], "a": [2, 1]}, index=["p", "q"]))
    journal = journal_of(path, outcome(one.item(0), 10), outcome(one.item(1), 20))
    assert journal.lookup(other.item(0)) == Answer(20, 200, Source.CHECKPOINT)
    assert journal.lookup(other.item(1)) is None
    journal.close()


def test_an_item_that_the_call_changes_is_kept_as_it_came(path: Path) -> None:
    """A function that writes into its item does not make another row of it."""
    journal = open_journal(path, WORK, name="work")
    item = {"a": 1}
    assert journal.lookup(item) is None
    item["b"] = 2
    journal.record(outcome(item, "done"))
    journal.close()
    journal = open_journal(path, WORK, name="work")
    assert journal.lookup({"a": 1}) == Answer("done", 200, Source.CHECKPOINT)
    journal.close()


def test_what_json_cannot_hold_is_not_kept_and_that_is_said_once(path: Path) -> None:
    """Answers that would come back as something else are left out, with one sentence a kind."""
    journal = open_journal(path, WORK, name="work")
    for number in range(3):
        journal.record(outcome(number, {number}))
    journal.record(outcome(3, 3))
    journal.close()
    assert [text[:34] for text in journal.problems.texts] == ["Answers that hold a set are not ke"]
    assert kept(path) == 1


def test_items_that_cannot_be_recognised_are_not_kept(path: Path) -> None:
    """An open file as an item, or one whose own methods raise, is said and does no harm."""

    class Broken(dict[str, int]):
        def items(self) -> Any:
            raise ZeroDivisionError

    journal = open_journal(path, WORK, name="work")
    for item in (object(), Broken(a=1)):
        assert journal.lookup(item) is None
        journal.record(outcome(item, 1))
    journal.close()
    said = " ".join(journal.problems.texts)
    assert "Items that hold a builtins.object are not kept" in said
    assert "Items that hold a Broken are not kept" in said
    assert kept(path) == 0


def test_works_live_side_by_side(path: Path) -> None:
    """Two works in one file have answers of their own for the same item."""
    one = open_journal(path, {"path": "/one"}, name="one")
    other = open_journal(path, {"path": "/other"}, name="other")
    one.record(outcome("a", 1))
    other.record(outcome("a", 2))
    one.close()
    other.close()
    for part, value in (("/one", 1), ("/other", 2)):
        journal = open_journal(path, {"path": part}, name="any name")
        assert journal.lookup("a") == Answer(value, 200, Source.CHECKPOINT)
        journal.close()


def test_changed_work_of_the_same_name_is_refused(path: Path) -> None:
    """When answers would be lost to a change, it is said what changed, and how to go on."""
    journal_of(path, outcome("a", 1)).close()
    with pytest.raises(CheckpointMismatch) as caught:
        open_journal(path, {**WORK, "method": "PUT"}, name="work")
    said = str(caught.value)
    assert "1 answers of 'work', which has changed since: method was 'GET' and is 'PUT'" in said
    assert "reuse='none'" in said
    assert "name='...'" in said


def test_changed_work_goes_on_where_nothing_is_lost_or_the_user_said_so(path: Path) -> None:
    """Without an answer there is nothing to refuse; reuse="none" and another name go on too."""
    changed = {**WORK, "method": "PUT"}
    journal_of(path, outcome("a", error=ValueError("bad"))).close()
    open_journal(path, changed, name="work").close()
    journal_of(path, outcome("a", 1)).close()
    again = open_journal(path, {**WORK, "method": "POST"}, name="work", reuse="none")
    again.record(outcome("a", 2))
    again.close()
    open_journal(path, {**WORK, "method": "HEAD"}, name="other").close()
    # What was started anew is known from then on, and the old answers are still there.
    for method, value in (("GET", 1), ("POST", 2)):
        journal = open_journal(path, {**WORK, "method": method}, name="work")
        assert journal.lookup("a") == Answer(value, 200, Source.CHECKPOINT)
        journal.close()


def test_what_cannot_be_read_of_the_work_is_said(path: Path) -> None:
    """A function without a source is used, and the user is told what goes unnoticed."""
    scope: dict[str, Any] = {"__name__": "__main__"}
    exec("def f(x): return x", scope)  # noqa: S102 - no file on purpose
    heard: list[str] = []
    journal = open_journal(path, {"function": scope["f"]}, name="f")
    journal.listen(heard.append)
    journal.close()
    assert len(heard) == 1
    assert heard[0].startswith("The checkpoint does not notice changes in the source of __main__.f")


def test_a_damaged_row_is_done_again(path: Path) -> None:
    """A value that cannot be read is as good as none, and that is said."""
    journal = journal_of(path, outcome("a", 1))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE outcomes SET value = '{broken'")
    assert journal.lookup("a") is None
    journal.close()
    assert journal.lookup("a") is None
    assert journal.problems.texts[0].startswith("Rows of the checkpoint 'work.db' cannot be read")


def test_the_run_does_not_feel_what_goes_wrong(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When not even a thread can be started, record() returns and says so."""

    def refuse(_thread: threading.Thread) -> None:
        message = "can't start new thread"
        raise RuntimeError(message)

    journal = open_journal(path, WORK, name="work")
    monkeypatch.setattr(threading.Thread, "start", refuse)
    journal.record(outcome("a", 1))
    monkeypatch.undo()
    journal.close()
    assert journal.problems.texts == [
        "An outcome could not be kept in the checkpoint: can't start new thread."
    ]


def test_a_deleted_file_is_said(path: Path) -> None:
    """When the file was deleted while it was written, the user is told at the end."""
    journal = open_journal(path, WORK, name="work")
    journal.record(outcome("a", 1))
    wait_for(lambda: kept(path) == 1)
    path.unlink()
    journal.close()
    assert "was deleted during the run" in journal.problems.texts[-1]


def test_closing_is_final_and_may_be_repeated(path: Path) -> None:
    """What comes after close() is dropped, and nobody is held or told any more."""
    heard: list[str] = []
    journal = open_journal(path, WORK, name="work")
    journal.listen(heard.append)
    journal.close()
    journal.close()
    journal.record(outcome("a", 1))
    journal.record(outcome(object(), 1))
    assert kept(path) == 0
    assert heard == []


def test_an_abandoned_journal_writes_what_it_has_and_lets_go(path: Path) -> None:
    """Collected without close(), it leaves no thread, no open file and no outcome behind."""
    journal = journal_of(path, outcome("a", 1))
    journal.record(outcome("b", 2))
    del journal
    gc.collect()
    wait_for(lambda: not any("journal" in thread.name for thread in threading.enumerate()))
    assert kept(path) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.skipif(sys.version_info >= (3, 12), reason="a fork with threads warns there")
def test_a_forked_child_leaves_the_file_to_its_parent(path: Path) -> None:
    """A child that drops, closes and flushes its copy does not touch what the parent writes."""
    journal = journal_of(path, outcome("a", 1))
    journal.record(outcome("b", 2))
    child = os.fork()
    if child == 0:  # pragma: no cover - the coverage of a child that exits at once is lost
        writer_module._flush_at_exit()
        journal._writer.close()
        del journal
        gc.collect()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    journal.record(outcome("c", 3))
    assert journal.lookup("a") == Answer(1, 200, Source.CHECKPOINT)
    journal.close()
    assert kept(path) == 3
    assert select(path, "PRAGMA integrity_check") == [("ok",)]


def test_what_a_child_collects_stays_open(path: Path) -> None:
    """SQLite forbids a child to close what its parent opened, so the finalizer lets it be."""
    journal = journal_of(path, outcome("a", 1))
    assert journal._reader is not None
    journal_module._release(journal._reader, journal._writer, os.getpid() + 1)
    assert journal.lookup("a") is not None
    journal.close()


def test_a_path_is_checked_first(path: Path) -> None:
    """What is no path is a ConfigurationError, before any work is looked at."""
    with pytest.raises(nk.ConfigurationError, match="checkpoint=7"):
        open_journal(7, {}, name="work")  # type: ignore[arg-type]


def test_the_same_cell_run_again_is_the_same_work(path: Path) -> None:
    """A function that is defined anew with the same text finds its answers."""
    source = "async def score(x):\n    return x + 1\n"
    for expected in (None, Answer(2, 200, Source.CHECKPOINT)):
        function = run_cell(source)["score"]
        journal = open_journal(path, {"function": function}, name="score")
        assert journal.lookup("a") == expected
        journal.record(outcome("a", 2))
        journal.close()
