from __future__ import annotations

from typing import Any

import pytest

from notebook_kit.widgets.launcher.calls_text import endpoint_call, function_call
from notebook_kit.widgets.launcher.choice import (
    Data,
    EndpointCalls,
    FunctionCalls,
    Names,
    Parameter,
    Source,
)
from notebook_kit.widgets.launcher.problems import NotReady

NAMES = Names("f")
FRAME = Data("frame", "frame", 2, ("a", "b"))
ITEM = Source("item")
A = Source("column", "a", 0)
OPTIONAL = Parameter("a", required=False)


@pytest.mark.parametrize(
    ("kind", "columns", "expected"),
    [
        ("frame", ("a", "c"), 'data.drop(columns=["a"])'),
        ("frame", ("c",), "data"),
        ("rows", ("a",), "[{} for _ in data]"),
        ("labelled", ("a",), "{key: {} for key in data}"),
        ("series", (), "data.map(lambda _: {})"),
        ("list", (), "[{} for _ in data]"),
    ],
)
def test_an_endpoint_that_is_given_nothing(
    kind: Any, columns: tuple[str, ...], expected: str
) -> None:
    """Where no argument is given none is taken from the data either."""
    calls = EndpointCalls("get", (OPTIONAL,), (("a", None),))
    assert endpoint_call(calls, Data("data", kind, 2, columns)) == [expected]


def test_an_endpoint_that_takes_nothing() -> None:
    """An endpoint without parameters is called once for each item, whatever that is."""
    assert endpoint_call(EndpointCalls("get"), FRAME) == ["frame"]


def test_single_values_are_the_first_argument() -> None:
    """Single values are passed as they are to the first parameter, and by name to another."""
    data = Data("ids", "list", 2)
    parameters = (OPTIONAL, Parameter("b", required=False))
    first = EndpointCalls("get", parameters, (("a", ITEM), ("b", None)))
    assert endpoint_call(first, data) == ["ids"]
    second = EndpointCalls("get", parameters, (("a", None), ("b", ITEM)))
    assert endpoint_call(second, data) == ['[{"b": item} for item in ids]']


def test_rows_that_fit_are_passed_as_they_are() -> None:
    """Dictionaries that have the names already are not made anew."""
    data = Data("rows", "rows", 2, ("a", "c"))
    assert endpoint_call(EndpointCalls("get", (OPTIONAL,), (("a", A),)), data) == ["rows"]


@pytest.mark.parametrize(
    ("parameters", "sources", "expected"),
    [
        ((Parameter("row"),), (("row", ITEM),), ["f", "frame"]),
        ((Parameter("a"),), (("a", ITEM),), ["f", "frame", "lambda row: f(row)"]),
        ((Parameter("a", by_position=True),), (("a", A),), ['lambda row: f(row["a"])']),
        ((OPTIONAL,), (("a", Source("text", text="[1]")),), ["lambda row: f(a=[1])"]),
        ((Parameter("a"),), (("a", Source("text", text="x")),), ['lambda row: f(a="x")']),
    ],
)
def test_how_functions_are_called(parameters: Any, sources: Any, expected: list[str]) -> None:
    """Rows become arguments by their names where that means the same, else through a lambda."""
    made = function_call(FunctionCalls(parameters, sources), FRAME, NAMES)
    plain = ["f", "frame"]
    assert made == (plain if expected == plain else [expected[-1], "frame", 'name="f"'])


def test_a_function_that_takes_any_keyword() -> None:
    """A function of any keywords is given the chosen ones and no others."""
    calls = FunctionCalls((Parameter("a"),), (("a", A),), takes_rest=True)
    assert function_call(calls, FRAME, NAMES)[0] == 'lambda row: f(a=row["a"])'


def test_places_are_not_skipped() -> None:
    """An argument that has a place but no name needs those before it."""
    first, second = (Parameter(name, required=False, by_position=True) for name in ("a", "b"))
    calls = FunctionCalls((first, second), (("a", None), ("b", A)))
    with pytest.raises(NotReady) as missing:
        function_call(calls, FRAME, NAMES)
    assert missing.value.problem.where == "argument:b"
