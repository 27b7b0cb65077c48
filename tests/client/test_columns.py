"""nk.col: values of the row, wherever a body needs them."""

from __future__ import annotations

import pytest

import notebook_kit as nk
from notebook_kit.client.columns import column_names, per_row

TEMPLATE = {"messages": [{"content": nk.col("text")}], "n": (nk.col("n"), 1), "model": "m"}


def test_columns_are_filled_however_deep() -> None:
    """Lists, tuples and dicts keep their shape; columns become values."""
    filled = per_row(TEMPLATE)({"text": "hello", "n": 3})
    assert filled == {"messages": [{"content": "hello"}], "n": (3, 1), "model": "m"}
    assert column_names(TEMPLATE) == {"text", "n"}


def test_a_template_without_columns_is_passed_as_it_is() -> None:
    """A constant body is the same object for every row."""
    body = {"a": [1]}
    assert per_row(body)(None) is body


def test_functions_are_called_with_the_row() -> None:
    """A callable gives the value for its row."""
    assert per_row(lambda row: row["n"] + 1)({"n": 1}) == 2


def test_a_column_that_the_item_lacks_is_its_error() -> None:
    """Where an item has no such name the error says so."""
    with pytest.raises(nk.ConfigurationError, match="has no 'text'"):
        per_row(TEMPLATE)({"n": 3})
