"""Path templates: no value can change the shape of a path."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import notebook_kit as nk
from notebook_kit.client.template import PathTemplate


class Colour(enum.Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (7, "7"),
        (7.0, "7"),
        (0.5, "0.5"),
        (-0.0, "0"),
        (True, "true"),
        ("a b/c?d#e%f", "a%20b%2Fc%3Fd%23e%25f"),
        ("~user-1_x.y", "~user-1_x.y"),
        ("Zürich", "Z%C3%BCrich"),
        ("...", "..."),
        (np.int64(3), "3"),
        (np.float64(3.0), "3"),
        (np.str_("x"), "x"),
        (Decimal("1.50"), "1.50"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (dt.date(2026, 1, 2), "2026-01-02"),
        (pd.Timestamp("2026-01-02 03:04"), "2026-01-02T03%3A04%3A00"),
        (Colour.RED, "red"),
    ],
)
def test_a_field_is_one_segment_fully_encoded(value: Any, written: str) -> None:
    """Every kind of value that a path can hold is written so that it stays one segment."""
    assert PathTemplate("/x/{v}/y").fill({"v": value}) == f"/x/{written}/y"


@pytest.mark.parametrize(
    "value",
    ["", ".", "..", None, float("nan"), float("inf"), pd.NA, pd.NaT, np.nan, Decimal("NaN")],
)
def test_values_that_ask_for_another_resource_are_refused(value: Any) -> None:
    """Empty, dots and missing values are errors that name the field."""
    with pytest.raises(nk.ConfigurationError, match=r"\{v\} is"):
        PathTemplate("/x/{v}/y").fill({"v": value})


@pytest.mark.parametrize("value", [b"bytes", [1], {"a": 1}, object()])
def test_values_that_no_path_can_hold_are_refused(value: Any) -> None:
    """A list, a dict, bytes or any object is an error that says what may stand there."""
    with pytest.raises(nk.ConfigurationError, match="a URL cannot hold: give text, a number"):
        PathTemplate("/x/{v}").fill({"v": value})


@given(st.text(min_size=1).filter(lambda text: text not in (".", "..")))
def test_any_text_comes_back_out_of_its_segment(text: str) -> None:
    """Whatever the text, the path keeps three segments and the middle one decodes to it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    path = PathTemplate("/x/{v}/y").fill({"v": text})
    segments = path.split("/")
    assert len(segments) == 4
    assert unquote(segments[2]) == text
    assert not set("?#") & set(path)


def test_path_fields_may_hold_slashes_and_no_dots() -> None:
    """{name:path} keeps slashes, and still refuses a segment that climbs."""
    template = PathTemplate("/files/{name:path}")
    assert template.fill({"name": "a b/c.txt"}) == "/files/a%20b/c.txt"
    with pytest.raises(nk.ConfigurationError, match="another resource"):
        template.fill({"name": "a/../../etc/passwd"})


def test_fields_of_a_query_are_encoded_and_may_be_empty() -> None:
    """In the query any text may stand, encoded; a missing value is still an error."""
    template = PathTemplate("/search?q={q}&n=5")
    assert template.fill({"q": "a&b=c"}) == "/search?q=a%26b%3Dc&n=5"
    assert template.fill({"q": ""}) == "/search?q=&n=5"
    with pytest.raises(nk.ConfigurationError):
        template.fill({"q": None})


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/users/{id", "without its partner"),
        ("/users/id}", "without its partner"),
        ("/users/{}", "without a name"),
        ("/users/{ id }", "without a name"),
        ("/users/{id!r}", "without a name"),
        ("/users/{id:05d}", "only ':path' exists"),
        ("https://{host}/x", "placeholder in its host"),
        (7, "A path is text"),
    ],
)
def test_malformed_templates_are_refused(path: Any, said: str) -> None:
    """A template that cannot be read is an error that says how one is written."""
    with pytest.raises(nk.ConfigurationError, match=said):
        PathTemplate(path)


def test_doubled_braces_are_braces() -> None:
    """{{ and }} stand for themselves, and a host's port is no placeholder."""
    assert PathTemplate("https://h:80/{{x}}/{v}").fill({"v": 1}) == "https://h:80/{x}/1"


def test_one_placeholder_takes_the_item_itself() -> None:
    """An item that is no row fills the only placeholder, whatever its name."""
    assert PathTemplate("/users/{id}/{id}").fill(7) == "/users/7/7"
    with pytest.raises(nk.ConfigurationError, match="has no 'a'"):
        PathTemplate("/{a}/{b}").fill(7)


def test_objects_and_mappings_are_asked_by_name() -> None:
    """A dict, a named tuple or a dataclass gives its fields."""
    point = pd.DataFrame({"x": [1], "y": [2]}).itertuples().__next__()
    assert PathTemplate("/{x}/{y}").fill(point) == "/1/2"
    with pytest.raises(nk.ConfigurationError, match="has no 'y'"):
        PathTemplate("/{x}/{y}").fill({"x": 1})


def test_a_missing_column_is_named_with_what_is_close() -> None:
    """A placeholder that is no column is refused before anything is sent, with a suggestion."""
    with pytest.raises(nk.ConfigurationError, match=r"needs \{idd\}.*Did you mean \{id\}\?.*id, n"):
        PathTemplate("/users/{idd}").check_columns(["id", "name"])


@pytest.mark.parametrize(
    "item",
    [{0: "a b", 1: "c"}, ("a b", "c"), ["a b", "c"], {"0": "a b", "1": "c"}],
    ids=["numbered columns", "tuple", "list", "names in digits"],
)
def test_a_placeholder_in_digits_is_a_numbered_column_or_a_place(item: object) -> None:
    """Tables without headings have numbers for names."""
    template = PathTemplate("/users/{0}/{1}")
    assert template.fill(item) == "/users/a%20b/c"


def test_numbered_columns_are_checked_like_named_ones() -> None:
    """Those that are there are accepted, the first that is not is named."""
    PathTemplate("/users/{0}").check_columns([0, 1])
    with pytest.raises(nk.ConfigurationError, match=r"\{2\}"):
        PathTemplate("/users/{2}").check_columns([0, 1])
