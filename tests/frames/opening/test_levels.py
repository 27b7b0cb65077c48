from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import notebook_kit as nk
from notebook_kit.frames.opening import expand
from tests.frames.opening.made import BERN, JSON, ZURICH, ok, rows_of


def test_depth() -> None:
    """Each level opens the dictionaries inside the last; names are joined by dots."""
    frame = ok([ZURICH, BERN])
    assert list(expand(frame, 0)) == list(expand(frame, expand=False)) == ["result"]
    assert list(expand(frame)) == list(expand(frame, 1)) == ["city", "owner", "runways"]
    assert list(expand(frame, 2)) == ["city", "owner.name", "owner.seat", "runways"]
    deep = expand(frame, 9)
    assert list(deep) == ["city", "owner.name", "owner.seat.canton", "runways"]
    assert deep["owner.seat.canton"].tolist()[0] == "ZH"
    assert deep["owner.seat.canton"].isna().tolist() == [False, True]


def test_what_is_no_dictionary_stays_beside_those_that_are() -> None:
    """Where some values are dictionaries, the others keep a column of their own."""
    view = expand(ok([{"a": {"b": 1}}, {"a": "text"}, {"a": None}, {}]), 2)
    assert list(view) == ["a", "a.b"]
    assert rows_of(view) == [{"a.b": 1}, {"a": "text"}, {}, {}]


def test_dictionaries_without_keys_are_not_lost() -> None:
    """An inner column in which all dictionaries are empty stays closed."""
    assert expand(ok([{"a": {}}, {"a": {}}]), 2)["a"].tolist() == [{}, {}]


def test_names_that_clash() -> None:
    """A key of the first level keeps its name; deeper ones and other answers get underscores."""
    view = expand(ok([{"a": {"b": 1}, "a.b": 2, "result": 3}, 4]), 2)
    assert list(view) == ["a.b_", "a.b", "result", "result_"]
    assert rows_of(view) == [{"a.b_": 1, "a.b": 2, "result": 3}, {"result_": 4}]


def test_inner_dictionaries_keyed_by_data_stay_closed() -> None:
    """Dictionaries with ever other keys stay closed inside of others, too."""
    answers = [{"by_id": {f"id {n}": n}, "n": n} for n in range(1_500)]
    view = expand(ok(answers), 2)
    assert list(view) == ["by_id", "n"]
    assert view["by_id"].tolist()[7] is answers[7]["by_id"]


def test_all_columns_together_are_bounded() -> None:
    """Many wide dictionaries are not opened into more columns than a frame can show."""
    answer = {f"a{n}": {f"b{m}": 1 for m in range(200)} for n in range(50)}
    assert expand(ok([answer]), 2).shape[1] <= 1_000


def test_a_nest_deeper_than_calls_can_go() -> None:
    """Depth is no matter of Python's limit of calls inside calls."""
    answer: Any = 1
    for _ in range(3_000):
        answer = {"a": answer}
    assert len(str(next(iter(expand(ok([answer]), 2_000)))).split(".")) == 2_000


@pytest.mark.parametrize(
    "index",
    [
        pd.MultiIndex.from_tuples([("x", 1), ("y", 2), ("x", 1)], names=["k", "n"]),
        pd.Index(["d", "d", "e"], name="label"),
        pd.DatetimeIndex(["2024-01-01"] * 3),
        pd.Index([None, 1.5, ("t",)], dtype=object, tupleize_cols=False),
    ],
)
def test_labels_are_kept(index: pd.Index[Any]) -> None:
    """Whatever rows are called, those with an answer keep it, by position."""
    frame = ok([{"n": 1}, {"n": 2}, {"n": 3}], index)
    frame["status"] = ["ok", "failed", "ok"]
    view = expand(frame)
    assert view["n"].tolist() == [1, 3]
    pd.testing.assert_index_equal(view.index, index[[0, 2]])


def test_attributes_are_handed_on() -> None:
    """What the frame knows of its run is in the view, as a copy."""
    frame = ok([{"n": 1}])
    frame.attrs["run"] = {"name": "airports"}
    view = expand(frame)
    assert view.attrs == {"run": {"name": "airports"}}
    assert view.attrs["run"] is not frame.attrs["run"]


