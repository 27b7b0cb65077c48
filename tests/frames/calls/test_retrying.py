from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit.frames.calls.retrying import UNANSWERED, send_again
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
        ({"sender": 3}, "takes a client or the function"),
        ({"sender": str, "method": "GET"}, "are of a client's call"),
    ],
)
def test_what_cannot_work_is_refused(given: dict[str, Any], message: str) -> None:
    """Before anything is sent, saying what to write."""
    with pytest.raises(nk.ConfigurationError, match=message):
        again(frame_of_all(path="/x"), **{"sender": Recorder(), **given})


def test_nothing_to_send_says_so() -> None:
    """A frame of answers only is no mistake of the server's."""
    frame = frame_of_all(path="/x")
    with pytest.raises(nk.ConfigurationError, match="no row of the frame is failed"):
        again(frame[frame["status"] == "ok"], Recorder())


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


def test_labels_that_a_file_has_lost_are_made_up_for_by_position() -> None:
    """Where no label is on both sides."""
    client = Recorder()
    frame = frame_of_all(path="/{x}").drop(columns="item")
    again(frame, client, items=pd.Series(range(7), index=list("tuvwxyz")))
    assert client.items.to_dict() == {1: 1, 2: 2, 3: 3, 4: 4}


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
    with pytest.raises(nk.ConfigurationError, match=r"items\.set_axis\(frame\.index\)"):
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
