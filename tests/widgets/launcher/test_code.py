from __future__ import annotations

import ast
import inspect
from typing import Any
from urllib.parse import quote

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import notebook_kit as nk
from notebook_kit.client.columns import per_row
from notebook_kit.client.template import PathTemplate
from notebook_kit.execution.functions import bind
from notebook_kit.launching.function import first_item
from notebook_kit.widgets.launcher.choice import (
    Data,
    EndpointCalls,
    FunctionCalls,
    Names,
    Parameter,
    PathCalls,
    Setup,
    Source,
)
from notebook_kit.widgets.launcher.code import Written, write
from notebook_kit.widgets.launcher.data_text import constant_of
from notebook_kit.widgets.launcher.heard import Ear, Echo, Heard, KitEar
from tests.widgets.launcher.makers import NAMES, TEXTS, Tables, names, source_of, tables, value_at

AIRPORTS = Data("airports", "frame", 3000, ("iata", "city"))
CODES = Data("codes", "list", 3)
IATA = Source("column", "iata", 0)
CITY = Source("column", "city", 1)
ITEM = Source("item")


def text_of(written: Written) -> str:
    assert written.code is not None, written.problems
    assert written.problems == ()
    return written.code.text


def heard_from(written: Written, known: dict[str, Any]) -> Heard:
    """Run the code with stand-ins, after checking that a cell can hold it."""
    text = text_of(written)
    compile(text, "cell", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    assert written.code is not None
    # What is broken into lines is the same call.
    last = ast.parse(text).body[-1]
    assert isinstance(last, ast.Assign)
    assert isinstance(last.value, ast.Await)
    assert ast.dump(last.value.value) == ast.dump(
        ast.parse(written.code.expression, mode="eval").body
    )
    heard = eval(written.code.expression, dict(known))  # noqa: S307 - what is tested
    assert isinstance(heard, Heard)
    return heard


def test_a_path_and_a_table() -> None:
    """The shortest code: template and variable, and only what differs from the defaults."""
    calls = PathCalls("GET", "/airports/{iata}", (("iata", IATA),))
    setup = Setup(names("client"), AIRPORTS, calls, {"rate": "50/s", "max_concurrency": "10"})
    expected = 'frame = await client.map("/airports/{iata}", airports, rate="50/s")'
    assert text_of(write(setup)) == expected


def test_another_column_stands_in_the_template() -> None:
    """A placeholder that is given another column is written as that column."""
    calls = PathCalls("GET", "/airports/{id:path}", (("id", CITY),))
    setup = Setup(names("client"), AIRPORTS, calls)
    assert text_of(write(setup)) == 'frame = await client.map("/airports/{city:path}", airports)'


def test_long_code_has_a_line_for_each_argument() -> None:
    """What does not fit on a line is broken as a formatter would, with an import if need be."""
    calls = PathCalls(
        "POST", "/orders", (), (("dry", Source("text", text="yes")),), (("iata", IATA), ("n", CITY))
    )
    setup = Setup(Names("client", imported=False), AIRPORTS, calls, {"retry": "0"})
    assert text_of(write(setup)) == (
        "import notebook_kit as nk\n"
        "frame = await client.map(\n"
        '    "/orders",\n'
        "    airports,\n"
        '    method="POST",\n'
        '    params={"dry": "yes"},\n'
        '    json={"iata": nk.col("iata"), "n": nk.col("city")},\n'
        "    retry=0,\n"
        ")"
    )


def test_single_values() -> None:
    """Items that are single values fill the placeholder, and the rest through a function."""
    calls = PathCalls("GET", "/a/{iata}", (("iata", ITEM),), (("q", ITEM), ("n", Source("text"))))
    text = text_of(write(Setup(names("client"), CODES, calls)))
    assert 'params=lambda item: {"q": item, "n": ""}' in text


def test_an_endpoint_with_other_names() -> None:
    """Columns are renamed for an endpoint, and those that it would take unasked are dropped."""
    parameters = (Parameter("code"), Parameter("city", required=False))
    calls = EndpointCalls("airports.get", parameters, (("code", IATA), ("city", None)))
    assert text_of(write(Setup(names("api"), AIRPORTS, calls))) == (
        "frame = await api.airports.get.map(\n"
        '    airports.drop(columns=["city"]).assign(code=airports["iata"]),\n'
        ")"
    )


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ((("iata", IATA), ("city", CITY)), "nk.map(f, airports)"),
        ((("iata", CITY), ("city", None)), 'airports.drop(columns=["city"]).assign(iata='),
        ((("iata", ITEM), ("city", CITY)), 'lambda row: f(row, city=row["city"])'),
        ((("iata", ITEM), ("city", Source("text", text="7"))), "lambda row: f(row, city=7)"),
    ],
)
def test_a_function(sources: Any, expected: str) -> None:
    """A function is mapped as it is where it can be, and else through a lambda that is named."""
    calls = FunctionCalls((Parameter("iata"), Parameter("city", required=False)), sources)
    text = text_of(write(Setup(names("f"), AIRPORTS, calls)))
    assert expected in text
    assert ('name="f"' in text) == ("lambda" in text)


