"""A value is shown without the secrets in it, and never at any length."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_kit import redact
from notebook_kit.redact import Secret, known

PLAIN = settings(deadline=None)
KEY = "sk-redact-0123456789"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a   long\nline", r"'a long\nline'"),
        ({"token": "abc", "page": 2}, "{'token': ****, 'page': 2}"),
        ({"a": [{"api_key": 'it\'s "x"'}]}, "{'a': [{'api_key': ****}]}"),
        ('{"password": "a\\"b", "user": "me"}', """'{"password": ****, "user": "me"}'"""),
        ([("X-Api-Key", "abc"), ("Accept", "*/*")], "[('X-Api-Key', ****), ('Accept', '*/*')]"),
        ({"total_tokens": 57, "key": b"raw"}, "{'total_tokens': 57, 'key': ****}"),
        ("https://host/?token=abc", "'https://host/?token=****'"),
        ("token='abc", "'token=****'"),
    ],
)
def test_a_value_is_shown_without_what_its_fields_hide(value: Any, text: str) -> None:
    """As its repr on one line, without texts in fields whose names tell of credentials."""
    assert redact.shown(value) == text


def test_a_dataclass_is_shown_without_its_credentials() -> None:
    """Rows are often objects: their reprs name their fields."""

    @dataclasses.dataclass
    class Row:
        city: str
        access_token: str

    shown = redact.shown(Row("Zurich", "abc"), limit=200)
    assert shown.endswith("Row(city='Zurich', access_token=****)")


@PLAIN
@given(before=st.integers(0, 200), limit=st.integers(10, 120))
def test_half_a_known_value_is_never_shown(before: int, limit: int) -> None:
    """It is struck out before the text is cut."""
    known.memory = known.Memory()
    Secret(KEY)
    shown = redact.shown("x" * before + KEY + "y" * 100, limit)
    assert "sk-" not in shown
    assert len(shown) <= limit


def test_a_value_that_cannot_be_shown() -> None:
    """Its class is told, and what its repr raised."""

    class Broken:
        def __repr__(self) -> str:
            raise KeyError(KEY)

    assert redact.shown(Broken()) == "(Broken that cannot be shown: KeyError)"


@pytest.mark.parametrize(
    "text",
    [
        "a" * 200_000,
        "a " * 100_000,
        "a=" * 100_000,
        "a='" * 70_000,
        "a=\"'" * 50_000,
        "a=" + " " * 200_000,
        "token='" + "\\" * 200_001,
        "'" * 200_000,
        "a', " * 50_000,
    ],
)
def test_no_value_takes_long(text: str) -> None:
    """The time grows with its length, not with its square."""

    class Long:
        def __repr__(self) -> str:
            return text

    begun = time.process_time()
    redact.shown(Long())
    assert time.process_time() - begun < 10.0
