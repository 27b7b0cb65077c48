from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import notebook_kit as nk
from notebook_kit.frames.columns import TEXT
from notebook_kit.frames.opening import expand
from tests.frames.opening.made import JSON, ok, rows_of
from tests.frames.opening.schemas import (
    DTYPES,
    PLAIN,
    Airport,
    Model,
    Owner,
    Runway,
    Struct,
    Tree,
)


def dtypes_of(view: pd.DataFrame) -> dict[str, str]:
    """Return the names of the dtypes."""
    return {str(name): str(dtype) for name, dtype in view.dtypes.items()}


@pytest.mark.parametrize("answers", [[], [PLAIN], [None, "bad"], [PLAIN] * 100])
def test_dtypes_do_not_depend_on_rows(answers: list[Any]) -> None:
    """The columns and their dtypes are those of the fields: for no row, one, many, bad ones."""
    assert dtypes_of(expand(ok(answers), schema=Airport)) == DTYPES


def test_values() -> None:
    """Values are what the fields say; times are in UTC, enumerations are their values."""
    view = expand(ok([PLAIN], ["zrh"]), schema=Airport)
    (row,) = view.to_dict("records")
    assert view.index.tolist() == ["zrh"]
    assert row["made"] == pd.Timestamp("2026-01-31 10:00", tz="UTC")
    assert row["local"] == pd.Timestamp("2026-01-31 12:00")
    assert row["delay"] == pd.Timedelta(seconds=90)
    assert (row["id"], row["state"], row["owner.name"]) == (1, "open", "FZAG")
    assert row["runways"] == [Runway("10", 8202), Runway("14")]
    assert view["state"].cat.categories.tolist() == ["open", "shut"]
    assert pd.isna(row["schema_error"])
    assert pd.isna(row["owner.since"])


def test_what_may_be_missing_is() -> None:
    """None, where a field allows it, is a missing value and no error."""
    answer = {**PLAIN, "city": None, "size": None, "owner": None, "runways": []}
    view = expand(ok([answer]), schema=Airport)
    names = ["city", "size", "owner.name", "owner.since", "schema_error"]
    assert view[names].isna().all(axis=None)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"elevation_ft": "high"}, "elevation_ft: Expected `float`, got `str`; 'high' came"),
        ({"id": None}, "id: Expected `int`, got `null`; None came"),
        ({"id": 2**64}, "id: Expected a whole number of 64 bits; 18446744073709551616 came"),
        ({"made": "2026-01-31T12:00:00"}, "made: Expected a time with its time zone"),
        ({"made": "0001-01-01T00:00:00+14:00"}, "made: Expected a time with its time zone"),
        ({"state": "?"}, "state: Invalid enum value '?'"),
        ({"owner": {"name": 1}}, "owner.name: Expected `str`, got `int`; 1 came"),
        ({"runways": [{}]}, "runways[0]: Object missing required field `id`"),
    ],
)
def test_an_answer_that_does_not_fit_is_one_row(change: dict[str, Any], says: str) -> None:
    """Its values are missing, a sentence says what was wrong where, and others are untouched."""
    view = expand(ok([PLAIN, {**PLAIN, **change}, PLAIN]), schema=Airport)
    assert says in view["schema_error"].tolist()[1]
    assert view["schema_error"].isna().tolist() == [True, False, True]
    assert view.drop(columns="schema_error").iloc[1].isna().all()
    assert view["id"].tolist()[::2] == [1, 1]


def test_the_first_misfit_can_be_raised() -> None:
    """`errors="raise"` raises for the first one, naming its row, and has no column of errors."""
    frame = ok([PLAIN, {**PLAIN, "id": "x"}, None], ["a", "b", "c"])
    with pytest.raises(nk.DecodeError, match=r"row 'b' .* id: Expected `int`"):
        expand(frame, schema=Airport, errors="raise")
    members = ok([[], [{"id": "1"}, {"id": 2}]], ["b", "c"])
    with pytest.raises(nk.DecodeError, match=r"row 'c' .* id: Expected `str`, got `int`"):
        expand(members, schema=list[Runway], lists="explode", errors="raise")
    assert "schema_error" not in expand(frame.iloc[:1], schema=Airport, errors="raise")


def test_objects_of_the_schema_are_answers_too() -> None:
    """Answers that an endpoint has made objects of are taken as they are, and still checked."""
    view = expand(ok([Runway("10", 5), Runway("14", "x")]), schema=Runway)  # type: ignore[arg-type]
    assert view["length_ft"].dropna().tolist() == [5]
    assert "length_ft: Expected a whole number of 64 bits; 'x' came" in view["schema_error"][1]


