"""JSON is read to what the standard library reads, or to its error."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_kit.client.fast.exact_json import loads

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def _outcome(read: Any, document: bytes) -> str:
    """Return what comes of reading, so exact that 1 and 1.0, or two NaN, are told apart."""
    try:
        return repr(read(document))
    except (ValueError, RecursionError) as error:
        return f"{type(error).__name__}: {error}"


@given(value=_VALUES, ascii_only=st.booleans(), encoding=st.sampled_from(["utf-8", "utf-16"]))
def test_what_was_written_is_read(value: Any, *, ascii_only: bool, encoding: str) -> None:
    """Documents that Python writes are read as it reads them, surrogates and NaN included."""
    document = json.dumps(value, ensure_ascii=ascii_only).encode(encoding, "surrogatepass")
    assert _outcome(loads, document) == _outcome(json.loads, document)


_NUMBER = st.from_regex(r"-?[0-9]{1,40}(\.[0-9]{0,40})?([eE][+-]?[0-9]{0,4})?", fullmatch=True)


@given(number=_NUMBER)
def test_numbers_are_the_same(number: str) -> None:
    """Integers of any length, floats to the last digit, and what is no number."""
    document = f"[{number}]".encode()
    assert _outcome(loads, document) == _outcome(json.loads, document)


@given(document=st.binary(max_size=12) | st.text('[]{}",:\\u0dD8e1.-+ntrue\n\t', max_size=12))
def test_anything_at_all_ends_alike(document: bytes | str) -> None:
    """Bytes that are no JSON give the same error in the same words."""
    data = document if isinstance(document, bytes) else document.encode()
    assert _outcome(loads, data) == _outcome(json.loads, data)


@pytest.mark.parametrize(
    "document",
    [
        b"9" * 4_301,
        b"[" * 100_000,
        b'{"a":1,"b":2,"a":3}',
        b'"\\ud800"',
        b'"\xed\xa0\x80"',
        b"-0",
        b"1e400",
        b"\xef\xbb\xbf1",
        b'"\x01"',
        b'{"\xff": 1}',
        b"1 2",
        b"",
        b"\x00",
        b"18446744073709551616",
    ],
)
def test_the_odd_ones(document: bytes) -> None:
    """Where two parsers of JSON tend to differ these do not."""
    assert _outcome(loads, document) == _outcome(json.loads, document)


def test_not_a_number_is_read() -> None:
    """NaN, which JSON does not know and Python writes, is read as Python reads it."""
    assert math.isnan(loads(b"NaN"))
