from __future__ import annotations

import sys
from typing import Any

import pytest

from notebook_kit.client.openapi.reading import read
from notebook_kit.errors import ConfigurationError

YAML = b"""
openapi: 3.0.3
country: NO
day: 2026-01-31
responses:
  200: {description: fine, n: 7, f: 1.5, t: true, nothing: ~}
base: &base {a: 1, b: 2}
more:
  <<: *base
  b: 3
text: !!str 12
"""


def test_json_is_read_as_it_is() -> None:
    """In any encoding of Unicode that JSON knows."""
    assert read('{"a": "é"}'.encode("utf-16"), name="it") == {"a": "é"}
    assert read(b'\xef\xbb\xbf{"a": [1]}', name="it") == {"a": [1]}


def test_yaml_has_the_values_of_json() -> None:
    """A country stays NO, a day stays text, and a status is the name of a field."""
    made = read(YAML, name="it")
    assert made["openapi"] == "3.0.3"
    assert (made["country"], made["day"], made["text"]) == ("NO", "2026-01-31", "12")
    assert made["responses"] == {
        "200": {"description": "fine", "n": 7, "f": 1.5, "t": True, "nothing": None}
    }
    assert made["more"] == {"a": 1, "b": 3}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"a": 1,, }', "line 1 column 9"),
        (b"a: [1", "neither JSON nor YAML"),
        (b"a: &a [*a]", "*a"),
        (b"? [1]\n: 2", "a list or a mapping"),
        (b"[" * 100_000, "nested deeper"),
        (b"- " * 100_000, "nested deeper"),
        (b"a: " + b"[" * 100_000, "nested deeper"),
        (b"<!doctype html><title>", "web page"),
        (b"a: \xff", "neither JSON nor YAML"),
    ],
)
def test_what_cannot_be_read_says_why(content: bytes, said: str) -> None:
    """And nothing overflows."""
    with pytest.raises(ConfigurationError, match=r"\Ait ") as caught:
        read(content, name="it")
    assert said in str(caught.value)


def test_yaml_makes_nothing_but_plain_data() -> None:
    """A tag that would call a function names nothing here."""
    bad = b"a: !!python/object/apply:os.system ['exit 3']\nb: !!python/name:os.system x"
    assert read(bad, name="it") == {"a": ["exit 3"], "b": "x"}


def test_many_aliases_take_no_room() -> None:
    """What refers to the same thing a billion times is the same thing."""
    lines = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    made = read("\n".join(["a0: &a0 x", *lines]).encode(), name="it")
    assert made["a39"][0] is made["a39"][8]


def test_without_pyyaml_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON needs none."""
    missing: Any = None
    monkeypatch.setitem(sys.modules, "yaml", missing)
    assert read(b"{}", name="it") == {}
    with pytest.raises(ConfigurationError, match=r"notebook_kit\[openapi\]"):
        read(YAML, name="it")
