"""The journal of a run, without a run."""

from __future__ import annotations

import gc
import json
import os
import sqlite3
import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit.errors import CheckpointMismatch, NotFound, StorageError
from notebook_kit.policies import Failure, FailureKind
from notebook_kit.scheduling import Answer, KnownEnds, Plan, Source, Status
from notebook_kit.storage import journal as journal_module
from notebook_kit.storage import open_journal
from notebook_kit.storage import writer as writer_module
from notebook_kit.storage.chunks import unpacked
from tests.storage.helpers import WORK, Kept, keep, kept, select, wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from notebook_kit.storage import Reuse


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work.db"


def test_an_answer_is_found_again(path: Path) -> None:
    """The next run finds answer and status code under the item, as from a checkpoint."""
    keep(path, ["a", "b", "c"], {"n": (1, b"x")}, None)
    with Kept(path, ["a", "b", "c"]) as run:
        assert list(run.journal.known()) == [
            KnownEnds([0, 1], [{"n": (1, b"x")}, None], [200, 200], [])
        ]
        assert run.journal.lookup(1) == Answer(None, 200, Source.CHECKPOINT)


@pytest.mark.parametrize(("reuse", "found"), [("ok", [0]), ("settled", [0, 1]), ("none", [])])
def test_reuse_says_what_is_found(path: Path, reuse: Reuse, found: list[int]) -> None:
    """ok finds answers only, settled failures too, none nothing; all of them write."""
    keep(path, ["good", "bad"], 1, NotFound("gone", status_code=404))
    with Kept(path, ["good", "bad", "new"], reuse=reuse) as run:
        assert sorted(run.found()) == found
        run.settle(2, 3)
    assert kept(path) == 3


def test_a_failure_is_found_as_the_error_it_was(path: Path) -> None:
    """With reuse="settled" the error has its class, message and status; a timeout stays one."""
    keep(path, ["bad", "late"], NotFound("gone", status_code=404), TimeoutError("too late"))
    with Kept(path, ["bad", "late"], reuse="settled") as run:
        bad, late = run.found().values()
    assert isinstance(bad, Failure)
    assert isinstance(bad.error, NotFound)
    assert (str(bad.error), bad.status_code, bad.kind) == ("gone", 404, FailureKind.OTHER)
    assert isinstance(late, Failure)
    assert late.kind is FailureKind.TIMEOUT
    assert type(late.error).__name__ == "TimeoutError"


@pytest.mark.parametrize("reuse", ["ok", "settled"])
def test_a_failure_never_hides_an_answer(path: Path, reuse: Reuse) -> None:
    """What failed in a later run has the answer that an earlier one was given."""
    keep(path, ["a"], 1)
    keep(path, ["a"], ValueError("odd"), reuse="none")
    with Kept(path, ["a"], reuse=reuse) as run:
        assert run.found() == {0: 1}


def test_the_newest_answer_is_found(path: Path) -> None:
    """Of several answers to one item the last is taken, wherever its item stood."""
    keep(path, ["a", "b"], 1, 2)
    keep(path, ["b", "a"], 20, 10, reuse="none")
    with Kept(path, ["a", "b"]) as run:
        assert run.found() == {0: 10, 1: 20}


def test_what_a_run_is_stands_in_the_file(path: Path) -> None:
    """Each run has a row with its work, its times, its end and what its frame is to know."""
    frame = pd.DataFrame({"a": [1, 2]}, index=pd.Index(["x", "y"], name="id"))
    with Kept(path, frame, settings={"version": "1"}) as run:
        assert select(path, "SELECT state, ended FROM runs") == [("running", None)]
        run.settle(1, 5)
    ((name, state, total, settings),) = select(
        path, "SELECT name, state, total, settings FROM runs"
    )
    assert (name, state, total) == ("work", "done", 2)
    assert json.loads(settings) == {
        "version": "1",
        "index": {"kind": "Index", "names": ["id"], "dtype": [str(frame.index.dtype)]},
        "items": False,
    }
    ((started, beat, ended),) = select(path, "SELECT started, beat, ended FROM runs")
    assert started <= beat <= ended
    assert select(path, "SELECT position, label, item_value FROM outcomes") == [(1, '"y"', None)]


