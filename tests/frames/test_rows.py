from __future__ import annotations

import copy
import pickle
from typing import Any

import pandas as pd
import pytest

from notebook_kit.frames import Row, Rows
from notebook_kit.redact import Secret


@pytest.fixture
def frame() -> pd.DataFrame:
    """Two rows, with columns whose names a mapping uses itself, and one that is no text."""
    return pd.DataFrame({"city": ["Bern", "Oslo"], "keys": [1, 2], "items": [3, 4], 0: [0.5, 1.5]})


@pytest.fixture
def row(frame: pd.DataFrame) -> Row:
    """The first of them."""
    return Rows(frame)[0]


def test_row_is_a_mapping(row: Row) -> None:
    """A row is a mapping from column names to values."""
    assert dict(row) == {"city": "Bern", "keys": 1, "items": 3, 0: 0.5}
    assert (list(row), len(row), "city" in row, "town" in row) == (
        ["city", "keys", "items", 0],
        4,
        True,
        False,
    )
    assert row.get("town", "none") == "none"


def test_row_has_attributes(row: Row) -> None:
    """A value can be read as an attribute; the editor offers the columns."""
    assert row.city == "Bern"
    assert "city" in dir(row)


def test_names_of_a_mapping_give_way(row: Row) -> None:
    """Columns called as a mapping's methods are read by item, and break nothing."""
    assert (row["keys"], row["items"]) == (1, 3)
    assert list(row.keys()) == ["city", "keys", "items", 0]
    assert dict(row.items())["items"] == 3


@pytest.mark.parametrize("name", ["_id", "name", "index", "columns", "at", "of_"])
def test_any_other_name_is_an_attribute(name: str) -> None:
    """A row takes no names from the columns but those of a mapping."""
    assert getattr(Rows(pd.DataFrame({name: [7]}))[0], name) == 7


def test_missing_column_teaches(row: Row) -> None:
    """A wrong name is answered with what is close and what there is, for items and attributes."""
    with pytest.raises(KeyError, match=r"no column 'citi'.*mean 'city'.*Columns: city, keys"):
        row["citi"]
    with pytest.raises(AttributeError, match=r"no column 'citi'.*mean 'city'"):
        _ = row.citi
    with pytest.raises(KeyError, match=r"no column 'b'. Columns: a"):
        Row.of({"a": 1})["b"]


def test_protocols_are_not_columns(row: Row) -> None:
    """A protocol that a row does not have is not looked up among the columns."""
    assert not hasattr(row, "__html__")


def test_equality(frame: pd.DataFrame) -> None:
    """Rows are equal to mappings with the same values, and to nothing else."""
    first, second = Rows(frame)
    text: object = "Bern"
    assert first == {"city": "Bern", "keys": 1, "items": 3, 0: 0.5}
    assert first == Row.of(dict(first))
    assert first != second
    assert first != text


def test_half_made_row_ends() -> None:
    """A row without its insides raises AttributeError rather than asking itself for ever."""
    with pytest.raises(AttributeError):
        _ = Row.__new__(Row).city


def through_pickle(it: Any) -> Any:
    return pickle.loads(pickle.dumps(it))  # noqa: S301


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, through_pickle])
def test_row_travels_alone(duplicate: Any) -> None:
    """A row is copied and pickled without the frame that it came from."""
    row = Rows(pd.DataFrame({"n": range(100_000)}))[5]
    assert duplicate(row) == {"n": 5}
    assert len(pickle.dumps(row)) < 1_000


def test_repr_is_short() -> None:
    """A row shows its columns, long values cut and many columns left out."""
    wide = Row.of({f"c{n}": "x" * 1_000 for n in range(100)})
    assert repr(wide).endswith("… 88 more})")
    assert len(repr(wide)) < 1_200
    assert (
        repr(Row.of({"a": [1, {"b": "text"}], 0: None}))
        == "Row({'a': [1, {'b': 'text'}], 0: None})"
    )


def test_repr_hides_secrets() -> None:
    """A secret that got into a value does not show, not even the half that cutting would leave."""
    secret = Secret("sk-0123456789abcdefghijklmnopqrstuvwxyz-0123456789")
    texts = {"a": secret, "b": secret.reveal(), "c": [f"{'x' * 25}{secret.reveal()}{'y' * 25}"]}

    class Holder:
        def __repr__(self) -> str:
            return f"Holder({secret.reveal()})"

    shown = repr(Row.of(texts | {"d": Holder()}))
    assert "0123" not in shown
    assert "wxyz" not in shown


def test_repr_survives_its_values() -> None:
    """A value that cannot show itself is named by its class."""

    class Shy:
        def __repr__(self) -> str:
            raise RuntimeError("no")

    assert repr(Row.of({"a": Shy()})) == "Row({'a': <Shy>})"


def test_rows_are_a_sequence(frame: pd.DataFrame) -> None:
    """Rows have a length, positions from both ends, slices, and an end."""
    rows = Rows(frame)
    assert (len(rows), rows[-1].city, [row.city for row in rows]) == (2, "Oslo", ["Bern", "Oslo"])
    assert [row.city for row in rows[1:]] == ["Oslo"]
    assert [row.city for row in rows.take([1, 0, 1])] == ["Oslo", "Bern", "Oslo"]
    for outside in (2, -3):
        with pytest.raises(IndexError, match=r"2 rows"):
            rows[outside]


def test_values_are_python_values() -> None:
    """Values are Python's scalars, as a JSON body needs them."""
    rows = Rows(pd.DataFrame({"i": [1], "f": [1.5], "b": [True], "s": ["x"]}))
    assert [type(value) for value in rows[0].values()] == [int, float, bool, str]


def test_columns_are_listed_when_needed(frame: pd.DataFrame) -> None:
    """Only a column that is asked for is turned into a list, and only once."""
    rows = Rows(frame)
    assert rows[0].city == "Bern"
    assert list(rows._lists) == ["city"]
    assert rows.column("city") is rows.column("city")


def test_later_changes_do_not_show(frame: pd.DataFrame) -> None:
    """What is done to the frame after that does not reach its rows."""
    rows = Rows(frame)
    frame.loc[0, "city"] = "Rome"
    frame["keys"] = [8, 9]
    assert (rows[0].city, rows[0]["keys"]) == ("Bern", 1)


def test_rows_pickle(frame: pd.DataFrame) -> None:
    """Rows travel to another process as the frame that they stand for."""
    assert list(through_pickle(Rows(frame))) == list(Rows(frame))


def test_rows_repr(frame: pd.DataFrame) -> None:
    """Rows say how many they are and what columns they have."""
    assert repr(Rows(frame)) == "<Rows: 2 rows of city, keys, items, 0>"


def test_rows_without_columns() -> None:
    """A frame without columns has rows all the same."""
    rows = Rows(pd.DataFrame(index=[1, 2]))
    assert (len(rows), dict(rows[0])) == (2, {})
