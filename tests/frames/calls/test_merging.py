from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

import notebook_kit as nk
from notebook_kit.errors import ConfigurationError
from notebook_kit.frames import build_frame, plan_of
from notebook_kit.frames.calls.merging import merged
from notebook_kit.frames.joining import join
from notebook_kit.scheduling import Ledger, Status
from tests.frames.ledgers import settle
from tests.frames.test_accessor import calls_of


def frame(statuses: list[Status], labels: list[str], value: str = "old") -> pd.DataFrame:
    """Return a frame of rows that ended so, tried once each."""
    ledger = ledger_of(statuses, value, labels)
    return build_frame(plan_of(pd.Series(labels, index=labels, dtype=object)), ledger)


def ledger_of(
    statuses: list[Status], value: str = "old", labels: list[str] | None = None
) -> Ledger:
    """Return the ledger of a run whose rows ended so."""
    ledger = Ledger()
    ledger.grow(len(statuses))
    for at, status in enumerate(statuses):
        error = None if status == Status.OK else ValueError(value)
        answer = value if labels is None else f"{value} {labels[at]}"
        settle(ledger, at, status, value=answer, error=error)
    return ledger


def test_answers_take_the_place_of_failures() -> None:
    """By label; all that a run says of the row is replaced, and attempts are those of both."""
    older = frame([Status.OK, Status.FAILED, Status.TIMEOUT], list("abc"))
    newer = frame([Status.OK, Status.FAILED], ["c", "b"], "new")
    both = merged(older, newer)
    assert both["result"].tolist() == ["old a", None, "new c"]
    assert both["status"].tolist() == ["ok", "failed", "ok"]
    assert both["error"].fillna("").tolist() == ["", "new", ""]
    assert both["attempts"].tolist() == [1, 2, 2]
    assert both.dtypes.equals(older.dtypes)
    assert both.index.equals(older.index)


def test_an_answer_is_never_lost() -> None:
    """A later failure, or a row that was not tried, changes nothing but the attempts."""
    older = frame([Status.OK, Status.FAILED], list("ab"))
    newer = frame([Status.FAILED, Status.CANCELLED], list("ab"), "new")
    both = merged(older, newer)
    assert_frame_equal(both.drop(columns="attempts"), older.drop(columns="attempts"))


def test_where_labels_occur_twice_the_rows_without_an_answer_are_meant() -> None:
    """In their order, which is the one in which they were sent again."""
    older = frame([Status.FAILED, Status.OK, Status.FAILED], ["a", "a", "a"])
    newer = frame([Status.OK, Status.OK], ["a", "a"], "new").assign(result=["first", "second"])
    assert merged(older, newer)["result"].tolist() == ["first", "old a", "second"]


@pytest.mark.parametrize("labels", [["x"], ["b", "b"], ["b", "x"]])
def test_rows_that_cannot_be_told_are_refused(labels: list[str]) -> None:
    """A frame of other rows is not put in by guessing."""
    older = frame([Status.OK, Status.FAILED], list("ab"))
    with pytest.raises(ConfigurationError, match="cannot tell which of 2 rows"):
        merged(older, frame([Status.OK] * len(labels), labels, "new"))


def test_columns_of_the_input_stay() -> None:
    """Also one that has the name of a column of the outcome."""
    older = frame([Status.FAILED], ["a"])
    table = join(pd.DataFrame({"status": ["mine"], "city": ["Bern"]}, index=["a"]), older)
    both = merged(table, frame([Status.OK], ["a"], "new"))
    assert both["status"].tolist() == ["mine"]
    assert both["status_call"].tolist() == ["ok"]
    assert both["city"].tolist() == ["Bern"]
    assert both.columns.equals(table.columns)


def test_what_is_known_of_the_run_stays_but_its_times() -> None:
    """The call is the same; when it started and how long it took is not."""
    older = frame([Status.FAILED], ["a"])
    older.attrs = {"mine": 1, "notebook_kit": {"call": "GET /x", "elapsed_s": 3.0}}
    both = merged(older, frame([Status.OK], ["a"], "new"))
    assert both.attrs == {"mine": 1, "notebook_kit": {"call": "GET /x"}}
    assert older.attrs["notebook_kit"]["elapsed_s"] == 3.0


