"""A run out of a checkpoint: its ledger, items and labels."""

from __future__ import annotations

import gc
import math
import tracemalloc
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from notebook_kit.errors import CheckpointCorrupt, NotFound
from notebook_kit.scheduling import SOURCES, STATUSES, Source, Status
from notebook_kit.scheduling.outcome import UNSETTLED
from notebook_kit.storage.loading import LoadedRun, load_run
from tests.storage.helpers import Kept, keep, select, wait_for
from tests.storage.helpers import kept as count_of
from tests.storage.test_listing import change

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work.db"


def statuses(loaded: LoadedRun) -> list[str]:
    """Return how the rows ended, in words."""
    return ["" if it == UNSETTLED else STATUSES[it] for it in loaded.ledger.status]


def answers(loaded: LoadedRun) -> list[Any]:
    """Return the answers."""
    return loaded.ledger.values  # noqa: PD011 - a list of answers, no DataFrame


def sources(loaded: LoadedRun) -> list[str]:
    """Return where the rows are from, in words."""
    return [SOURCES[it] for it in loaded.ledger.source]


def test_answers_come_back_as_they_were(path: Path) -> None:
    """Whatever can be kept is the same again, with its item, and so are attempts and times."""
    values = [{"n": 1}, (1, b"x"), float("inf"), None, "text", {2: [True]}]
    items: list[Any] = ["a", 7, (1, 2), None, 2.5, {"k": b"v"}]
    with Kept(path, items) as run:
        for at, value in enumerate(values):
            run.settle(at, value)
    loaded = load_run(path)
    assert answers(loaded) == values
    assert loaded.items == items
    assert loaded.unknown == 0
    assert list(loaded.ledger.attempts) == [1] * 6
    assert list(loaded.ledger.status_code) == [200] * 6
    assert loaded.labels is None
    for at in range(6):
        before, now = run.ledger.outcome(at, None), loaded.ledger.outcome(at, None)
        assert now.started == pytest.approx(before.started, abs=1e-6)
        assert now.elapsed_s == pytest.approx(before.elapsed_s, abs=1e-9)


def test_errors_come_back_with_kind_and_text(path: Path) -> None:
    """The kit's own are of their class, others bear its name; equal ones are one object."""
    missing = NotFound("gone", status_code=404)
    keep(path, [1, 2, 3, 4], missing, KeyError("k"), TimeoutError("late"), KeyError("k"))
    loaded = load_run(path)
    errors = loaded.ledger.errors
    assert isinstance(errors[0], NotFound)
    assert [type(errors[at]).__name__ for at in range(4)] == [
        *("NotFound", "KeyError", "TimeoutError", "KeyError")
    ]
    assert [str(errors[at]) for at in range(4)] == ["gone", "'k'", "late", "'k'"]
    assert errors[1] is errors[3]
    assert statuses(loaded) == ["failed", "failed", "timeout", "failed"]
    assert loaded.ledger.status_code[0] == 404


def test_rows_of_earlier_runs(path: Path) -> None:
    """What a run has taken over is in it with its answers and the source checkpoint."""
    keep(path, [1, 2, 3], "a", "b", ValueError("odd"))
    with Kept(path, [3, 2, 1, 2]) as again:
        assert again.found() == {1: "b", 2: "a", 3: "b"}
        again.settle(0, "c")
    loaded = load_run(path)
    assert answers(loaded) == ["c", "b", "a", "b"]
    assert loaded.items == [3, 2, 1, 2]
    assert sources(loaded) == ["network", "checkpoint", "checkpoint", "checkpoint"]
    assert list(loaded.ledger.attempts) == [1, 0, 0, 0]
    assert loaded.ledger.left[1] == 0.0


def test_more_rows_than_are_looked_up_at_once(path: Path) -> None:
    """Thousands that were taken over are all there, each at its place."""
    count = 1_500
    keep(path, list(range(count)), *range(0, -count, -1))
    with Kept(path, list(reversed(range(count)))) as again:
        assert len(again.found()) == count
    loaded = load_run(path)
    assert answers(loaded) == list(range(1 - count, 1))
    assert loaded.ledger.counts[Status.OK] == count


def test_failures_that_count_as_settled(path: Path) -> None:
    """They are taken over with their errors; one that was done again is the new one."""
    keep(path, [1, 2], ValueError("one"), TimeoutError("two"))
    with Kept(path, [1, 2], reuse="settled") as again:
        assert len(again.found()) == 2
        again.settle(0, "better")
    loaded = load_run(path)
    assert statuses(loaded) == ["ok", "timeout"]
    assert sources(loaded) == ["network", "checkpoint"]
    assert str(loaded.ledger.errors[1]) == "two"
    assert list(loaded.ledger.errors) == [1]