def test_what_is_missing_is_said() -> None:
    """Without data, path or source there is no code, and the field that lacks it is named."""
    path = PathCalls("GET", "/a/{id}", (("id", None),))
    for data, calls, where in (
        (None, path, "data"),
        (Data("none", "list", 0), path, "data"),
        (AIRPORTS, PathCalls(), "path"),
        (AIRPORTS, path, "field:id"),
        (CODES, PathCalls("GET", "/{a}/{b}", (("a", ITEM), ("b", ITEM))), "path"),
        (AIRPORTS, PathCalls("GET", "/a", (), (("", IATA),)), "query:0"),
        (AIRPORTS, PathCalls("PUT", "/a", (), (), (("x", IATA), ("x", CITY))), "body:1"),
        (AIRPORTS, EndpointCalls("get", (Parameter("id"),), (("id", None),)), "argument:id"),
        (AIRPORTS, FunctionCalls((Parameter("n", required=False),), (("n", None),)), ""),
    ):
        written = write(Setup(names("client"), data, calls))
        assert written.code is None
        assert [problem.where for problem in written.problems] == [where]


@pytest.mark.parametrize("target", ["", "class", "2nd", "a b", "a.b"])
def test_a_variable_that_cannot_be(target: str) -> None:
    """A target that Python would not take is refused beside its field."""
    calls = PathCalls("GET", "/airports/{iata}", (("iata", IATA),))
    written = write(Setup(names("client"), AIRPORTS, calls, target=target))
    assert [problem.where for problem in written.problems] == ["target"]


def test_options_that_are_wrong_are_said_in_the_words_of_the_code() -> None:
    """A setting is checked as the code checks it."""
    calls = PathCalls("GET", "/airports/{iata}", (("iata", IATA),))
    written = write(Setup(names("client"), AIRPORTS, calls, {"rate": "fast", "retry": "-1"}))
    assert [problem.where for problem in written.problems] == ["rate", "retry"]
    with pytest.raises(nk.ConfigurationError) as refused:
        nk.map(len, ["a"], rate="fast")
    assert written.problems[0].text == str(refused.value)


# Whatever things are called


@given(
    table=tables(),
    places=st.data(),
    texts=st.lists(TEXTS.filter(bool), max_size=3, unique_by=str.strip),
)
def test_requests_are_made_of_the_columns_that_were_chosen(
    table: Tables, places: st.DataObject, texts: list[str]
) -> None:
    """Whatever columns and variables are called, the code reads the chosen ones."""
    data, made = table
    pick = st.integers(0, len(data.columns) - 1)
    at, also = places.draw(pick), places.draw(pick)
    wanted = [(text.strip(), places.draw(pick)) for text in texts if text.strip()]
    pairs = tuple((name, source_of(data, place)) for name, place in wanted)
    fields = (("iata", source_of(data, at)), ("id", source_of(data, also)))
    calls = PathCalls("POST", "/a/{iata}/{{b}}/{id}", fields, pairs, pairs)
    heard = heard_from(
        write(Setup(names("client"), data, calls)), {data.name: made, "client": Ear(), "nk": nk}
    )
    path, items = heard.arguments
    row, _ = first_item(items)
    filled = (quote(value_at(at), safe=""), quote(value_at(also), safe=""))
    assert PathTemplate(path).fill(row) == f"/a/{filled[0]}/{{b}}/{filled[1]}"
    expected = {name: value_at(place) for name, place in wanted}
    for option, as_text in (("params", True), ("json", False)):
        if expected:
            assert per_row(heard.options[option], as_text=as_text)(row) == expected