@pytest.mark.parametrize("given", [None, 3, [1], {"frame": 1}])
def test_what_is_no_frame_is_refused(given: object) -> None:
    """The message says what is taken."""
    with pytest.raises(ConfigurationError, match="takes the frame of a run, or a run"):
        merged(frame([Status.OK], ["a"]), given)


STATUS = st.sampled_from(list(Status))


@given(st.lists(st.tuples(STATUS, STATUS, st.booleans()), max_size=12))
def test_no_row_is_lost_and_none_gets_worse(rows: list[tuple[Status, Status, bool]]) -> None:
    """Whatever happened: as many rows, every answer still there, untouched rows as before."""
    labels = [str(at) for at in range(len(rows))]
    older = frame([old for old, _, _ in rows], labels)
    again = [(label, new) for label, (_, new, sent) in zip(labels, rows, strict=True) if sent]
    again.reverse()
    newer = frame([new for _, new in again], [label for label, _ in again], "new")
    both = merged(older, newer)
    assert both.index.equals(older.index)
    ok = {label for label, status in older["status"].items() if status == "ok"}
    assert ok <= {label for label, status in both["status"].items() if status == "ok"}
    for label, (_, new, sent) in zip(labels, rows, strict=True):
        if sent and new == Status.OK and label not in ok:
            assert both.loc[label, "result"] == f"new {label}"


def test_a_list_of_what_failed_is_not_put_in_the_first_rows() -> None:
    """Its rows are called 0, 1, ... by themselves; with the labels of the frame it is taken."""
    older = build_frame(plan_of([1, 0, 2, 0]), ledger_of([Status.OK, *[Status.FAILED] * 3]))
    newer = build_frame(plan_of([0, 2]), ledger_of([Status.OK] * 2))
    with pytest.raises(ConfigurationError, match=r"were made of other items.*set_axis\(labels\)"):
        merged(older, newer)
    assert merged(older, newer.set_axis([1, 2]))["status"].tolist() == ["ok"] * 3 + ["failed"]


def test_rows_of_one_label_are_not_exchanged() -> None:
    """A frame that was sorted after they were sent is refused, as answers would change places."""
    items = pd.Series(["x", "y"], index=["a", "a"])
    older = build_frame(plan_of(items), ledger_of([Status.FAILED] * 2))
    newer = build_frame(plan_of(items), ledger_of([Status.OK] * 2))
    assert merged(older, newer)["status"].tolist() == ["ok", "ok"]
    with pytest.raises(ConfigurationError, match="in another order than when they were sent"):
        merged(older[::-1], newer)


def test_intervals_that_overlap_are_labels_too() -> None:
    """Each is the one that is like it."""
    labels = pd.IntervalIndex.from_tuples([(0, 2), (1, 3)])
    older = frame([Status.FAILED, Status.OK], ["a", "b"]).set_axis(labels)
    newer = frame([Status.OK], ["a"], "new").set_axis(labels[:1])
    assert merged(older, newer)["result"].tolist() == ["new a", "old b"]


def mapped(statuses: list[bool], **options: Any) -> tuple[pd.DataFrame, pd.DataFrame, Any]:
    """Return a table whose labels are all the same, the frame of a run over it, and its function.

    The rows fail of which it is said so; from then on none does.
    """
    table = pd.DataFrame({"n": range(len(statuses))}, index=["CH"] * len(statuses))
    bad = {at for at, is_ok in enumerate(statuses) if not is_ok}

    def once(n: int) -> str:
        if n in bad:
            raise ValueError(str(n))
        return str(n)

    frame = nk.map(once, table, retry=0, progress=False, **options).result()
    bad.clear()
    return table, frame, once


def is_right(frame: pd.DataFrame, before: pd.DataFrame) -> bool:
    """Tell whether each row that had failed has the answer that belongs to it."""
    had_failed = (before["status"] == "failed").to_numpy()
    wanted = before["error"].where(had_failed, before["result"])
    return frame["result"].tolist() == wanted.tolist()


def test_answers_of_a_mapped_table_are_not_exchanged() -> None:
    """Where labels repeat, the frame must stand as when its rows were sent."""
    table, frame, once = mapped([True, False, False, True, False])
    again = calls_of(frame).retry(once, items=table, progress=False).result()
    assert is_right(merged(frame, again), frame)
    for other in (frame[::-1], frame.sort_values("error")[::-1], frame.sort_values("status")[::-1]):
        with pytest.raises(ConfigurationError, match="in another order than when they were sent"):
            merged(other, again)


