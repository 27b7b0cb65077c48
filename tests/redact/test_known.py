"""A known value is struck out of any text, in all the forms that it is written in."""

from __future__ import annotations

import base64
import html
import json
import urllib.parse
from typing import TYPE_CHECKING

import httpx
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from notebook_kit.redact import Secret, known, scrub

if TYPE_CHECKING:
    from collections.abc import Callable

PLAIN = settings(deadline=None)
SPECIAL = " !#$%&'()*+,/:;=?@[]"


def in_json(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]


def in_small_letters(value: str) -> str:
    return "".join(urllib.parse.quote(it, safe="").lower() if it in SPECIAL else it for it in value)


@PLAIN
@given(
    value=st.text(
        st.one_of(st.characters(exclude_categories=["C", "Z"]), st.just(" ")), min_size=8
    ),
    form=st.sampled_from(
        [str, urllib.parse.quote, urllib.parse.quote_plus, in_json, in_small_letters]
    ),
)
def test_a_known_value_is_struck_out_of_any_text(value: str, form: Callable[[str], str]) -> None:
    """As it is or percent-encoded, in all the forms that libraries and servers write."""
    assume(value == value.strip())
    known.memory = known.Memory()  # a part of this one may be known from another example
    Secret(value)
    assert scrub(f"<{form(value)}>") == "<****>"


@pytest.mark.parametrize("safe", ["", "/", "+", "=", "/+="])
def test_a_value_that_is_encoded_in_part_is_struck_out(safe: str) -> None:
    """URLs differ in what they leave as it is."""
    value = "pA+rt/ly=enc oded=="
    Secret(value)
    written = urllib.parse.quote(value, safe=safe)
    assert scrub(f"/x?q={written}&b=c") == "/x?q=****&b=c"
    assert scrub(str(httpx.URL("https://host/x", params={"q": value}))) == "https://host/x?q=****"
    assert scrub(json.dumps({"a": value})) == '{"a": "****"}'


def test_quotes_and_backslashes_in_a_value() -> None:
    """A repr or JSON puts backslashes before them."""
    value = 'it\'s "quo\\ted"'
    Secret(value)
    for text in (value, repr(value)[1:-1], json.dumps(value)[1:-1]):
        assert scrub(f"<{text}>") == "<****>"


def test_a_value_that_begins_with_another_is_struck_out_whole() -> None:
    """The end of the longer one is not left over, whichever was made first."""
    for first, second in (("nested-a0", "nested-a0-longer"), ("nested-b0-longer", "nested-b0")):
        Secret(first)
        Secret(second)
        assert scrub(f"{first} {second}") == "**** ****"


def test_eight_characters_are_enough() -> None:
    """From eight characters on a value is struck out."""
    Secret("eight888")
    assert scrub("an eight888 here") == "an **** here"


@pytest.mark.parametrize("value", ["base64/0123+=xy", "plain-base64-77", "with sp?ce>and~é1"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("before", range(7))
@pytest.mark.parametrize("behind", ["", ":x", "more"])
def test_a_value_in_base64(
    value: str, encode: Callable[[bytes], bytes], before: int, behind: str
) -> None:
    """At any place of what was encoded, in either alphabet, and in a URL."""
    Secret(value)
    coded = encode(b"u" * before + value.encode() + behind.encode()).decode()
    for text in (coded, urllib.parse.quote(coded, safe=""), coded.replace("/", "\\/")):
        said = scrub(f"<{text}>")
        assert "****" in said
        assert len(said) <= len("<****>") + 2 * (before + len(behind)) + 6


@pytest.mark.parametrize("write", [json.dumps, html.escape])
def test_other_ways_of_writing(write: Callable[[str], str]) -> None:
    """JSON in ASCII alone, and HTML."""
    value = "k&y <\"quoted\"> \u00e9\U0001f511 '01'"
    Secret(value)
    assert scrub(f"<{write(value)}>".replace('<"k', "<k").replace("'\">", "'>")) == "<****>"
