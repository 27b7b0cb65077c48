"""Values that count and are not to be seen."""

from __future__ import annotations

from typing import Any

import pytest

from notebook_kit.redact import HIDDEN, Sealed, Secret


def test_it_does_not_show_itself() -> None:
    """Neither its repr nor a text made of it has the value in it."""
    assert "abc" not in f"{Sealed('abc')} {Sealed(['abc'])!r}"


@pytest.mark.parametrize(
    ("value", "counts"),
    [
        ("abc", "abc"),
        (b"abc", b"abc"),
        (["abc", Secret("sk-sealed-0123456789")], ["abc", HIDDEN]),
        ({"a": ("sk-sealed-0123456789", 1)}, {"a": [HIDDEN, 1]}),
        ("next=sk-sealed-0123456789", f"next={HIDDEN}"),
    ],
)
def test_secrets_do_not_count(value: Any, counts: Any) -> None:
    """What was given as a Secret is struck out, wrapped or not, and nothing else is."""
    Secret("sk-sealed-0123456789")
    assert Sealed(value).value == counts
    assert not Sealed(value).is_empty


@pytest.mark.parametrize("value", [Secret("short"), "sk-sealed-0123456789", [Secret("short")]])
def test_where_there_is_nothing_but_secrets(value: Any) -> None:
    """Then nothing is left that counts; a list without anything is no credential."""
    Secret("sk-sealed-0123456789")
    assert Sealed(value).is_empty
    assert not Sealed([]).is_empty
