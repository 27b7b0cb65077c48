"""What a batch gave, shared out among its items."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit.decorators.sharing import blames_an_item, raisable, share_out
from notebook_kit.errors import APIError, ClosedError, ConfigurationError, MissingCredential


@pytest.mark.parametrize(
    "answers",
    [[1, 2], (1, 2), {"b": 2, "a": 1}, np.array([1, 2]), pd.Series([1, 2]), iter([1, 2])],
    ids=["list", "tuple", "dict", "array", "Series", "iterator"],
)
def test_answers_in_every_form(answers: Any) -> None:
    """In the order of the items, or by item."""
    assert share_out(["a", "b"], answers, name="f") == [1, 2]


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([1], r"f\(\) was given 2 items and returned 1 answer: return a list with one answer for"),
        ([1, 2, 3], "returned 3 answers"),
        (None, "returned a NoneType"),
        ("ab", "returned a str"),
        ({1, 2}, "returned a set"),
        (5, "returned a int"),
    ],
)
def test_answers_that_do_not_belong_to_the_items(answers: Any, words: str) -> None:
    """It says what came, and what to return instead."""
    with pytest.raises(ConfigurationError, match=words):
        share_out(["a", "b"], answers, name="f")


def test_a_mapping_without_an_item() -> None:
    """That item alone fails, and the others have their answers."""
    first, second = share_out(["a", "b"], {"b": 2}, name="f")
    assert second == 2
    assert isinstance(first, ConfigurationError)
    assert "no answer for the item 'a'" in str(first)
    (unhashable,) = share_out([["a"]], {"a": 1}, name="f")
    assert "cannot be looked up: return a list" in str(unhashable)


def test_whose_fault_it_may_be() -> None:
    """Refused data may be one item's fault; a server, a credential or a quota is nobody's."""
    for status in (400, 413, 422):
        assert blames_an_item(APIError(status_code=status))
    assert blames_an_item(ConfigurationError("cannot be sent"))
    for error in (
        APIError(status_code=404),
        APIError(status_code=500),
        TimeoutError(),
        ValueError(),
        MissingCredential(),
        ClosedError(),
    ):
        assert not blames_an_item(error)
    broke = nk.APIError("x", status_code=400, response=None)
    broke.code = "insufficient_quota"  # type: ignore[attr-defined]
    assert not blames_an_item(broke)


def test_what_a_future_can_carry() -> None:
    """An interrupt as an answer is no interrupt, and StopIteration is wrapped."""
    error = KeyError("x")
    assert raisable(error) is error
    for odd in (StopIteration(), KeyboardInterrupt(), asyncio.CancelledError()):
        wrapped = raisable(odd)
        assert isinstance(wrapped, RuntimeError)
        assert wrapped.__cause__ is odd
