from __future__ import annotations

import pytest

from notebook_kit.redact import Secret
from notebook_kit.widgets.inspector.legible import legible


def test_short_text_stays_as_it_is() -> None:
    """Lines, tabs and letters of any writing are what they were."""
    text = "a\n\tb Zürich 東京"
    assert legible(text, 100) == text


def test_long_text_says_how_much_is_left_out() -> None:
    """What is cut is counted."""
    assert legible("x" * 12_345, 10) == "x" * 10 + "… 12,335 more characters"
    assert legible("x" * 11, 10) == "x" * 10 + "… 1 more character"


def test_a_secret_across_the_cut_is_hidden_whole() -> None:
    """Secrets are looked for before a text is cut: half of one must not be left."""
    Secret("legible-secret-value")
    shown = legible("a" * 10 + "legible-secret-value" + "b" * 1_000, 20)
    assert "legible" not in shown
    assert shown.startswith("a" * 10 + "****")


def test_fields_of_credentials_are_hidden_where_asked() -> None:
    """A password in a repr is hidden by its name."""
    assert legible("{'password': 'hunter22'}", 100, fields=True) == "{'password': ****}"


@pytest.mark.parametrize("bad", ["\x1b", "\x00", "\u202e", "\r", "\ud800"])
def test_what_misleads_the_eye_is_replaced(bad: str) -> None:
    """Commands to a terminal and turns of direction are shown as stand-ins."""
    assert legible(f"a{bad}b", 10) == "a\N{REPLACEMENT CHARACTER}b"