@given(table=tables(), draw=st.data(), fixed=TEXTS)
def test_functions_are_given_what_was_chosen(
    table: Tables, draw: st.DataObject, fixed: str
) -> None:
    """Whatever columns, variables and fixed values are, a function gets what was meant."""

    def function(iata: Any, city: Any = "unsaid", *, class_: Any = "unsaid") -> Any:
        """Take anything."""

    data, made = table
    parameters = (Parameter("iata"), Parameter("city", False), Parameter("class_", False))  # noqa: FBT003
    pick = st.integers(0, len(data.columns) - 1).map(lambda place: source_of(data, place))
    source = pick | st.just(Source("item")) | st.just(Source("text", text=fixed))
    iata, city, klass = (
        draw.draw(source),
        draw.draw(source | st.none()),
        draw.draw(source | st.none()),
    )
    sources = (("iata", iata), ("city", city), ("class_", klass))
    setup = Setup(names("f"), data, FunctionCalls(parameters, sources))
    known = {data.name: made, "f": Echo(function), "nk": KitEar(nk)}
    heard = heard_from(write(setup), known)
    mapped, items = heard.arguments
    row, columns = first_item(items)
    called = bind(mapped, columns)[0](row)
    arguments = inspect.signature(function).bind(*called.arguments, **called.options).arguments
    whole = first_item(made)[0]
    expected = {
        name: value_at(it.place)
        if it.kind == "column"
        else (whole if it.kind == "item" else constant_of(fixed))
        for name, it in sources
        if it is not None
    }
    assert {name: _plain(it) for name, it in arguments.items()} == {
        name: _plain(it) for name, it in expected.items()
    }


def _plain(value: Any) -> Any:
    # A row with further columns still is the row.
    return "the row" if hasattr(value, "keys") else value


@given(table=tables(), draw=st.data())
def test_endpoints_are_given_what_was_chosen(table: Tables, draw: st.DataObject) -> None:
    """Whatever columns are called, an endpoint is given those that were chosen, and no other."""
    data, made = table
    parameters = (
        Parameter("iata"),
        Parameter("city", required=False),
        Parameter("id", required=False),
    )
    pick = st.integers(0, len(data.columns) - 1).map(lambda place: source_of(data, place))
    sources = (
        ("iata", draw.draw(pick)),
        ("city", draw.draw(pick | st.none())),
        ("id", draw.draw(st.none() | st.just(Source("text", text="7")))),
    )
    setup = Setup(names("client"), data, EndpointCalls("airports.get", parameters, sources))
    heard = heard_from(write(setup), {data.name: made, "client": Ear()})
    assert heard.place == ("airports", "get")
    row = dict(first_item(heard.arguments[0])[0])
    for name, source in sources:
        if source is None:
            assert name not in row
        else:
            assert row[name] == (7 if source.kind == "text" else value_at(source.place))


@given(name=NAMES, kind=st.sampled_from(["list", "series"]), fixed=TEXTS)
def test_single_values_reach_the_parameter_that_was_chosen(
    name: str, kind: Any, fixed: str
) -> None:
    """Single values go to any parameter, whatever their variable is called."""
    data = Data(name, kind, 2)
    made = ["a", "b"] if kind == "list" else pd.Series(["a", "b"])
    parameters = (Parameter("iata"), Parameter("city", required=False))
    sources = (("iata", Source("text", text=fixed)), ("city", ITEM))
    endpoint = Setup(names("client"), data, EndpointCalls("get", parameters, sources))
    heard = heard_from(write(endpoint), {name: made, "client": Ear()})
    expected = {"iata": constant_of(fixed), "city": "a"}
    assert first_item(heard.arguments[0])[0] == expected
    function = Setup(names("f"), data, FunctionCalls(parameters, sources))
    known = {name: made, "f": lambda **given: given, "nk": KitEar(nk)}
    mapped, items = heard_from(write(function), known).arguments
    assert list(items) == ["a", "b"]
    assert mapped("a") == expected