def test_what_was_taken_over_stands_in_the_file(path: Path) -> None:
    """The rows of earlier runs that a run has taken over are written as pairs."""
    keep(path, ["a", "b", "c"], 1, 2, 3)
    with Kept(path, ["new", "c", "a"]) as run:
        assert run.found() == {1: 3, 2: 1}
    ((of_run, first, rows),) = select(path, "SELECT run, first, rows FROM reused")
    pairs = unpacked(rows)
    assert (of_run, first) == (2, pairs[0])
    assert dict(zip(pairs[::2], pairs[1::2], strict=True)) == {1: 3, 2: 1}


def test_a_run_that_took_all_over_is_gone_by_too(path: Path) -> None:
    """A third run finds by the second one what that one found itself, and what it added."""
    keep(path, ["a", "b"], 1, 2)
    with Kept(path, ["a", "b", "c"]) as run:
        assert len(run.found()) == 2
        run.settle(2, 3)
    with Kept(path, ["a", "b", "c"]) as run:
        assert run.found() == {0: 1, 1: 2, 2: 3}
    assert kept(path) == 3


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.SKIPPED])
def test_what_was_not_done_is_not_kept(path: Path, status: Status) -> None:
    """Only what ended by itself is worth keeping."""
    with Kept(path, ["a"]) as run:
        run.settle(0, status=status)
    assert kept(path) == 0


def test_what_stood_in_for_an_answer_is_not_kept(path: Path) -> None:
    """A fallback is none: a later run asks again."""
    with Kept(path, ["a", "b"]) as run:
        run.settle(0, 1, source=Source.FALLBACK)
        run.settle(1, 1, source=Source.CACHE)
    assert select(path, "SELECT position FROM outcomes") == [(1,)]


def test_what_was_taken_back_is_not_written(path: Path) -> None:
    """An end that is taken back before it is written comes when the item ends again."""
    with Kept(path, ["a"]) as run:
        run.settle(0, error=ValueError("odd"))
        run.ledger.reopen(0, fresh=False)
        run.settle(0, 7)
    assert select(path, "SELECT status, value, attempts FROM outcomes") == [("ok", "7", 2)]


def test_what_ends_again_takes_the_place_of_what_it_was(path: Path) -> None:
    """A row that has been written and ends anew in the same run is one row, with the same id."""
    with Kept(path, ["a", "b"]) as run:
        run.settle(0, error=ValueError("odd"))
        wait_for(lambda: kept(path) == 1)
        run.ledger.reopen(0, fresh=False)
        run.settle(0, 7)
    assert select(path, "SELECT id, status, value, error FROM outcomes") == [(1, "ok", "7", None)]


def test_rows_are_recognised_by_what_they_hold(path: Path) -> None:
    """A row of a frame is found in another frame, with other columns order and index."""
    keep(path, pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}), 10, 20)
    other = pd.DataFrame({"b": ["y", "z"], "a": [2, 1]}, index=["p", "q"])
    with Kept(path, other) as run:
        assert run.found() == {0: 20}


def test_an_item_that_the_call_changes_is_kept_as_it_came(path: Path) -> None:
    """A function that writes into its item does not make another row of it."""
    item = {"a": 1}
    with Kept(path, [item]) as run:
        assert run.found() == {}
        item["b"] = 2
        run.settle(0, "done")
    with Kept(path, [{"a": 1}]) as run:
        assert run.found() == {0: "done"}


def test_an_answer_that_is_seen_is_kept_as_it_came(path: Path) -> None:
    """Where the user's code is told of an end, what it does to the answer is not kept."""
    answer = {"n": [1]}
    with Kept(path, ["a", "b", "c"]) as run:
        run.settle(0, answer, seen=True)
        answer["n"].append(2)
        run.settle(1, "text", seen=True)
        run.settle(2, bytearray(b"x"), seen=True)
    assert select(path, "SELECT value FROM outcomes") == [('{"n":[1]}',), ('"text"',)]
    assert "hold a bytearray are not kept" in run.said[0]


def test_objects_are_kept_as_plain_data_and_made_again(path: Path) -> None:
    """Answers go through what makes them plain, and come back through what makes them again."""

    def remake(value: str) -> complex:
        if value == "(2+0j)":
            raise TypeError
        return complex(value)

    for found in ({}, {0: 1 + 0j}):
        with Kept(path, ["a", "b"], typed=(str, remake)) as run:
            assert run.found() == found
            if not found:
                run.settle(0, 1 + 0j)
                run.settle(1, 2 + 0j)
    # That the type has changed is the user's doing: the row is done again without a word.
    assert run.said == []


