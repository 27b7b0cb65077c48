from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import notebook_kit as nk
from notebook_kit.frames.calls.merging import merged
from notebook_kit.frames.calls.retrying import UNANSWERED, retry_words, send_again
from notebook_kit.frames.joining import join
from tests.frames.ledgers import everything


class Recorder:
    """Stands for a client: keeps what it was asked to map."""

    def map(self, path: str, items: Any, **options: Any) -> str:
        self.path, self.items, self.options = path, items, options
        return "a run"


def frame_of_all(**told: Any) -> pd.DataFrame:
    """Return a frame of all ways to end, that knows its call."""
    frame = nk.frames.build_frame(*everything())
    if told:
        frame.attrs["notebook_kit"] = told
    return frame


def again(frame: pd.DataFrame, sender: Any, **given: Any) -> Any:
    """Send again, with what `Calls.retry` fills in."""
    filled: dict[str, Any] = {
        "path": None,
        "method": None,
        "items": None,
        "statuses": UNANSWERED,
        "options": {},
    }
    return send_again(frame, sender, **{**filled, **given})


def test_the_rows_without_an_answer_are_sent_as_the_frame_knows() -> None:
    """Path and method are those of the run, the labels those of the frame."""
    client = Recorder()
    frame = frame_of_all(method="POST", path="/x/{item}")
    assert again(frame, client, options={"rate": "5/s"}) == "a run"
    assert client.path == "/x/{item}"
    assert client.options == {"method": "POST", "rate": "5/s"}
    assert client.items.tolist() == ["b", "c", "d", "e"]
    assert client.items.index.tolist() == [1, 2, 3, 4]


def test_what_is_written_goes_before_what_is_known() -> None:
    """Another path may be tried, and some statuses only."""
    client = Recorder()
    frame = frame_of_all(method="POST", path="/x/{item}")
    again(frame, client, path="/y/{item}", method="PUT", statuses="timeout")
    assert (client.path, client.options) == ("/y/{item}", {"method": "PUT"})
    assert client.items.tolist() == ["c"]


@pytest.mark.parametrize("path", [None, "/very/long…", "/x?key=****"])
def test_a_call_that_is_not_known_is_asked_for(path: str | None) -> None:
    """A path that was cut, or held a secret, is not sent."""
    with pytest.raises(nk.ConfigurationError, match=r"path='/airports/\{iata\}'"):
        again(frame_of_all(method="GET", path=path), Recorder())
    with pytest.raises(nk.ConfigurationError, match="does not know any more"):
        again(frame_of_all(), Recorder())


def test_beside_an_input_its_columns_are_the_rows() -> None:
    """Those of the outcome are not sent, whatever they are called."""
    frame = frame_of_all(path="/{city}")
    table = pd.DataFrame({"city": list("ABCDEFG"), "status": ["new"] * 7})
    client = Recorder()
    again(join(table, frame), client)
    assert client.items.columns.tolist() == ["city", "status"]
    assert client.items["city"].tolist() == ["B", "C", "D", "E"]


def test_what_was_mapped_can_be_given() -> None:
    """All of it, row by row: the rows are picked here."""
    frame = frame_of_all(path="/{x}").drop(columns="item")
    client = Recorder()
    again(frame, client, items=[{"x": at} for at in range(7)])
    assert client.items.tolist() == [{"x": at} for at in (1, 2, 3, 4)]
    with pytest.raises(nk.ConfigurationError, match="items= has 2 rows and the frame has 7"):
        again(frame, client, items=[1, 2])
    with pytest.raises(nk.ConfigurationError, match="give items="):
        again(frame, client)


def test_items_that_a_file_has_as_json_are_what_they_were() -> None:
    """A dictionary is sent as one."""
    frame = frame_of_all(path="/{x}").astype({"item": object})
    frame["item"] = '{"x": 1}'
    client = Recorder()
    again(frame, client)
    assert client.items.tolist() == [{"x": 1}] * 4


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"statuses": ["well"]}, "'well': name some of ok, failed"),
        ({"statuses": []}, "was given nothing"),
        ({"statuses": 5}, "was given 5: name some of"),
        ({"items": "abcdefg"}, "going through its characters is hardly meant"),
        ({"items": 5}, r"write \[5\]"),
        ({"sender": 3}, "takes a client or the function.*was given a int"),
        ({"sender": None}, "takes a client or the function.*was given nothing"),
        ({"sender": "http://x", "items": [1]}, "takes a client.*was given a str"),
        ({"sender": str, "method": "GET"}, "are of a client's call"),
    ],
)
def test_what_cannot_work_is_refused(given: dict[str, Any], message: str) -> None:
    """Before anything is sent, saying what to write."""
    with pytest.raises(nk.ConfigurationError, match=message):
        again(frame_of_all(path="/x"), **{"sender": Recorder(), **given})


