from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import notebook_kit as nk
from notebook_kit.frames import arrow_backed, build_frame, export_frame, read_frame, to_polars
from notebook_kit.frames.exports.arrow import frame_of_arrow, to_arrow
from tests.frames.ledgers import everything, frame_of_answers

if TYPE_CHECKING:
    from pathlib import Path


async def double(number: int) -> int:
    return 2 * number


def test_a_run_gives_tables_of_other_libraries() -> None:
    """The frame of a run is a table of Arrow's, of polars', or has Arrow's dtypes, on request."""
    run = nk.map(double, pd.Series([1, 2], index=["a", "b"], name="n"), progress=False)
    run.result()
    assert run.to_arrow()["result"].to_pylist() == ["2", "4"]
    table = run.to_polars()
    assert isinstance(table, pl.DataFrame)
    assert table.columns[:3] == ["index", "item", "result"]
    assert run.frame_as("pyarrow")["attempts"].dtype == "int32[pyarrow]"
    with pytest.raises(nk.ConfigurationError, match="dtype_backend='numpy' must be 'pyarrow'"):
        run.frame_as("numpy")  # type: ignore[arg-type]


@pytest.mark.parametrize("count", [0, 1, 7])
def test_the_schema_is_the_same_for_any_number_of_rows(count: int) -> None:
    """Types of a table do not depend on its rows: answers are text."""
    whole = to_arrow(build_frame(*everything())).schema
    some = to_arrow(build_frame(*everything()).iloc[:count]).schema
    assert some.remove_metadata() == whole.remove_metadata()
    assert pa.types.is_large_string(some.field("result").type) or pa.types.is_string(
        some.field("result").type
    )


def test_polars_has_labels_only_where_they_say_something() -> None:
    """0, 1, 2, ... are left out; categories, times and integers have their types."""
    table = to_polars(build_frame(*everything()))
    assert table.columns[0] == "item"
    assert table["status"].to_list()[:3] == ["ok", "failed", "timeout"]
    assert table.schema["started"] == pl.Datetime("us", "UTC")
    assert table.schema["status_code"] == pl.Int16


def test_arrow_dtypes_leave_objects_alone() -> None:
    """Answers stay objects and statuses categories; labels and attributes are kept."""
    frame = build_frame(*everything()).set_axis(list("abcdefg"))
    frame.attrs = {"notebook_kit": {"name": "x"}}
    backed = arrow_backed(frame)
    kinds = {name: str(dtype) for name, dtype in backed.dtypes.items()}
    assert (kinds["result"], kinds["status"], kinds["source"]) == ("object", "category", "category")
    assert all("[pyarrow]" in kinds[name] for name in ("status_code", "error", "started"))
    assert backed["result"].tolist() == frame["result"].tolist()
    assert backed["status_code"].isna().tolist() == frame["status_code"].isna().tolist()
    assert (backed.index.tolist(), backed.attrs) == (frame.index.tolist(), frame.attrs)


def test_pandas_itself_reads_labels_categories_and_attributes(tmp_path: Path) -> None:
    """`pandas.read_parquet` gives the labels and attributes, with answers as text."""
    frame = frame_of_answers([{"n": 1}, "t"]).set_axis(pd.Index(["a", "b"], name="code"))
    frame.attrs = {"notebook_kit": {"name": "x"}, "not plain": object()}
    back = pd.read_parquet(export_frame(frame, tmp_path / "x.parquet", name="x"))
    pd.testing.assert_index_equal(back.index, frame.index)
    assert back.attrs["notebook_kit"] == {"name": "x"}
    assert "not plain" not in back.attrs
    assert [json.loads(back["result"].iloc[0]), back["result"].iloc[1]] == [{"n": 1}, "t"]
    assert back["status"].dtype == "category"


def test_a_table_of_others_is_read_with_the_dtypes_of_a_run(tmp_path: Path) -> None:
    """A file that pandas wrote knows nothing of this package; its statuses are what they are."""
    frame = build_frame(*everything()).drop(columns=["item", "result"])
    frame.to_parquet(tmp_path / "x.parquet")
    pd.testing.assert_frame_equal(read_frame(tmp_path / "x.parquet"), frame)
    plain = pd.DataFrame({"status": ["new"], "n": [1]})
    back = frame_of_arrow(pa.Table.from_pandas(plain))
    assert back["status"].tolist() == ["new"], "a column of that name need not be the kit's"


@pytest.mark.parametrize(
    ("absent", "call", "said"),
    [
        ("pyarrow", to_arrow, "Arrow's needs pyarrow.*pip install pyarrow"),
        ("pyarrow", arrow_backed, "dtype_backend='pyarrow' needs pyarrow"),
        ("polars", to_polars, "polars' needs polars.*pip install polars"),
    ],
)
def test_what_is_missing_is_said(
    monkeypatch: pytest.MonkeyPatch, absent: str, call: Any, said: str
) -> None:
    """The error names the library and how to come by it."""
    frame = frame_of_answers([1])
    monkeypatch.setitem(sys.modules, absent, None)
    with pytest.raises(nk.ConfigurationError, match=said):
        call(frame)
