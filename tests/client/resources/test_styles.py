"""The styles of OpenAPI: how lists and mappings are written; the cases of its own table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

import notebook_kit as nk
from notebook_kit.client.resources import ParameterSpec
from notebook_kit.client.resources.styles import in_header, in_path, in_query
from notebook_kit.client.template import PathTemplate

LIST = ["blue", "black"]
PAIRS = {"R": 100, "G": 200}


@dataclass
class Colour:
    R: int
    G: int


def parameter(where: Any, style: str | None, explode: bool | None) -> ParameterSpec:  # noqa: FBT001 - as in the table
    return ParameterSpec("color", "color", where, style=style, explode=explode)


@pytest.mark.parametrize(
    ("style", "explode", "value", "written"),
    [
        (None, None, "blue", "color=blue"),
        (None, None, LIST, "color=blue&color=black"),
        ("form", False, LIST, "color=blue,black"),
        ("form", True, LIST, "color=blue&color=black"),
        ("form", True, PAIRS, "R=100&G=200"),
        ("form", False, PAIRS, "color=R,100,G,200"),
        ("spaceDelimited", False, LIST, "color=blue black"),
        ("pipeDelimited", None, LIST, "color=blue|black"),
        ("deepObject", True, PAIRS, "color[R]=100&color[G]=200"),
        ("deepObject", True, {"a": {"b": [1, 2], "c": None}}, "color[a][b]=1&color[a][b]=2"),
        ("json", None, PAIRS, 'color={"R": 100, "G": 200}'),
        ("deepObject", True, Colour(1, 2), "color[R]=1&color[G]=2"),
        (None, None, [], ""),
        ("form", False, [], "color="),
    ],
)
def test_in_a_query(style: str | None, explode: bool | None, value: Any, written: str) -> None:  # noqa: FBT001 - as in the table
    """Each style of a query is written as the table of OpenAPI says."""
    pairs = in_query(parameter("query", style, explode), value)
    assert "&".join(f"{name}={text}" for name, text in pairs) == written


@pytest.mark.parametrize(
    ("style", "explode", "value", "written"),
    [
        (None, None, "bl/ue", "bl%2Fue"),
        ("simple", False, LIST, "blue,black"),
        ("simple", False, PAIRS, "R,100,G,200"),
        ("simple", True, PAIRS, "R=100,G=200"),
        ("label", False, "blue", ".blue"),
        ("label", False, LIST, ".blue,black"),
        ("label", True, LIST, ".blue.black"),
        ("label", True, PAIRS, ".R=100.G=200"),
        ("matrix", False, "blue", ";color=blue"),
        ("matrix", False, LIST, ";color=blue,black"),
        ("matrix", True, LIST, ";color=blue;color=black"),
        ("matrix", False, PAIRS, ";color=R,100,G,200"),
        ("matrix", True, PAIRS, ";R=100;G=200"),
        ("json", None, {"a": "/"}, "%7B%22a%22%3A%20%22%2F%22%7D"),
        ("simple", False, ["a,b", "../c"], "a%2Cb,..%2Fc"),
    ],
)
def test_in_a_path(style: str | None, explode: bool | None, value: Any, written: str) -> None:  # noqa: FBT001 - as in the table
    """Each style of a path is written as the table of OpenAPI says, and stays one segment."""
    made = in_path(parameter("path", style, explode), value, PathTemplate("{color}"))
    assert made == written


@pytest.mark.parametrize("value", [[], ["."], [".."], [""], {}])
def test_a_list_that_would_ask_for_something_else(value: Any) -> None:
    """A list that is no segment is refused."""
    with pytest.raises(nk.ConfigurationError, match="another resource"):
        in_path(parameter("path", None, None), value, PathTemplate("{color}"))


def test_empty_texts_behind_dots_ask_for_nothing_else() -> None:
    """Two empty texts as a label would be two dots, and are refused."""
    with pytest.raises(nk.ConfigurationError, match="another resource"):
        in_path(parameter("path", "label", explode=True), ["", ""], PathTemplate("{color}"))


@pytest.mark.parametrize(
    ("style", "explode", "value", "written"),
    [
        (None, None, 7.0, "7"),
        (None, None, LIST, "blue,black"),
        (None, False, PAIRS, "R,100,G,200"),
        (None, True, PAIRS, "R=100,G=200"),
        ("json", None, PAIRS, '{"R": 100, "G": 200}'),
    ],
)
def test_in_a_header(style: str | None, explode: bool | None, value: Any, written: str) -> None:  # noqa: FBT001 - as in the table
    """A header is written in the simple style."""
    assert in_header(parameter("header", style, explode), value) == written
