from __future__ import annotations

import pytest

from notebook_kit.redact import Secret
from notebook_kit.widgets.foreign import plain


@pytest.mark.parametrize(
    "character", ["\x1b", "\x00", "\x7f", "\u202e", "\u2066", "\u200b", "\u2028", "\x9b"]
)
def test_characters_that_act_are_replaced(character: str) -> None:
    """Nothing that commands a terminal or turns the writing around gets through."""
    shown = plain(f"a{character}b", 10)
    assert character not in shown
    assert shown.startswith("a")
    assert shown.endswith("b")


def test_other_scripts_and_emoji_are_left_alone() -> None:
    """Joiners are part of ordinary writing."""
    text = "نمی‌خواهم 👩‍🔬 naïve 東京"
    assert plain(text, 100) == text


def test_secrets_are_hidden_before_the_text_is_cut() -> None:
    """Neither a known secret nor half of one is shown, whatever the text is: a name, a column."""
    key = Secret("foreign-secret-value")
    shown = plain(f"run of {key.reveal()}", 20)
    assert shown == "run of ****"
    assert "secret" not in plain(f"{key.reveal()} " * 9_000, 100)


def test_long_text_is_cut() -> None:
    """Text takes one line of at most so many characters."""
    assert len(plain("word\n" * 10_000, 50)) == 50
    assert "\n" not in plain("word\n" * 10_000, 50)


def test_a_number_keeps_its_unit() -> None:
    """The no-break space between the two stays; all other white space is a single space."""
    bound = "1\N{NO-BREAK SPACE}s"
    assert plain(f"more in\N{NO-BREAK SPACE}\n {bound}", 60) == f"more in {bound}"
    assert plain("1\ue000s", 60) == "1\N{REPLACEMENT CHARACTER}s"