@pytest.mark.parametrize("error", [ValueError("odd"), TimeoutError("late")])
def test_a_row_that_was_tried_once_more_until_the_end(path: Path, error: Exception) -> None:
    """It is as the run has left it, and not as it was before; a later run may know of that."""
    with Kept(path, ["a", "b"]) as run:
        run.settle(0, error=error)
        run.settle(1, error=error)
        wait_for(lambda: count_of(path) == 2)
        run.ledger.reopen(0, fresh=False)
        run.ledger.attempts[0] += 1
        run.ledger.settle(0, Status.CANCELLED, now=run.ledger.left[0] + 9)
    loaded = load_run(path)
    assert statuses(loaded) == ["cancelled", statuses(loaded)[1]]
    assert list(loaded.ledger.attempts) == [2, 1]
    assert list(loaded.ledger.errors) == [1]
    with Kept(path, ["a"], reuse="settled") as run:
        assert str(run.found()[0].error) == str(error)


def test_a_failure_that_was_taken_over_and_was_to_be_tried_once_more(path: Path) -> None:
    """When the run was cancelled before that, the row is cancelled, and no failure of this run."""
    keep(path, ["a", "b"], ValueError("odd"), ValueError("odd"))
    with Kept(path, ["a", "b"], reuse="settled") as run:
        for at, failure in run.found().items():
            run.ledger.reuse(
                *(at, None),
                source=Source.CHECKPOINT,
                status_code=0,
                now=1.0,
                status=Status.FAILED,
                error=failure.error,
            )
        run.ledger.reopen(0, fresh=True)
        run.ledger.settle_rest(Status.CANCELLED)
    loaded = load_run(path)
    assert statuses(loaded) == ["cancelled", "failed"]
    assert sources(loaded) == ["network", "checkpoint"]
    assert list(loaded.ledger.errors) == [1]


def test_answers_that_took_no_attempt(path: Path) -> None:
    """The answer to an equal item, and one from a cache, were not asked for."""
    with Kept(path, [1, 1, 2, 3]) as run:
        run.settle(0, "a")
        run.ledger.copy(0, 1, source=Source.CACHE, now=1.0)
        run.journal.record(1)
        run.settle(2, "b", source=Source.CACHE)
        run.settle(3, error=ValueError("odd"), source=Source.CACHE)
    assert sources(load_run(path)) == ["network", "cache", "cache", "cache"]


def test_a_run_that_goes_on(path: Path) -> None:
    """Rows that have not ended are not settled, and their items are not known."""
    with Kept(path, ["a", "b", "c"]) as run:
        run.settle(1, "B")
        wait_for(lambda: count_of(path) == 1)
        loaded = load_run(path)
    assert statuses(loaded) == ["", "ok", ""]
    assert loaded.items == [None, "b", None]
    assert loaded.unknown == 2
    assert math.isnan(loaded.ledger.left[0])


@pytest.mark.parametrize(
    ("state", "rest"),
    [("cancelled", "cancelled"), ("failed", "cancelled"), ("stopped", "skipped"), ("done", "")],
)
def test_how_the_rest_ended(path: Path, state: str, rest: str) -> None:
    """Rows that are not in the file are as the end of the run has left them."""
    keep(path, [1, 2], "a")
    change(path, "UPDATE runs SET state = ?", state)
    assert statuses(load_run(path)) == ["ok", rest]


def test_an_input_without_a_known_end(path: Path) -> None:
    """As long as nobody knows how many items there are, there are those that have come."""
    with Kept(path, iter("abc")) as run:
        run.ledger.grow(3)
        run.plan.pulled += "abc"
        run.settle(1, "B")
        wait_for(lambda: count_of(path) == 1)
        assert statuses(load_run(path)) == ["", "ok"]
    assert statuses(load_run(path)) == ["", "ok", ""]


def test_labels(path: Path) -> None:
    """Labels come back with the facts of their index, and None for those not known."""
    keep(path, pd.Series([1, 2, 3], index=pd.Index(["x", "y", "z"], name="k")), "a", "b")
    loaded = load_run(path)
    assert loaded.labels == ["x", "y", None]
    assert (loaded.facts.kind, loaded.facts.names) == ("Index", ("k",))


