from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import notebook_kit as nk
from notebook_kit.frames.opening import expand
from tests.frames.opening.made import BERN, JSON, ZURICH, ok, rows_of


def test_members_become_rows() -> None:
    """Each member is a row with its position; its keys are columns, the others are repeated."""
    view = expand(ok([ZURICH, BERN], ["z", "b"]), lists="explode")
    assert list(view) == ["city", "owner", "runways_position", "runways.id", "runways.length_ft"]
    assert view.index.tolist() == ["z", "z", "b"]
    assert view["city"].tolist() == ["Zurich", "Zurich", "Bern"]
    assert view["runways.length_ft"].tolist()[:2] == [8202, 10827]
    assert str(view["runways_position"].dtype) == str(view["runways.length_ft"].dtype) == "Int64"
    assert view.iloc[2].isna().tolist() == [False, True, True, True, True]


def test_lists_stay_as_they_are() -> None:
    """Unless asked for, a list is one value."""
    assert expand(ok([ZURICH]))["runways"].tolist()[0] is ZURICH["runways"]


def test_answers_that_are_lists() -> None:
    """The members of answers that are lists are opened as answers are."""
    view = expand(ok([[{"n": 1}, {"n": 2}], [], {"n": 3}, [7]]), lists="explode")
    assert list(view) == ["position", "n", "result"]
    assert view.index.tolist() == [0, 0, 1, 2, 3]
    assert rows_of(view) == [
        {"position": 0, "n": 1}, {"position": 1, "n": 2}, {}, {"n": 3}, {"position": 0, "result": 7}
    ]  # fmt: skip
    closed = expand(ok([[{"n": 1}, {"n": 2}]]), 0, lists="explode")
    assert closed["result"].tolist() == [{"n": 1}, {"n": 2}]


def test_a_list_deep_inside() -> None:
    """A list is found by its path, whether or not what it is in is opened."""
    frame = ok([{"a": {"l": [1, 2], "n": 3}, "b": 4}])
    assert list(expand(frame, explode="a.l")) == ["a", "b", "a.l_position", "a.l"]
    view = expand(frame, 2, explode="a.l")
    assert list(view) == ["a.l_position", "a.l", "a.n", "b"]
    assert view.to_numpy().tolist() == [[0, 1, 3, 4], [1, 2, 3, 4]]


def test_paths_of_members() -> None:
    """Paths that go through the list are those of its members; the position comes last."""
    paths = ["runways.length_ft", "city"]
    view = expand(ok([ZURICH, BERN]), paths, explode="runways")
    assert list(view) == [*paths, "runways_position"]
    assert rows_of(view) == [
        {"runways.length_ft": 8202, "city": "Zurich", "runways_position": 0},
        {"runways.length_ft": 10827, "city": "Zurich", "runways_position": 1},
        {"city": "Bern"},
    ]
    view = expand(ok([ZURICH]), {"at": "runways", "city": "city"}, lists="explode")
    assert view["at"].tolist() == ZURICH["runways"]
    with pytest.raises(nk.ConfigurationError, match=r"'runways.idd'.* mean 'runways.id'"):
        expand(ok([ZURICH]), ["runways.idd"], explode="runways")


def test_a_value_in_place_of_a_list() -> None:
    """Where one answer has the one thing itself and no list of it, that is a row too."""
    view = expand(ok([{"l": [{"n": 1}]}, {"l": {"n": 2}}, {"l": None}, {}]), lists="explode")
    assert rows_of(view) == [{"l_position": 0, "l.n": 1}, {"l.n": 2}, {}, {}]


def test_names_that_clash() -> None:
    """The column of positions gives way to keys of its name."""
    view = expand(ok([{"l": [1], "l_position": "x"}]), lists="explode")
    assert list(view) == ["l_position_", "l", "l_position"]


def test_lists_from_a_file() -> None:
    """Lists that came back from a file as arrays are lists."""
    view = expand(ok([{"l": np.array([1, 2])}]), lists="explode")
    assert view["l"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("answers", "options", "says"),
    [
        ([{"a": [1], "b": [2]}], {"lists": "explode"}, r"'a', 'b'. Name one.*explode='b'"),
        ([{"a": 1}], {"lists": "explode"}, "no column has lists"),
        ([{"a": 1}], {"explode": "a"}, "no answer has one there: 1 is"),
        ([{"ab": [1]}], {"explode": "ba"}, "No answer has 'ba'"),
        ([{"a": [1]}], {"lists": True}, "lists=True must be 'keep' or 'explode'"),
        ([{"a": [1]}], {"explode": ["a", "b"]}, "only one list"),
        ([{"a": [1]}], {"explode": "a["}, "cannot be read from"),
    ],
)
def test_what_cannot_become_rows(answers: list[Any], options: Any, says: str) -> None:
    """No list, or several at a time, is an error that says what there is."""
    with pytest.raises(nk.ConfigurationError, match=says):
        expand(ok(answers), **options)


def test_without_answers_no_list_is_missed() -> None:
    """Where there is no answer there are no rows, and no error."""
    assert list(expand(ok([]), lists="explode")) == ["position", "result"]
    assert len(expand(ok([]), explode="runways")) == 0


@settings(deadline=None)
@given(st.lists(st.fixed_dictionaries({"l": st.lists(JSON, max_size=3), "n": JSON}), max_size=4))
def test_rows_are_as_many_as_members(answers: list[dict[str, Any]]) -> None:
    """Each label comes once per member, once for none; positions count the members of each."""
    index = pd.Index([f"row {at}" for at in range(len(answers))], dtype=object)
    view = expand(ok(answers, index), explode="l")
    sizes = [len(answer["l"]) for answer in answers]
    assert view.index.tolist() == [
        label for label, size in zip(index, sizes, strict=True) for _ in range(max(size, 1))
    ]
    positions = view["l_position"].dropna().tolist()
    assert positions == [at for size in sizes for at in range(size)]


@settings(deadline=None)
@given(st.lists(JSON, max_size=4), st.integers(0, 3))
def test_any_answers(answers: list[Any], depth: int) -> None:
    """Whatever JSON comes, exploding gives at least as many rows or says what cannot be."""
    try:
        view = expand(ok(answers), depth, lists="explode")
    except nk.ConfigurationError as error:
        assert "lists='explode'" in str(error)  # noqa: PT017 - both are right
    else:
        assert len(view) >= len(answers)