def test_what_json_cannot_hold_is_not_kept_and_that_is_said_once(path: Path) -> None:
    """Answers that would come back as something else are left out, with one sentence a kind."""
    with Kept(path, range(4)) as run:
        for number in range(3):
            run.settle(number, bytearray([number]))
        run.settle(3, 3)
    assert [text[:34] for text in run.said] == ["Answers that hold a bytearray are "]
    assert kept(path) == 1


def test_items_that_cannot_be_recognised_are_not_kept(path: Path) -> None:
    """An open file as an item, or one whose own methods raise, is said and does no harm."""

    class Broken(dict[str, int]):
        def items(self) -> Any:
            raise ZeroDivisionError

    with Kept(path, [object(), Broken(a=1), "fine"]) as run:
        assert run.found() == {}
        for at in range(3):
            run.settle(at, 1)
    said = " ".join(run.said)
    assert "Items that hold a builtins.object are not kept" in said
    assert "Items that hold a Broken are not kept" in said
    assert kept(path) == 1


def test_works_live_side_by_side(path: Path) -> None:
    """Two works in one file have answers of their own for the same item."""
    keep(path, ["a"], 1, work={"path": "/one"}, name="one")
    keep(path, ["a"], 2, work={"path": "/other"}, name="other")
    for part, value in (("/one", 1), ("/other", 2)):
        with Kept(path, ["a"], work={"path": part}, name="any name") as run:
            assert run.found() == {0: value}


def test_changed_work_of_the_same_name_is_refused(path: Path) -> None:
    """When answers would be lost to a change, it is said what changed, and no run is noted."""
    keep(path, ["a"], 1)
    with pytest.raises(CheckpointMismatch, match=r"1 answer.*method was 'GET' and is 'PUT'"):
        open_journal(path, {**WORK, "method": "PUT"}, Plan(["a"], name="work"))
    assert select(path, "SELECT count(*) FROM runs") == [(1,)]


def test_items_that_come_one_by_one_are_looked_up_as_they_come(path: Path) -> None:
    """Along the positions of the run before and out of that order, answers are found."""
    keep(path, range(1_500), *range(1_500))
    items = [*range(1_500), *range(1_499, 1_000, -1), -1]
    with Kept(path, iter(items)) as run:
        run.plan.pulled.extend(items)
        found = [run.journal.lookup(at) for at in range(len(items))]
    values = [answer.value if isinstance(answer, Answer) else None for answer in found]
    assert values == [*items[:-1], None]


def test_a_damaged_row_is_done_again(path: Path) -> None:
    """A value that cannot be read is as good as none, and that is said; the others are found."""
    keep(path, ["a", "b"], 1, 2)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE outcomes SET value = '{broken' WHERE position = 0")
    with Kept(path, ["a", "b"]) as run:
        assert run.found() == {1: 2}
    assert run.said[0].startswith("Rows of the checkpoint 'work.db' cannot be read")