def test_labels_of_rows_that_were_taken_over(path: Path) -> None:
    """They are those of the run itself, whatever the rows were called in the earlier one."""
    keep(path, pd.Series([1, 2, 3], index=["p", "q", "r"]), "a", "b", "c")
    dates = pd.date_range("2024-03-30", periods=2, tz="Europe/Zurich")
    for labels, expected in (
        ([0, 2], [0, 2]),
        (["x", "y"], ["x", "y"]),
        ([("t", 1), ("t", 2)], [("t", 1), ("t", 2)]),
        (dates, list(map(str, dates))),
    ):
        with Kept(path, pd.Series([1, 3], index=labels)) as run:
            assert len(run.found()) == 2
        assert load_run(path).labels == expected
    with Kept(path, [1, 3]) as run:
        assert len(run.found()) == 2
    assert load_run(path).labels is None


def test_labels_of_many_rows_that_were_taken_over(path: Path) -> None:
    """Each chunk of them has its own list, in the order of its rows."""
    count = 70_000
    keep(path, [7], "a")
    with Kept(path, pd.Series([7] * count, index=range(count, 0, -1))) as run:
        assert len(run.found()) == count
    assert load_run(path).labels == list(range(count, 0, -1))
    assert len(select(path, "SELECT * FROM reused WHERE labels NOT NULL")) > 1


@pytest.mark.parametrize("labels", ["7", "[1]", "{}", "[1,2,3]", "no JSON"])
def test_labels_that_no_run_has_written(path: Path, labels: str) -> None:
    """A list of another length, and what is no list, is an error that says so."""
    for _ in range(2):
        with Kept(path, pd.Series([1, 2], index=["x", "y"])) as run:
            if not run.found():
                run.settle(0, 1)
                run.settle(1, 2)
    change(path, "UPDATE reused SET labels = ?", labels)
    with pytest.raises(CheckpointCorrupt, match="holds what no run has written"):
        load_run(path)


def test_a_table_has_no_items(path: Path) -> None:
    """Of a DataFrame the frame shows no items, and none are kept."""
    keep(path, pd.DataFrame({"n": [1, 2]}), "a", "b")
    loaded = load_run(path)
    assert loaded.items is None
    assert answers(loaded) == ["a", "b"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE outcomes SET value = 'no JSON'",
        "UPDATE outcomes SET value = NULL",
        "UPDATE outcomes SET status = 'nice'",
        "UPDATE outcomes SET source = 'a friend'",
        "UPDATE outcomes SET status_code = 1000000",
        "UPDATE outcomes SET attempts = 'many'",
        "UPDATE outcomes SET network_s = 'long'",
        "UPDATE outcomes SET network_s = 9e999",
        "UPDATE outcomes SET started = -9e999",
        "UPDATE outcomes SET started = 1e15",
        "UPDATE outcomes SET attempts = -1",
        "UPDATE outcomes SET item_value = '{'",
        "UPDATE outcomes SET position = 'first'",
        "UPDATE outcomes SET status = 'failed', error_type = NULL",
        "UPDATE runs SET settings = '{\"index\": 7}'",
        'UPDATE runs SET settings = \'{"index": {"kind": 1, "names": [1], "dtype": [2]}}\'',
        "INSERT INTO reused VALUES (1, 0, x'00', NULL)",
    ],
)
def test_what_no_run_has_written(path: Path, statement: str) -> None:
    """A file that somebody has changed is an error that says so."""
    keep(path, [1], "a")
    change(path, statement)
    with pytest.raises(CheckpointCorrupt, match="holds what no run has written"):
        load_run(path)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE runs SET total = 1000000000000",
        "UPDATE outcomes SET position = 1000000000000",
        "UPDATE outcomes SET position = -1",
    ],
)
def test_more_rows_than_can_be(path: Path, statement: str) -> None:
    """No memory is taken for as many rows as a file says it had."""
    keep(path, [1], "a")
    change(path, statement)
    with pytest.raises(CheckpointCorrupt, match="that cannot be"):
        load_run(path)


def test_memory(path: Path) -> None:
    """Beside what was loaded only a little is ever held."""
    count = 20_000
    keep(path, list(range(count)), *({"n": at, "text": f"row {at}"} for at in range(count)))
    tracemalloc.start()
    try:
        loaded = load_run(path)
        held, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(loaded.ledger) == count
    assert most < 1.15 * held


def test_no_collection_while_it_loads(path: Path) -> None:
    """The garbage collector is as it was before, whether or not loading went well."""
    keep(path, [1], "a")
    load_run(path)
    assert gc.isenabled()
    gc.disable()
    try:
        load_run(path)
        assert not gc.isenabled()
    finally:
        gc.enable()
    change(path, "UPDATE outcomes SET value = 'no JSON'")
    with pytest.raises(CheckpointCorrupt):
        load_run(path)
    assert gc.isenabled()