def test_status_of_any_dtype() -> None:
    """A frame that came from a file has its status as text, perhaps Arrow's, or missing."""
    frame = ok([{"n": 1}, {"n": 2}])
    frame["status"] = pd.array(["ok", None], dtype="string")
    assert expand(frame)["n"].tolist() == [1]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (-1, "expand=-1 must be a whole number of 0 or more"),
        (1.5, "expand=1.5 must be a whole number"),
        (None, "expand=None must be a whole number"),
        ("city", r"write a list, expand=\['city'\]"),
        ([], "names no path"),
    ],
)
def test_what_is_nothing_to_open(given: Any, says: str) -> None:
    """Arguments that mean nothing are refused, with what to write instead."""
    with pytest.raises(nk.ConfigurationError, match=says):
        expand(ok([ZURICH]), given)


def test_a_frame_without_results() -> None:
    """Other tables are refused, by the column that they lack."""
    for frame in (pd.DataFrame({"result": [1]}), pd.DataFrame(), [1]):
        with pytest.raises(nk.ConfigurationError, match=r"one column '(result|status)'"):
            expand(frame)  # type: ignore[arg-type]
    with pytest.raises(nk.ConfigurationError, match="must be 'row' or 'raise'"):
        expand(ok([1]), errors="ignore")  # type: ignore[arg-type]


def flattened(answer: Any, depth: int, trail: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Return the values of one answer by their keys: the reference, answer by answer."""
    if not isinstance(answer, dict) or depth == 0:
        return {trail: answer}
    found: dict[tuple[str, ...], Any] = {}
    for key, value in answer.items():
        found |= flattened(value, depth - 1, (*trail, key))
    return found


def same(one: Any, other: Any) -> bool:
    """Tell whether values are equal, as numbers are whatever their class; NaN is itself."""
    missing = [not isinstance(it, list | dict) and pd.isna(it) for it in (one, other)]
    return all(missing) or repr(one) == repr(other) or bool(one == other)


@settings(deadline=None)
@given(st.lists(JSON, max_size=5), st.integers(0, 4))
def test_every_value_is_where_its_keys_say(answers: list[Any], depth: int) -> None:
    """Opened to any depth, each row has the values that its answer has, by itself, and no other."""
    view = expand(ok(answers), depth)
    assert len(view) == len(answers)
    for at, answer in enumerate(answers):
        wanted = [
            value
            for value in flattened(answer, depth).values()
            if not (value is None or value == {} or (isinstance(value, float) and value != value))  # noqa: PLR0124 - NaN
        ]
        row = list(rows_of(view.iloc[[at]])[0].values()) if len(view.columns) else []
        row = [value for value in row if value != {}]
        assert len(row) == len(wanted)
        for value in wanted:
            assert any(same(value, other) for other in row)


@settings(deadline=None)
@given(st.lists(st.fixed_dictionaries({"a": JSON, "b": JSON}), min_size=1, max_size=5))
def test_one_level_is_the_keys(answers: list[dict[str, Any]]) -> None:
    """Of dictionaries with equal keys, each key is a column of its values in order."""
    view = expand(ok(answers))
    assert list(view) == list(answers[0])
    for name in ("a", "b"):
        for answer, value in zip(answers, view[name].astype(object), strict=True):
            assert same(answer[name], value)


PLAIN_NAMES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text("xyz", max_size=2)),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, min_size=1, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.lists(PLAIN_NAMES, max_size=5), st.integers(0, 4))
def test_columns_are_called_by_their_keys(answers: list[Any], depth: int) -> None:
    """Where no names clash, each value is in the column that its keys joined by dots name."""
    for answer, row in zip(answers, rows_of(expand(ok(answers), depth)), strict=False):
        wanted = {
            ".".join(trail) or "result": value
            for trail, value in flattened(answer, depth).items()
            if value is not None
        }
        assert row == wanted


def test_keys_that_come_late() -> None:
    """Keys are columns in the order in which they first come, however many answers are before."""
    answers: list[dict[str, Any]] = [{"b": 1}] * 2_500
    answers += [{"d": 1, "a": 2}, {"c": 3, "b": 4, "a": 5}]
    view = expand(ok(answers))
    assert list(view) == ["b", "d", "a", "c"]
    assert rows_of(view)[-2:] == [{"d": 1, "a": 2}, {"c": 3, "b": 4, "a": 5}]


def test_one_answer_of_many_with_other_keys() -> None:
    """As many keys, but others, in one late answer are columns of their own."""
    view = expand(ok([{"a": 1, "b": 2}] * 2_500 + [{"a": 3, "c": 4}]))
    assert list(view) == ["a", "b", "c"]
    assert rows_of(view)[-1] == {"a": 3, "c": 4}