def test_models() -> None:
    """Models of pydantic check as they do; columns are called as their fields."""
    plain = {"ID": "7", "made": "2026-01-31T12:00:00Z", "seat": {"canton": "ZH"}}
    view = expand(ok([plain, {**plain, "ID": -1}]), schema=Model)
    assert list(view) == ["id", "made", "seat.canton", "tags", "schema_error"]
    assert [str(it) for it in view.dtypes][:2] == ["Int64", "datetime64[us, UTC]"]
    assert view["schema_error"][1] == "ID: Input should be greater than 0; -1 came"
    assert expand(ok([]), schema=Model).dtypes.equals(view.dtypes)


def test_typed_dictionaries_and_structs() -> None:
    """Keys that may be left out are missing values."""
    view = expand(ok([{"name": "a"}, {"name": "b", "since": 1}]), schema=Owner)
    assert rows_of(view) == [{"name": "a"}, {"name": "b", "since": 1}]
    assert rows_of(expand(ok([{"id": 1}, {"id": 2, "note": "x"}]), schema=Struct)) == [
        {"id": 1},
        {"id": 2, "note": "x"},
    ]


def test_a_class_inside_itself_is_opened_once() -> None:
    """A class that has fields of itself does not open for ever."""
    view = expand(ok([{"name": "a", "left": {"name": "b"}}]), schema=Tree)
    assert list(view) == ["name", "left", "schema_error"]
    assert view["left"].tolist() == [Tree("b")]


def test_levels_of_a_schema() -> None:
    """A number opens so many levels of classes; none leaves the objects."""
    assert "owner" in expand(ok([PLAIN]), 1, schema=Airport)
    view = expand(ok([{"id": "1"}, 2]), 0, schema=Runway)
    assert view["result"].tolist() == [Runway("1"), None]


def test_columns_of_a_schema_can_be_chosen() -> None:
    """A list of columns chooses among those of the schema, a mapping names them anew."""
    view = expand(ok([PLAIN]), ["owner.name", "id"], schema=Airport)
    assert list(view) == ["owner.name", "id", "schema_error"]
    view = expand(ok([PLAIN]), {"runway": "runways.id"}, schema=Airport, lists="explode")
    assert view["runway"].tolist() == ["10", "14"]
    assert list(view) == ["runway", "runways_position", "schema_error"]
    with pytest.raises(nk.ConfigurationError, match=r"no column 'nmae'\. Did you mean"):
        expand(ok([PLAIN]), ["nmae"], schema=Owner)


@pytest.mark.parametrize("options", [{"lists": "explode"}, {"explode": "runways"}])
def test_members_have_the_types_of_their_fields(options: Any) -> None:
    """The members of a list are rows, with the dtypes of their class for any number of them."""
    bad = {**PLAIN, "runways": [{"id": "1"}, {"id": "2", "length_ft": 2**64}]}
    view = expand(ok([PLAIN, {**PLAIN, "runways": []}, bad]), schema=Airport, **options)
    assert view.index.tolist() == [0, 0, 1, 2]
    assert view["runways.id"].dropna().tolist() == ["10", "14"]
    assert "runways.length_ft: Expected a whole number" in view["schema_error"].tolist()[3]
    none = expand(ok([]), schema=Airport, **options)
    assert none.dtypes.equals(view.dtypes)
    assert dtypes_of(none)["runways.length_ft"] == dtypes_of(none)["runways_position"] == "Int64"


def test_answers_that_are_lists_of_a_schema() -> None:
    """Each member is read for itself: one that does not fit is one row."""
    answers = [[{"id": "1"}, {"id": 2}], [], None, {"id": "3"}]
    view = expand(ok(answers), schema=list[Runway], lists="explode")
    assert list(view) == ["position", "id", "length_ft", "schema_error"]
    assert view.index.tolist() == [0, 0, 1, 2, 3]
    assert view["id"].dropna().tolist() == ["1", "3"]
    assert view["schema_error"].isna().tolist() == [True, False, True, False, True]


@pytest.mark.parametrize(
    ("schema", "options", "says"),
    [
        (int, {}, "schema=<class 'int'> must be a class with fields"),
        (Runway("1"), {}, "schema=an object of Runway must be a class"),
        (list[Runway], {}, "write lists='explode' beside it"),
        (Runway, {"lists": "explode"}, r"the schema has none; .* schema=list\[...\]"),
        (Airport, {"explode": "runway"}, "no list in the schema. Did you mean 'runways'"),
    ],
)
def test_what_is_no_schema(schema: Any, options: Any, says: str) -> None:
    """What cannot be a schema, or does not go with the rest, is refused, also without answers."""
    with pytest.raises(nk.ConfigurationError, match=says):
        expand(ok([]), schema=schema, **options)