def test_rows_that_ended_alike_are_told_apart_by_what_they_were_made_of() -> None:
    """Those that never began say nothing of their order, and their labels are the same."""
    table = pd.DataFrame({"n": [1, 2, 3, 4]}, index=["a"] * 4)
    run = nk.map(_fail, table, retry=0, max_errors=1, max_concurrency=1, join="left")
    with pytest.raises(nk.BatchError):
        run.result()
    frame: Any = run.frame
    assert frame["status"].tolist() == ["failed", "failed", "skipped", "skipped"]
    again = frame.calls.retry(lambda row: row["n"], progress=False)
    again.result()
    assert frame.calls.merge(again)["result"].tolist() == [1, 2, 3, 4]
    with pytest.raises(ConfigurationError, match="another order"):
        frame.iloc[[0, 1, 3, 2]].calls.merge(again)


def _fail(row: Any) -> None:
    raise ValueError


def test_what_was_sent_sorted_is_put_in_sorted() -> None:
    """The run that brings the answers knows in which order the rows were; so does a cut of them."""
    table, frame, once = mapped([True, False, False, True, False], join="left")
    other = frame[::-1]
    again = calls_of(other).retry(once, progress=False).result()
    assert is_right(merged(other, again), other)
    with pytest.raises(ConfigurationError, match="in another order"):
        merged(frame, again)
    cut = calls_of(frame[frame["status"] == "failed"]).retry(once, progress=False).result()
    assert is_right(merged(frame, cut), frame)
    # Sent by hand, the order of the run is the only one that can be meant.
    by_hand = nk.map(once, table[(frame["status"] == "failed").to_numpy()], progress=False).result()
    assert is_right(merged(frame, by_hand), frame)
    with pytest.raises(ConfigurationError, match="nothing says that they are not"):
        merged(other, by_hand)


def test_rows_that_never_began_are_not_exchanged() -> None:
    """They have no start to tell them apart: the rest of the frame says how it stands."""
    _, frame, once = mapped([True, False, False, True], join="left")
    frame.loc[(frame["status"] == "failed").to_numpy(), "started"] = pd.NaT
    again = calls_of(frame[::-1]).retry(once, progress=False).result()
    with pytest.raises(ConfigurationError, match="in another order"):
        merged(frame, again)
    assert is_right(merged(frame[::-1], again), frame[::-1])


def test_a_merged_frame_is_retried_again() -> None:
    """Its order is known as before, though some rows have started later."""
    table, frame, once = mapped([True, False, False, True])
    once_more = frame.copy()
    again = calls_of(frame).retry(str, items=table.iloc[:, 0].astype(object), statuses="failed")
    assert again.result()["status"].tolist() == ["ok", "ok"]
    half = merged(frame, again.result().assign(status=["ok", "failed"]))
    rest = calls_of(half).retry(once, items=table, progress=False).result()
    assert rest["result"].tolist() == ["2"]
    assert is_right(merged(half, rest), once_more)


def test_a_run_of_nothing_changes_nothing() -> None:
    """It has no rows, whatever their labels would be."""
    _, frame, _ = mapped([True, True])
    nothing = nk.map(str, [], progress=False).result()
    both = merged(frame, nothing)
    assert_frame_equal(both, frame)
    assert both is not frame


def test_arrow_s_dtypes_stay() -> None:
    """A frame that has them is not brought to numpy's."""
    run = nk.map(str, pd.Series([1, 2], index=["a", "b"]), progress=False)
    run.result()
    older = run.frame_as("pyarrow")
    both = merged(older, nk.map(repr, pd.Series([2], index=["b"]), progress=False).result())
    assert both.dtypes.equals(older.dtypes)


def test_of_both_runs_the_attempts_are_known() -> None:
    """What is so of one of them alone is left out."""
    _, frame, once = mapped([True, False], join="left")
    again = calls_of(frame).retry(once, progress=False).result()
    told = merged(frame, again).attrs["notebook_kit"]
    assert told["runs"] == [it.attrs["notebook_kit"]["run"] for it in (frame, again)]
    assert not {"run", "sent", "started", "elapsed_s"} & set(told)
    again.attrs = {}
    assert "runs" not in merged(frame, again).attrs["notebook_kit"]
