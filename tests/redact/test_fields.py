"""A short secret is hidden in the fields that it was given for, whatever they are called."""

from __future__ import annotations

import time

from notebook_kit.redact import Secret, is_secret_field, known, remember_field, scrub


def test_a_short_one_is_hidden_where_it_was_given() -> None:
    """In a field of that name, in any case of letters and as text or bytes, and in no other."""
    remember_field(b"Lane", Secret("q7!x"))
    assert is_secret_field("lane", "q7!x")
    assert is_secret_field(b"LANE", b"q7!x")
    assert not is_secret_field("lane", "q7")
    assert not is_secret_field("line", "q7!x")
    assert scrub("/x?lane=q7%21x&line=q7!x") == "/x?lane=****&line=q7!x"


def test_a_long_one_is_left_to_its_value() -> None:
    """It is struck out wherever it stands, so no field needs to be kept for it."""
    remember_field("lane", Secret("eight888"))
    assert not known.memory.fields
    assert scrub("/x?lane=eight888") == "/x?lane=****"


def test_many_short_ones_do_not_take_long() -> None:
    """The time grows with their number, not with its square."""
    pins = [Secret(f"{number:05}") for number in range(20_000)]
    begun = time.process_time()
    for pin in pins:
        remember_field("pin", pin)
    assert time.process_time() - begun < 5.0
    assert all(is_secret_field("pin", pin.reveal()) for pin in pins)