def test_several_lists() -> None:
    """Of several lists in a schema one has to be named."""
    schema = TypedDict("schema", {"a": list[int], "b": tuple[int, ...], "c.d": int})
    with pytest.raises(nk.ConfigurationError, match="has several: 'a', 'b'"):
        expand(ok([]), schema=schema, lists="explode")
    view = expand(ok([{"a": [1, 2], "b": [], "c.d": 3}]), schema=schema, explode="a")
    assert view["a"].tolist() == [1, 2]


def test_types_that_are_not_there() -> None:
    """A schema whose hints name nothing is refused by that name."""

    @dataclass
    class Odd:
        a: Nowhere  # type: ignore[name-defined]  # noqa: F821

    with pytest.raises(nk.ConfigurationError, match="Nowhere"):
        expand(ok([]), schema=Odd)


class Code(enum.IntEnum):
    A = 1
    B = 2


class Login(TypedDict):
    password: int


class Mixed(TypedDict):
    number: int | float
    either: int | str
    code: Code
    odd: Literal[1, "a"]
    raw: bytes


def test_other_types() -> None:
    """Numbers of both kinds are floats, whole-number enumerations categories, mixtures objects."""
    answer = {"number": 1, "either": "x", "code": 2, "odd": "a", "raw": "eA=="}
    view = expand(ok([answer]), schema=Mixed)
    kinds = ["float64", "object", "category", "object", "object"]
    assert [str(it) for it in view.dtypes][:5] == kinds
    assert view.iloc[0].tolist()[:5] == [1.0, "x", 2, "a", b"x"]


def test_errors_of_the_users_own_code_are_rows() -> None:
    """A class that raises anything when it is made has that as its row's error."""

    @dataclass
    class Fussy:
        n: int

        def __post_init__(self) -> None:
            if self.n > 1:
                raise KeyError("no such n")

    view = expand(ok([{"n": 1}, {"n": 2}]), schema=Fussy)
    assert view["n"].dropna().tolist() == [1]
    assert "KeyError: 'no such n'" in view["schema_error"][1]


def test_secrets_are_hidden() -> None:
    """What came is not in the error where the field's name says that it is a secret."""
    view = expand(ok([{"password": "hush-hush"}, {"password": 2**70}]), schema=Login)
    assert view["schema_error"].notna().all()
    assert not view["schema_error"].str.contains("hush|1180591620717411303424").any()


def test_text_that_is_no_unicode() -> None:
    """A text that cannot be encoded is written so that it can be."""
    view = expand(ok([{"id": "\ud800"}, {"id": "a"}]), schema=Runway)
    assert view["id"].tolist() == ["\\ud800", "a"]
    assert view["id"].dtype == TEXT


MOMENTS = st.datetimes(timezones=st.sampled_from([dt.UTC, dt.timezone(dt.timedelta(hours=5))]))


class Everything(TypedDict, total=False):
    a: int
    b: float | None
    result: str
    made: dt.datetime


@settings(deadline=None)
@given(st.lists(JSON | st.fixed_dictionaries({"made": MOMENTS.map(dt.datetime.isoformat)})))
def test_any_answers(answers: list[Any]) -> None:
    """Whatever JSON comes, there is a row for each answer, read or with what was wrong."""
    view = expand(ok(answers), schema=Everything)
    assert len(view) == len(answers)
    assert view.dtypes.equals(expand(ok([]), schema=Everything).dtypes)
    for answer, said in zip(answers, view["schema_error"], strict=True):
        assert isinstance(answer, dict) or said


@pytest.mark.parametrize("schema", [Airport, Model, Struct])
def test_bad_answers_among_many(schema: Any) -> None:
    """Of many answers just the bad ones are missing, wherever they are among the others."""
    bad = [0, 31, 32, 70, 71, 199]
    names = ["none" if at in bad else at + 1 for at in range(200)]
    answers = [{**PLAIN, "id": name, "ID": name} for name in names]
    view = expand(ok(answers), schema=schema)
    assert view["schema_error"].dropna().index.tolist() == bad
    assert view["id"].dropna().tolist() == [name for name in names if name != "none"]


@dataclass
class Picky:
    """Raises what a class of the user's may raise."""

    n: int

    def __post_init__(self) -> None:
        if self.n == 50:
            raise RuntimeError("not fifty")


def test_a_class_that_raises_among_many() -> None:
    """What a class raises for one of many answers is the error of that row alone."""
    view = expand(ok([{"n": at} for at in range(100)]), schema=Picky)
    assert view["schema_error"].dropna().index.tolist() == [50]
    assert "not fifty" in view["schema_error"].tolist()[50]
    assert view["n"].isna().sum() == 1
