"""JSON that gives back exactly what was put in, or refuses it."""

from __future__ import annotations

import json
from collections import Counter, OrderedDict
from decimal import Context, Decimal, localcontext
from enum import IntEnum
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_kit.storage.exact_json import NotExact, from_json, to_json

#: Half surrogates too, which are no text that can be written, and pairs of two halves.
_text = st.text() | st.lists(st.integers(0xD7FE, 0xE001).map(chr), max_size=4).map("".join)
_plain = st.none() | st.booleans() | st.integers() | st.floats() | _text | st.binary()
_scalars = (
    _plain
    | st.complex_numbers()
    | st.uuids()
    | st.decimals(allow_nan=False)
    | st.dates()
    | st.timedeltas()
)
_keys = st.just("~") | _scalars
_values = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(_keys, inner, max_size=4)
        | st.sets(_keys, max_size=3)
        | st.frozensets(_keys, max_size=3)
    ),
    max_leaves=15,
)


class Number(IntEnum):
    ONE = 1


class Pair(NamedTuple):
    a: int
    b: int


class Money(Decimal):
    pass


def same(one: Any, other: Any) -> bool:
    """Compare values and classes all the way down; NaN is NaN, and -0.0 is not 0.0."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return len(one) == len(other) and all(map(same, one.items(), other.items()))
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, (set, frozenset)):
        return sorted(map(repr, one)) == sorted(map(repr, other))
    return bool(repr(one) == repr(other))


@given(_values)
def test_what_comes_back_is_what_was_put_in(value: Any) -> None:
    """Text with half surrogates, bytes, numbers, dates, sets, any keys, in order and class."""
    text = to_json(value)
    assert same(from_json(text), value)
    assert text.encode()
    json.loads(text, parse_constant=pytest.fail)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | _text,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.just("~") | _text, inner),
        max_leaves=10,
    )
    | st.binary()
)
def test_what_was_read_from_json_needs_no_second_look(value: Any) -> None:
    """Without a look at its classes it comes back too, numbers that are not finite included."""
    assert same(from_json(to_json(value, as_read=True)), value)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (Number.ONE, "test_exact_json.Number"),
        (Pair(1, 2), "test_exact_json.Pair"),
        (OrderedDict(a=1), "OrderedDict"),
        (Counter("a"), "Counter"),
        ({(1, Number.ONE): 2}, "Number"),
        ({1, Number.ONE, 2, Pair(1, 2)}, "Pair"),
        ({"price": Money("1.10")}, "test_exact_json.Money"),
        (object(), "object"),
        (bytearray(b"x"), "bytearray"),
        pytest.param(10**10_000, "number of thousands of digits", id="long"),
    ],
)
def test_what_would_come_back_as_something_else_is_refused_by_its_kind(
    value: Any, kind: str
) -> None:
    """Subclasses and classes that JSON does not know are refused, however deep they stand."""
    with pytest.raises(NotExact, match=kind):
        to_json(value)


def test_a_value_that_holds_itself_is_refused() -> None:
    """A list inside itself is an error, not an endless loop."""
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(NotExact, match="holds itself"):
        to_json(endless)


def test_a_value_that_no_row_can_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Text that is longer than SQLite takes is refused before it would stop all other rows."""
    monkeypatch.setattr("notebook_kit.storage.exact_json._LONGEST", 10)
    assert to_json("12345678") == '"12345678"'
    with pytest.raises(NotExact, match="more than 10 characters"):
        to_json("123456789")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "NaN and more",
        '{"~": 1}',
        '{"~": ["pickle", "gASVAAAA"]}',
        '{"~": ["number", "1e5"]}',
        '{"~": ["bytes", "no base64!"]}',
        '{"~": ["bytes", 7]}',
        '{"~": [[], 7]}',
        '{"~": ["set", [[]]]}',
        '{"~": ["frozenset", "ab"]}',
        '{"~": ["complex", [1, "2"]]}',
        '{"~": ["decimal", "a lot"]}',
        '{"~": ["decimal", 1.5]}',
        '{"~": ["decimal", "1E+9999999999999999999999"]}',
        '{"~": ["uuid", "no uuid"]}',
        '{"~": ["uuid", 7]}',
    ],
)
def test_text_that_was_not_written_here_is_an_error(text: str) -> None:
    """Damaged text and unknown tags raise ValueError, and nothing in them is run."""
    with pytest.raises(ValueError):  # noqa: PT011 - the words are those of several readers
        from_json(text)


def test_numbers_and_names_of_the_standard_library() -> None:
    """Digits of a decimal, its zeros and its kinds of NaN come back; so does what a set is."""
    values = [
        *map(Decimal, ("1.10", "-0", "NaN123", "sNaN", "-Infinity", "1E+9999", "0." + "1" * 60)),
        *(complex(0.0, -0.0), complex("nan+infj"), UUID(int=1)),
        *({1, "a", (2, b"x")}, frozenset({1}), {frozenset({Decimal("1.0")}): {None}}, set()),
    ]
    assert same(from_json(to_json(values)), values)


def test_a_decimal_is_read_as_it_is_whatever_the_precision_is_set_to() -> None:
    """Neither few digits nor forgiven errors of the program that reads make it another number."""
    with localcontext(Context(prec=2, traps=[])):
        assert str(from_json(to_json(Decimal("1.23456")))) == "1.23456"
        with pytest.raises(ValueError, match="not written here"):
            from_json('{"~":["decimal","none"]}')
