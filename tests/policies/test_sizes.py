"""Sizes as people write them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_kit.errors import ConfigurationError
from notebook_kit.policies.sizes import bytes_of, size_text


@pytest.mark.parametrize(
    ("written", "length"),
    [
        (1, 1),
        (5_000_000, 5_000_000),
        (1e6, 1_000_000),
        (np.int64(7), 7),
        ("7", 7),
        ("100 MiB", 104_857_600),
        ("100MB", 100_000_000),
        (" 1.5 kib ", 1536),
        ("0.3 KiB", 307),
        ("2 GB", 2_000_000_000),
        ("1 byte", 1),
    ],
)
def test_what_can_be_written(written: int | str, length: int) -> None:
    """Bytes, or a text with a unit of 1000 or of 1024, in whatever capitals."""
    assert bytes_of(written, name="max_body") == length


@pytest.mark.parametrize(
    "written", ["", "MiB", "ten MB", "10 XB", "1e6", True, 1.5, float("nan"), None, [1]]
)
def test_what_is_no_size_is_refused(written: object) -> None:
    """With what was given, and what to write instead."""
    with pytest.raises(ConfigurationError, match=r"max_body=.* is not a size: write bytes"):
        bytes_of(written, name="max_body")  # type: ignore[arg-type]  # what a user may write


@pytest.mark.parametrize("written", [0, -5, "0 MB", "0.1 B"])
def test_nothing_is_no_size(written: int | str) -> None:
    """No answer would fit."""
    with pytest.raises(ConfigurationError, match="one byte or more"):
        bytes_of(written, name="max_body")


@given(st.integers(1, 2**40))
def test_a_size_is_shown_as_it_can_be_written(length: int) -> None:
    """What an error says can be put into code."""
    assert bytes_of(size_text(length), name="max_body") == length