def test_without_a_thread_nothing_begins(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When not even a thread can be started, that is said before anything is sent."""

    def refuse(_thread: threading.Thread) -> None:
        message = "can't start new thread"
        raise RuntimeError(message)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(StorageError, match=r"can't start new thread\. Nothing was sent"):
        Kept(path, ["a"])


def test_a_deleted_file_is_said(path: Path) -> None:
    """When the file was deleted while it was written, the user is told at the end."""
    with Kept(path, ["a"]) as run:
        run.settle(0, 1)
        wait_for(lambda: kept(path) == 1)
        path.unlink()
    assert "was deleted during the run" in run.said[-1]


def test_closing_is_final_and_may_be_repeated(path: Path) -> None:
    """What comes after close() is dropped, and nobody is held or told any more."""
    heard: list[str] = []
    run = Kept(path, ["a", object()])
    run.journal.listen(heard.append)
    assert run.journal.end("done", 2)
    run.journal.close("done", 2)
    run.journal.close("failed", 2)
    assert not run.journal.end("failed", 2)
    run.settle(0, {"late": True})
    run.journal.record_seen(0)
    assert kept(path) == 0
    assert heard == []
    assert select(path, "SELECT state FROM runs") == [("done",)]


def test_a_journal_that_never_began_can_be_closed(path: Path) -> None:
    """Where the run could not even be made, file and journal are let go of."""
    journal = open_journal(path, WORK, Plan(["a"], name="work"))
    journal.record(0)
    journal.record_seen(0)
    journal.close()
    assert kept(path) == 0


def test_an_abandoned_journal_writes_what_it_has_and_lets_go(path: Path) -> None:
    """Collected without close(), it leaves no thread, no open file and no outcome behind."""
    keep(path, ["a"], 1)
    run = Kept(path, ["b"])
    run.settle(0, 2)
    open_journal(path, WORK, Plan(["a"], name="work"))
    del run
    gc.collect()
    wait_for(lambda: not any("journal" in thread.name for thread in threading.enumerate()))
    assert kept(path) == 2


def test_what_a_run_settles_itself_is_no_earlier_outcome(path: Path) -> None:
    """An equal item that comes later is done as well, however soon the first was written."""
    keep(path, ["a"], 1)
    with Kept(path, ["b", "a", "b"]) as run:
        run.settle(0, 2)
        assert run.journal._writer is not None
        run.journal._writer.flush()
        assert run.found() == {1: 1}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.skipif(sys.version_info >= (3, 12), reason="a fork with threads warns there")
def test_a_forked_child_leaves_the_file_to_its_parent(path: Path) -> None:
    """A child that drops, closes and flushes its copy does not touch what the parent writes."""
    keep(path, ["a"], 1)
    run = Kept(path, ["a", "b", "c"])
    run.settle(1, 2)
    child = os.fork()
    if child == 0:  # pragma: no cover - the coverage of a child that exits at once is lost
        writer_module._flush_at_exit()
        run.journal._writer.close()  # type: ignore[union-attr]  # it has begun
        del run
        gc.collect()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    run.settle(2, 3)
    assert run.found() == {0: 1}
    run.journal.close("done", 3)
    assert kept(path) == 3
    assert select(path, "PRAGMA integrity_check") == [("ok",)]


def test_what_a_child_collects_stays_open(path: Path) -> None:
    """SQLite forbids a child to close what its parent opened, so the finalizer lets it be."""
    keep(path, ["a"], 1)
    with Kept(path, ["a"]) as run:
        journal = run.journal
        journal_module._release(journal._reader, journal._writer, os.getpid() + 1)
        assert run.found() == {0: 1}


def test_a_path_is_checked_first(path: Path) -> None:
    """What is no path is a ConfigurationError, before any work is looked at."""
    with pytest.raises(nk.ConfigurationError, match="checkpoint=7"):
        open_journal(7, {}, Plan([]))  # type: ignore[arg-type]
    assert not path.exists()


def test_answers_never_get_into_another_file_of_that_name(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Deleted and made anew by other work before the first answer, the file has only its own."""
    monkeypatch.setattr("notebook_kit.storage.writing._LAST_TRIES_S", 0.1)
    with Kept(path, ["a", "b"]) as old:
        path.unlink()
        keep(path, ["a"], "new", work={**WORK, "path": "/other"})
        old.settle(0, "old")
        old.settle(1, "old")
    assert "another file has taken its place" in old.said[0]
    with Kept(path, ["a", "b"], work={**WORK, "path": "/other"}) as run:
        assert run.found() == {0: "new"}


def test_a_run_that_could_not_begin_is_none_that_goes_on(path: Path) -> None:
    """The file says that it has ended, and of how many items it would have been."""
    journal = open_journal(path, WORK, Plan(["a", "b"], name="work"))
    journal.close("failed")
    ((state, total, ended, beat),) = select(path, "SELECT state, total, ended, beat FROM runs")
    assert (state, total) == ("failed", 2)
    assert ended == beat


def test_an_item_without_a_digest_gets_none_by_what_the_call_does_to_it(path: Path) -> None:
    """What could not be recognised as it came is not taken for what the call has made of it."""
    item: dict[str, Any] = {"a": 1, "file": object()}
    with Kept(path, [item]) as run:
        assert run.found() == {}
        del item["file"]
        run.settle(0, "done")
    assert kept(path) == 0
    with Kept(path, [{"a": 1}]) as run:
        assert run.found() == {}


def test_a_name_that_is_no_text_for_a_file_is_written_all_the_same(path: Path) -> None:
    """Half a surrogate pair, as names of files may hold one, stands there as its number."""
    keep(path, ["a"], 1, name="caf\udce9")
    assert select(path, "SELECT name FROM runs UNION ALL SELECT name FROM works") == [
        ("caf\\udce9",),
        ("caf\\udce9",),
    ]
    with pytest.raises(CheckpointMismatch):
        open_journal(path, {**WORK, "method": "PUT"}, Plan(["a"], name="caf\udce9"))
