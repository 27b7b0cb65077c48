"""The error that stands for an answer which came, and was refused."""

from __future__ import annotations

import pytest

from notebook_kit.errors import UnwantedAnswer
from notebook_kit.policies.unwanted import unwanted_answer
from notebook_kit.redact import Secret, known


@pytest.fixture(autouse=True)
def _no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets of these tests are known here only."""
    monkeypatch.setattr(known, "memory", known.Memory())


def test_it_carries_the_answer_and_shows_a_line_of_it() -> None:
    """However long it is."""
    answer = {"state": "pending", "log": "line\n" * 1_000}
    error = unwanted_answer(answer, attempts=3)
    assert isinstance(error, UnwantedAnswer)
    assert str(error).startswith("retry_value refused the answer {'state': 'pending', 'log': 'line")
    assert len(str(error)) < 120
    assert error.value is answer
    assert error.attempts == 3
    assert unwanted_answer(None).attempts == 0


@pytest.mark.parametrize("before", range(60, 80))
def test_half_a_secret_is_not_shown(before: int) -> None:
    """Secrets are struck out before the text is cut: the half of one is not found any more."""
    Secret("sk-secret-0123456789")
    error = unwanted_answer("x" * before + " sk-secret-0123456789")
    assert "sk-" not in str(error)


def test_an_answer_that_cannot_be_shown() -> None:
    """The refusal is what is raised, and not what its repr raises."""

    class Broken:
        def __repr__(self) -> str:
            raise KeyError("x")

    assert "Broken that cannot be shown: KeyError" in str(unwanted_answer(Broken()))