def test_a_run_of_nothing_where_nothing_failed() -> None:
    """A loop until nothing fails needs no exception; also where items= would be asked for."""
    client = Recorder()
    frame = frame_of_all(path="/x").set_axis(list("tuvwxyz"))
    whole = frame[frame["status"] == "ok"]
    assert again(whole, client) == "a run"
    assert len(client.items) == 0
    again(whole.drop(columns="item"), client)
    assert len(client.items) == 0
    run = again(whole.drop(columns="item"), str.upper, options={"progress": False})
    assert_frame_equal(merged(whole, run.result()), whole)


def test_a_function_is_mapped_again() -> None:
    """It gets the rows that failed, and its run has their labels."""
    run = again(frame_of_all(), str.upper, options={"progress": False})
    assert run.result()["result"].to_dict() == {1: "B", 2: "C", 3: "D", 4: "E"}


def test_a_frame_in_another_order_is_sent_its_own_rows() -> None:
    """What was mapped is asked by label, so the frame may have been sorted or cut."""
    client = Recorder()
    labels = list("tuvwxyz")
    table = pd.DataFrame({"x": range(7)}, index=labels)
    frame = frame_of_all(path="/{x}").drop(columns="item").set_axis(labels)
    again(frame[::-1], client, items=table)
    assert client.items["x"].to_dict() == {"x": 4, "w": 3, "v": 2, "u": 1}
    again(frame.loc[["w", "u"]], client, items=table)
    assert client.items["x"].to_dict() == {"w": 3, "u": 1}


def test_of_a_mapping_the_values_are_sent() -> None:
    """As when it was mapped: its keys are labels."""
    client = Recorder()
    frame = frame_of_all(path="/{x}").drop(columns="item").set_axis(list("tuvwxyz"))
    again(frame, client, items=dict(zip("tuvwxyz", range(7), strict=True)))
    assert client.items.to_dict() == {"u": 1, "v": 2, "w": 3, "x": 4}


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with rows that started one after another, as those of a run do."""
    started = pd.Series(pd.date_range("2024-01-01", periods=len(frame), freq="s", tz="UTC"))
    return frame.assign(started=started.astype("datetime64[us, UTC]").set_axis(frame.index))


def test_labels_that_a_file_has_lost_are_made_up_for_by_position() -> None:
    """Where no label is on both sides, and the rows stand as they started."""
    client = Recorder()
    frame = in_order(frame_of_all(path="/{x}").drop(columns="item"))
    items = pd.Series(range(7), index=list("tuvwxyz"))
    again(frame, client, items=items)
    assert client.items.to_dict() == {1: 1, 2: 2, 3: 3, 4: 4}
    labelled = frame.set_axis(range(10, 17))
    for other in (labelled[::-1], labelled.assign(started=frame["started"].iloc[0])):
        with pytest.raises(nk.ConfigurationError, match="cannot be told which belong together"):
            again(other, client, items=items)


def frame_by_country(**options: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a table whose labels occur twice, and the frame of a run over it that failed in half.

    A row that fails says which it was.
    """
    table = pd.DataFrame({"n": range(8)}, index=["CH", "DE"] * 4)

    def half(n: int) -> int:
        if n in (1, 3, 4, 6):
            raise ValueError(str(n))
        return n

    return table, nk.map(half, table, retry=0, progress=False, **options).result()


def sent_to(frame: pd.DataFrame, sent: pd.DataFrame) -> bool:
    """Tell whether each row that failed was sent what it was made of."""
    return frame.loc[frame["status"] == "failed", "error"].tolist() == [
        str(n) for n in sent["n"].tolist()
    ]


FIRST_LAST = {"priority": lambda row: row["n"], "order": "high_first"}


@pytest.mark.parametrize("options", [{}, FIRST_LAST])
def test_labels_that_occur_twice_are_asked_in_the_order_of_the_run(options: Any) -> None:
    """The frame knows in which order its rows came; sorted, it is refused."""
    table, frame = frame_by_country(**options)
    client = Recorder()
    again(frame, client, items=table, path="/{n}")
    assert sent_to(frame, client.items)
    for other in (frame.sort_values("status"), frame[::-1], frame.sort_values("result")):
        with pytest.raises(nk.ConfigurationError, match="rows that stand as they came"):
            again(other, client, items=table.set_axis(other.index), path="/{n}")


def test_rows_of_one_moment_are_told_apart_too() -> None:
    """Rows that are refused before anything is sent have all begun when the run did."""
    table = pd.DataFrame({"n": range(8)}, index=["CH", "DE"] * 4)
    run = nk.map(str, table, priority=lambda row: row["n"], retry=0, progress=False)
    frame = run.result()
    assert not frame["started"].is_unique
    assert (frame["status"] == "failed").all()
    client = Recorder()
    again(frame, client, items=table, path="/{n}")
    assert client.items["n"].tolist() == list(range(8))
    with pytest.raises(nk.ConfigurationError, match="rows that stand as they came"):
        again(frame[::-1], client, items=table[::-1], path="/{n}")


