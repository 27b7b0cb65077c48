from __future__ import annotations

import ast
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import notebook_kit as nk
from notebook_kit.execution import RunKeywords, RunOptions
from notebook_kit.widgets.launcher import settings
from notebook_kit.widgets.launcher.settings import as_text, keywords, problem_of, problem_with


def given_by(typed: dict[str, str]) -> dict[str, Any]:
    pairs = keywords(typed, of_client=True)
    return {name: ast.literal_eval(text) for name, text in pairs}


def test_the_words_of_the_api() -> None:
    """What is typed becomes what the code would have there."""
    typed = {
        "max_concurrency": "auto",
        "rate": "500/min, 10/s",
        "retry": " 5 ",
        "attempt_timeout": "1.5",
        "checkpoint": "my batch.db",
    }
    expected = {
        "max_concurrency": "auto",
        "rate": ["500/min", "10/s"],
        "retry": 5,
        "attempt_timeout": 1.5,
        "checkpoint": "my batch.db",
    }
    assert given_by(typed) == expected


def test_what_is_the_default_is_left_out() -> None:
    """Only what differs from the defaults is written; the client may have others of its own."""
    assert keywords({"max_concurrency": "10", "retry": "2"}, of_client=False) == []
    assert keywords({"retry": "2"}, of_client=True) == [("retry", "2")]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("max_concurrency", "0"),
        ("max_concurrency", "many"),
        ("rate", "50"),
        ("rate", "50/s, fast"),
        ("retry", "-1"),
        ("attempt_timeout", "soon"),
    ],
)
def test_what_is_wrong_is_said(name: str, text: str) -> None:
    """A value that the code refuses is refused in its words."""
    wrong = problem_with(name, text)
    assert wrong is not None
    assert name in wrong


@given(name=st.sampled_from(settings.FIELDS), text=st.text(max_size=20))
def test_any_text_is_taken_or_refused(name: str, text: str) -> None:
    """Whatever is typed, it is an option that the code takes, or a sentence."""
    if problem_with(name, text) is None:
        made: Any = given_by({name: text})
        RunOptions.of(made)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("rate", "1,000/s", "1,000/s"),
        ("rate", ("5/s", "100/min"), "5/s, 100/min"),
        ("max_concurrency", 50, "50"),
        ("checkpoint", None, ""),
        ("retry", None, None),
        ("rate", nk.Rate(5, per="s"), None),
        ("checkpoint", True, None),
    ],
)
def test_values_as_they_are_typed(name: str, value: object, text: str | None) -> None:
    """A value is shown as one would type it, if a field can hold it."""
    assert as_text(name, value) == text


def test_a_pilot_is_offered_if_runs_know_it() -> None:
    """The sample that is tried first is an option exactly where runs have it."""
    assert ("pilot" in RunKeywords.__annotations__) == settings.HAS_PILOT
    assert ("pilot" in settings.FIELDS) == settings.HAS_PILOT
    if settings.HAS_PILOT:
        assert keywords({"pilot": "20"}, of_client=True) == [("pilot", "20")]
    else:
        assert problem_of("pilot", settings.PILOT) is not None
