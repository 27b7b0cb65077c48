from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from notebook_kit.errors import ConfigurationError
from notebook_kit.frames import build_frame, plan_of
from notebook_kit.frames.calls.merging import merged
from notebook_kit.frames.joining import join
from notebook_kit.scheduling import Ledger, Status
from tests.frames.ledgers import settle


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
