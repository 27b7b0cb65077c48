"""What else people have at hand: groups, files, columns of other libraries, nameless columns."""

from __future__ import annotations

import gzip
import io
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from notebook_kit.frames import Row, Rows, plan_of
from tests.frames.ledgers import answered, frame_of, items_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def sales() -> Any:
    """Three sales, of two cities and two days."""
    return pd.DataFrame({"city": ["Oslo", "Bern", "Oslo"], "day": [1, 1, 2], "n": [5, 6, 7]})


# Groups


@pytest.mark.parametrize("by", ["city", ["city"]])
@pytest.mark.parametrize("as_index", [True, False])
def test_groups_are_items_under_their_keys(sales: Any, by: Any, as_index: bool) -> None:  # noqa: FBT001
    """What groupby returns gives a DataFrame for each group, labelled by the group's key."""
    plan = plan_of(sales.groupby(by, as_index=as_index), name="cities")
    assert [group["n"].tolist() for group in plan.items(2)] == [[6], [5, 7]]
    assert (plan.index.tolist(), plan.index.name, plan.name) == (["Bern", "Oslo"], "city", "cities")


@pytest.mark.parametrize("as_index", [True, False])
def test_groups_by_two_columns_have_two_labels(sales: Any, as_index: bool) -> None:  # noqa: FBT001
    """Groups by several columns come back under as many levels, by their names."""
    grouped = sales.groupby(["city", "day"], as_index=as_index)["n"]
    frame = frame_of(grouped, answered(["a", "b", "c"]))
    assert frame.index.names == ["city", "day"]
    assert frame.loc[("Oslo", 2), "result"] == "c"
    assert [group.tolist() for group in plan_of(grouped).items(3)] == [[6], [5], [7]]


@pytest.mark.parametrize("by", ["city", ["city", "day"]])
def test_no_groups_are_no_items(sales: Any, by: Any) -> None:
    """Groups of an empty DataFrame are an empty input."""
    plan = plan_of(sales[:0].groupby(by))
    assert (plan.length, list(plan.index)) == (0, [])


def test_resampled_rows_are_groups() -> None:
    """What resample returns gives the rows of each span of time under its beginning."""
    hours = pd.date_range("2024-01-01", periods=4, freq="12h", name="at")
    plan = plan_of(pd.DataFrame({"n": [1, 2, 3, 4]}, index=hours).resample("D"))
    assert [group["n"].tolist() for group in plan.items(2)] == [[1, 2], [3, 4]]
    assert plan.index.tolist() == [pd.Timestamp("2024-01-01"), pd.Timestamp("2024-01-02")]


# Files


def test_lines_of_a_file_are_items(tmp_path: Path) -> None:
    """An open text file gives its lines without their ends, and may be closed after that."""
    path = tmp_path / "ids.txt"
    path.write_bytes(b"7\r\n\n8 \n9")
    with path.open(encoding="utf-8") as file:
        plan = plan_of(file)
    assert plan.source == ["7", "", "8 ", "9"]
    with path.open(encoding="utf-8", newline="") as file:
        assert items_of(file) == ["7", "", "8 ", "9"]


def test_lines_of_a_compressed_file_are_items(tmp_path: Path) -> None:
    """A compressed file that was opened as text gives its lines."""
    with gzip.open(tmp_path / "ids.gz", "wt", encoding="utf-8") as file:
        file.write("7\n8\n")
    with gzip.open(tmp_path / "ids.gz", "rt", encoding="utf-8") as file:
        assert items_of(file) == ["7", "8"]


class Pipe(io.StringIO):
    """Text that comes as it is written, such as that of another program."""

    def seekable(self) -> bool:
        return False


def test_lines_of_a_pipe_are_read_as_the_run_goes() -> None:
    """What has no end yet is not read before the run asks for it."""
    pipe = Pipe("7\n8\n")
    plan = plan_of(pipe)
    assert (plan.length, pipe.tell()) == (None, 0)
    assert list(plan.source) == ["7", "8"]  # type: ignore[arg-type]


# Arrays and columns of other libraries


def test_records_have_the_names_of_their_fields(sales: Any) -> None:
    """An array of records gives rows, whose values have names."""
    first = items_of(sales.to_records(index=False))[0]
    assert isinstance(first, Row)
    assert (first.city, first["n"], type(first.n)) == ("Oslo", 5, int)


@pytest.mark.parametrize(
    ("library", "kind", "method"),
    [
        ("polars", "Series", "to_list"),
        ("pyarrow", "Array", "to_pylist"),
        ("pyarrow", "ChunkedArray", "to_pylist"),
    ],
)
def test_columns_are_asked_for_python_values(
    library: str, kind: str, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Columns of another library are not gone through, which may give scalars of its own."""
    column = type(kind, (), {method: lambda _: [1, [2]], "__iter__": lambda _: iter(())})
    monkeypatch.setitem(sys.modules, library, SimpleNamespace(**{kind: column}))
    assert items_of(column()) == [1, [2]]


def test_columns_of_pyarrow_and_polars() -> None:
    """What the libraries have in a column comes out as Python's values."""
    pyarrow = pytest.importorskip("pyarrow")
    polars = pytest.importorskip("polars")
    values = [{"a": [1]}, None]
    for column in (
        pyarrow.array(values),
        pyarrow.chunked_array([values]),
        polars.Series(values),
    ):
        assert items_of(column) == values
    assert items_of(polars.Series([[1], [2, 3]])) == [[1], [2, 3]]


# Columns without names


@pytest.fixture
def nameless() -> Rows:
    """The rows of a DataFrame whose columns are numbered."""
    source = plan_of(pd.DataFrame(np.arange(4).reshape(2, 2))).source
    assert isinstance(source, Rows)
    return source


def test_numbered_columns_are_read_by_their_numbers(nameless: Rows) -> None:
    """A row of a DataFrame without names is a mapping from numbers."""
    row = nameless[1]
    assert (row[0], row[1], dict(row), 1 in row, "1" in row) == (2, 3, {0: 2, 1: 3}, True, False)
    assert (repr(row), repr(nameless)) == ("Row({0: 2, 1: 3})", "<Rows: 2 rows of 0, 1>")
    assert [type(name) for name in row] == [int, int]


def test_a_number_as_text_is_no_column_but_close_to_one(nameless: Rows) -> None:
    """Who asks for "0" where the column is 0 is told how to write it."""
    with pytest.raises(KeyError, match=r"no column '0'\. Did you mean 0\? Columns: 0, 1"):
        nameless[0]["0"]