@pytest.mark.parametrize("column", ["status", "result"])
def test_another_order_is_not_taken_for_that_of_the_run(column: str) -> None:
    """Labels that count were given anew, labels of their own are not those of what was mapped."""
    table, frame = frame_by_country()
    other = frame.sort_values(column, ascending=False)
    client = Recorder()
    for labels in (range(8), range(100, 108)):
        with pytest.raises(nk.ConfigurationError, match=r"set_axis\(keys\)|items\.set_axis"):
            again(other.set_axis(labels), client, items=table.set_axis(range(8)), path="/{n}")
    with pytest.raises(nk.ConfigurationError, match="cannot be told which belong together"):
        again(other, client, items=table["n"].tolist(), path="/{n}")


def test_labels_given_to_both_say_which_row_is_which() -> None:
    """As the refusal says."""
    table, frame = frame_by_country()
    client = Recorder()
    keys = [f"row {n}" for n in range(len(frame))]
    table, frame = table.set_axis(keys), frame.set_axis(keys)[::-1]
    again(frame, client, items=table, path="/{n}")
    assert sent_to(frame, client.items)


def test_a_file_without_the_order_is_asked_for_the_starts() -> None:
    """Rows start in the order of the input, unless priorities are given."""
    table, frame = frame_by_country()
    lost = frame.copy()
    lost.attrs = {}
    client = Recorder()
    again(lost, client, items=table, path="/{n}")
    assert sent_to(frame, client.items)
    with pytest.raises(nk.ConfigurationError, match="cannot be told"):
        again(lost[::-1], client, items=table[::-1], path="/{n}")


@pytest.mark.parametrize(
    ("labels", "items"),
    [
        ([6, 5, 4, 3, 2, 1, 0], list("tuvwxyz")),
        (range(7), pd.Series(list("tuvwxyz"), index=[6, 5, 4, 3, 2, 1, 0])),
        (["a"] * 7, pd.Series(list("tuvwxyz"), index=[*"aaaaaa", "b"])),
    ],
)
def test_rows_that_may_be_others_are_not_sent(labels: Any, items: Any) -> None:
    """Labels that count may be those of before or after sorting: guessing sends wrong rows."""
    frame = frame_of_all(path="/{x}").drop(columns="item").set_axis(labels)
    with pytest.raises(nk.ConfigurationError, match=r"items\.set_axis\("):
        again(frame, Recorder(), items=items)


def test_beside_an_input_a_column_item_is_one_of_several() -> None:
    """A row was made of all columns."""
    client = Recorder()
    table = pd.DataFrame({"city": list("ABCDEFG"), "item": ["shoe"] * 7})
    again(join(table, frame_of_all(path="/{city}/{item}")), client)
    assert client.items.columns.tolist() == ["city", "item"]


@pytest.mark.skipif(int(pd.__version__.split(".")[0]) < 3, reason="text is objects before pandas 3")
def test_text_that_was_mapped_is_sent_as_text() -> None:
    """Also where it is JSON: only a file has what is no text as such."""
    run = nk.map(int, ['{"a": 1}'], retry=0, progress=False)
    client = Recorder()
    again(run.result(), client, path="/x")
    assert client.items.tolist() == ['{"a": 1}']


def test_rows_of_a_frame_that_was_saved_too_early_can_be_named() -> None:
    """They are pending for ever."""
    client = Recorder()
    again(frame_of_all(path="/x"), client, statuses="pending")
    assert client.items.tolist() == ["g"]


@pytest.mark.parametrize("name", ["city", "index"])
def test_a_column_item_beside_others_is_not_guessed_at(name: str) -> None:
    """A file may have lost whether a row was made of all of them; labels are no such column."""
    client = Recorder()
    frame = frame_of_all()
    frame.insert(0, name, list("tuvwxyz"))
    if name == "index":
        again(frame, client, path="/{item}")
    else:
        with pytest.raises(nk.ConfigurationError, match=r"items=frame\[\['item', 'city'\]\]"):
            again(frame, client, path="/{item}")
        again(frame, client, path="/{item}", items=frame["item"])
    assert client.items.tolist() == ["b", "c", "d", "e"]


def test_the_words_of_a_retry_are_those_that_work() -> None:
    """A function for a function, and the table where the frame does not have it."""
    table, frame = frame_by_country()
    assert retry_words(frame) == "frame.calls.retry(function, items=table)"
    assert retry_words(join(table, frame)) == "frame.calls.retry(function)"
    assert retry_words(frame_of_all(method="GET")) == "frame.calls.retry(client)"
    assert retry_words(frame_of_all().drop(columns="item")) == (
        "frame.calls.retry(client, items=table)"
    )
