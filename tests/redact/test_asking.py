"""A secret is asked for where somebody can be asked, and what is typed is not shown."""

from __future__ import annotations

import getpass
import warnings
from typing import Any

import pytest

import notebook_kit as nk


def _answering(monkeypatch: pytest.MonkeyPatch, said: str | Exception) -> list[str]:
    prompts: list[str] = []

    def typed(prompt: str = "", *_rest: Any) -> str:
        prompts.append(prompt)
        if isinstance(said, Exception):
            raise said
        return said

    monkeypatch.setattr(getpass, "getpass", typed)
    return prompts


def test_what_is_typed_is_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """The prompt is what was asked for."""
    prompts = _answering(monkeypatch, "typed-0123456789")
    assert nk.Secret.ask("Key of the API: ").reveal() == "typed-0123456789"
    assert nk.Secret.ask().reveal() == "typed-0123456789"
    assert prompts == ["Key of the API: ", "API key: "]


@pytest.mark.parametrize("said", [EOFError("no keyboard"), RuntimeError("no front end")])
def test_nobody_to_ask(monkeypatch: pytest.MonkeyPatch, said: Exception) -> None:
    """Where a notebook is executed by a program, the error says what to write instead."""
    _answering(monkeypatch, said)
    with pytest.raises(nk.ConfigurationError, match="from_env") as caught:
        nk.Secret.ask()
    assert caught.value.__suppress_context__


def test_what_could_be_seen_is_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the terminal would show what is typed, nothing is read."""

    def shows(_prompt: str) -> str:
        warnings.warn("may be echoed", getpass.GetPassWarning, stacklevel=2)
        return "shown-0123456789"

    monkeypatch.setattr(getpass, "getpass", shows)
    with pytest.raises(nk.ConfigurationError, match="may be echoed"):
        nk.Secret.ask()


@pytest.mark.parametrize("said", ["", "typed-0123456789 ", "YOUR_API_KEY"])
def test_what_is_typed_is_checked(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    """As any other secret is."""
    _answering(monkeypatch, said)
    with pytest.raises(nk.ConfigurationError):
        nk.Secret.ask()


def test_a_bearer_is_in_ascii() -> None:
    """A key with a typeset character is refused where it becomes a header; a password may be so."""
    secret = nk.Secret("pässwörd-0123")
    with pytest.raises(nk.ConfigurationError, match="outside of ASCII") as caught:
        secret.bearer()
    assert "pässwörd" not in str(caught.value)
