from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from notebook_kit.widgets.launcher.namespace import find_data, warning_about


def test_what_holds_items_is_found() -> None:
    """DataFrames, Series, and lists and dictionaries of rows are data; all else is not."""
    namespace: dict[str, Any] = {
        "frame": pd.DataFrame({"a": [1, 2], 5: [3, 4]}),
        "series": pd.Series([1, 2, 3], name="s"),
        "rows": [{"a": 1}, {"b": 2}],
        "labelled": {"x": {"a": 1}, "y": {"a": 2}},
        "values": ["a", "b"],
        "settings": {"a": 1},
        "nested": {"a": {"b": 1}, "c": {"d": 2}},
        "mixed": [1, object()],
        "none": [],
        "text": "abc",
        "_hidden": [1],
        "In": ["1 + 1"],
        "not a name": [1],
    }
    found = {data.name: data for data in find_data(namespace, {"In": namespace["In"]})}
    assert list(found) == ["frame", "rows", "labelled", "series", "values"]
    assert found["frame"].columns == ("a", 5)
    assert found["frame"].in_words == "frame: DataFrame, 2 rows × 2 columns"
    assert found["rows"].columns == ("a", "b")
    assert found["series"].in_words == "series: Series of 3 values"


@pytest.mark.parametrize(
    ("name", "warns"),
    [("frame", None), ("count", "holds an int"), ("list", "Python's own"), ("new", None)],
)
def test_what_would_be_overwritten(name: str, warns: str | None) -> None:
    """A variable of another kind, and a name of Python's, are warned of; a frame is not."""
    said = warning_about(name, {"frame": pd.DataFrame(), "count": 3}, "airports")
    assert (said is None) if warns is None else (said is not None and warns in said)


def test_the_data_itself_would_be_overwritten() -> None:
    """Putting the frame into the variable of its own input is warned of."""
    said = warning_about("airports", {"airports": pd.DataFrame()}, "airports")
    assert said is not None
    assert "is the data of this batch" in said
