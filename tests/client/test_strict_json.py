"""JSON is read to what the standard library reads, or to its error, but for what JSON has not."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_kit.client.strict_json import MOST_LEVELS, NotTaken, loads
from notebook_kit.markup import shorten

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def _strict(document: bytes | str) -> Any:
    """Read as the standard library does, refusing as this package does, and never fast."""

    def word(token: str) -> NoReturn:
        message = f"{token} is no word of JSON"
        raise NotTaken(message, text, _place(text, token))

    def number(token: str) -> float:
        value = float(token)
        if value in (float("inf"), float("-inf")):
            message = f"{shorten(token, 40)} is more than a float holds"
            raise NotTaken(message, text, _place(text, token))
        return value

    text = _text(document)
    return json.loads(document, parse_constant=word, parse_float=number)


def _text(document: bytes | str) -> str:
    if isinstance(document, str):
        return document
    return document.decode(json.detect_encoding(document), "replace")


def _place(text: str, token: str) -> int:
    """Return where a token stands that is in no string, found character by character."""
    at = 0
    while not text.startswith(token, at):
        if text[at] == '"':
            at += 1
            while text[at] != '"':
                at += 2 if text[at] == "\\" else 1
        at += 1
    return at


def _outcome(read: Any, document: bytes | str) -> str:
    """Return what comes of reading, so exact that 1 and 1.0, or two NaN, are told apart."""
    try:
        return repr(read(document))
    except (ValueError, RecursionError) as error:
        return f"{type(error).__name__}: {error}"


@given(value=_VALUES, ascii_only=st.booleans(), encoding=st.sampled_from(["utf-8", "utf-16"]))
def test_what_was_written_is_read(value: Any, *, ascii_only: bool, encoding: str) -> None:
    """Documents that Python writes are read as it reads them, surrogates included, NaN refused."""
    text = json.dumps(value, ensure_ascii=ascii_only)
    document = text.encode(encoding, "surrogatepass")
    assert _outcome(loads, document) == _outcome(_strict, document)
    assert _outcome(loads, text) == _outcome(_strict, text)


_NUMBER = st.from_regex(r"-?[0-9]{1,40}(\.[0-9]{0,40})?([eE][+-]?[0-9]{0,4})?", fullmatch=True)


@given(number=_NUMBER)
def test_numbers_are_the_same(number: str) -> None:
    """Integers of any length, floats to the last digit, what overflows, and what is no number."""
    document = f"[{number}]".encode()
    assert _outcome(loads, document) == _outcome(_strict, document)


@given(document=st.binary(max_size=12) | st.text('[]{}",:\\u0dD8e1.-+ntrue\n\t', max_size=12))
def test_anything_at_all_ends_alike(document: bytes | str) -> None:
    """Bytes that are no JSON give the same error in the same words."""
    data = document if isinstance(document, bytes) else document.encode()
    assert _outcome(loads, data) == _outcome(_strict, data)


@pytest.mark.parametrize(
    "document",
    [
        b'{"a":1,"b":2,"a":3}',
        b'"\\ud800"',
        b'"\xed\xa0\x80"',
        b"-0",
        b"\xef\xbb\xbf1",
        b'"\x01"',
        b'{"\xff": 1}',
        b"1 2",
        b"",
        b"\x00",
        b"18446744073709551616",
        b"9" * 4_300,
        b"1e308",
        b"1e-999",
    ],
)
def test_the_odd_ones(document: bytes) -> None:
    """Where two parsers of JSON tend to differ these do not."""
    assert _outcome(loads, document) == _outcome(json.loads, document)


@pytest.mark.parametrize("text", [True, False])
@pytest.mark.parametrize(
    ("document", "place", "said"),
    [
        ("NaN", 0, "NaN is no word of JSON"),
        ('{"NaN": "-Infinity", "b": [1, -Infinity, NaN]}', 30, "-Infinity is no word of JSON"),
        ('["\\" NaN", Infinity]', 11, "Infinity is no word of JSON"),
        ('["\\ud800", NaN]', 11, "NaN is no word of JSON"),
        ('{"1e999": 1e308, "b": -1e999}', 22, "-1e999 is more than a float holds"),
        (f"[1{'0' * 400}.5]", 1, "is more than a float holds"),
        (f"[12, -{'9' * 4_301}]", 5, "a number of 4,301 digits, and Python reads at most 4,300"),
    ],
)
def test_what_is_not_taken_is_told(document: str, place: int, said: str, *, text: bool) -> None:
    """The word or number is named, and where it stands; strings that say the same are passed by."""
    with pytest.raises(NotTaken) as caught:
        loads(document if text else document.encode())
    assert caught.value.pos == place
    assert said in str(caught.value)
    assert len(str(caught.value)) < 150


def _nested(levels: int, kind: str) -> str:
    """Return a document of so many levels, an even number."""
    if kind == "lists":
        return "[" * levels + "]" * levels
    if kind == "objects":
        return '{"a":' * (levels - 1) + "{}" + "}" * (levels - 1)
    # What stands beside the last of them is two levels deeper.
    pairs = levels // 2 - 1
    return '[1,{"[[": ' * pairs + "null" + ' ,"b":[{}]},[]]' * pairs


@pytest.mark.parametrize("kind", ["lists", "objects", "both"])
@pytest.mark.parametrize("beside", ["", "0," * 20_000, "[[]]," * 100])
@pytest.mark.parametrize("text", [True, False])
def test_depth_is_bounded(kind: str, beside: str, *, text: bool) -> None:
    """What is not too deep is read, what is deeper is not, whatever stands beside it."""
    for levels in (MOST_LEVELS - 2, MOST_LEVELS, 100_000):
        document = f"[{beside}{_nested(levels, kind)}]"  # which is a level more
        if levels < MOST_LEVELS:
            assert loads(document if text else document.encode()) == json.loads(document)
            continue
        with pytest.raises(NotTaken, match="more than 200 deep") as caught:
            loads(document if text else document.encode())
        assert document[caught.value.pos] in "[{"
        assert caught.value.pos > len(beside)


def test_the_exact_level() -> None:
    """200 lists within each other are read, 201 are not, with something in the last or nothing."""
    for inner in ("", "1", "null,2"):
        for levels in (MOST_LEVELS, MOST_LEVELS + 1):
            document = "[" * levels + inner + "]" * levels
            for keywords in ({}, {"parse_int": int}):
                if levels == MOST_LEVELS:
                    assert loads(document, **keywords) == json.loads(document)
                else:
                    with pytest.raises(NotTaken, match="more than 200 deep") as caught:
                        loads(document, **keywords)
                    assert caught.value.pos == MOST_LEVELS


def test_brackets_in_strings_are_no_levels() -> None:
    """A long string of brackets, and many lists side by side, are not deep."""
    document = json.dumps(["[{" * 5_000, *[[]] * 5_000]).encode()
    assert loads(document) == json.loads(document)


def test_keywords_are_those_of_the_standard_library() -> None:
    """What they allow is taken; what they say nothing of is refused still."""
    document = b'{"a": NaN, "b": 1.10}'
    with pytest.raises(NotTaken, match="NaN"):
        loads(document, parse_float=Decimal)
    assert loads(document, parse_float=Decimal, parse_constant=str) == {
        "a": "NaN",
        "b": Decimal("1.10"),
    }
    with pytest.raises(NotTaken, match="1e999"):
        loads(b"[1e999]", parse_constant=float)
    assert loads(b"[1e999]", parse_float=float) == [float("inf")]
    assert repr(loads(b"[NaN]", cls=json.JSONDecoder)) == "[nan]"


def test_an_error_of_a_function_of_the_users_is_its_own() -> None:
    """A hook may raise a ValueError too, which is no fault of the document."""

    def refuse(_: Any) -> NoReturn:
        message = "of the user's"
        raise ValueError(message)

    with pytest.raises(ValueError, match=r"^of the user's$"):
        loads(b'{"a": 1}', object_hook=refuse)


def test_who_lifts_the_limit_of_digits_reads_more() -> None:
    """The bound is Python's own, and the message says how to lift it."""
    document = b"9" * 5_000
    with pytest.raises(NotTaken) as caught:
        loads(document)
    assert "sys.set_int_max_str_digits(0)" in caught.value.instead
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        assert loads(document) == 10**5_000 - 1
    finally:
        sys.set_int_max_str_digits(before)
