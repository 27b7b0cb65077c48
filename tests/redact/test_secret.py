"""A secret does not show itself, and is refused where it cannot work."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from typing import Any

import pytest

from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import HIDDEN, Secret

KEY = "sk-redact-0123456789"


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        ascii,
        format,
        "{}".format,
        "{!r}".format,
        "{:>20}".format,
        lambda secret: f"Bearer {secret}",
        lambda secret: f"{secret!s:^30}",
        lambda secret: "%s %r" % (secret, secret),  # noqa: UP031 - it must hold for this form too
        lambda secret: str([secret]),
        lambda secret: str({"key": secret}),
        lambda secret: str(ValueError(secret)),
    ],
)
def test_a_secret_does_not_show_itself(show: Any) -> None:
    """However it is printed, alone or inside something, its value is not in the text."""
    text = show(Secret(KEY))
    assert KEY not in text
    assert "0123456789" not in text


def test_its_value_is_told_only_on_demand() -> None:
    """`reveal` gives the clear text; the text of the secret itself is stars."""
    secret = Secret(KEY)
    assert secret.reveal() == KEY
    assert (str(secret), repr(secret), f"{secret:>6}") == (HIDDEN, "Secret('****')", "  ****")


def test_equal_secrets_are_equal_and_clear_text_is_not() -> None:
    """Secrets compare and hash by value, and are never equal to their own text."""
    assert Secret(KEY) == Secret(KEY)
    assert Secret(KEY) != Secret(KEY + "x")
    assert Secret(KEY) != KEY
    assert len({Secret(KEY), Secret(KEY), KEY}) == 2


def test_a_secret_cannot_be_pickled() -> None:
    """It cannot end up in a file or on another machine by accident."""
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="A Secret is not pickled"):
            pickle.dumps({"key": Secret(KEY)}, protocol)
    with pytest.raises(TypeError):
        json.dumps({"key": Secret(KEY)})


def test_a_copy_of_a_secret_is_itself() -> None:
    """Options that hold one can be copied, as `dataclasses.asdict` does."""

    @dataclasses.dataclass
    class Options:
        key: Secret

    secret = Secret(KEY)
    assert copy.copy(secret) is secret
    assert copy.deepcopy([secret])[0] is secret
    assert dataclasses.asdict(Options(secret))["key"] is secret


@pytest.mark.parametrize(
    "value", [KEY + "\n", "\r\n" + KEY, " " + KEY, KEY + "\t", KEY[:5] + "\n" + KEY[5:]]
)
def test_white_space_around_a_key_is_refused(value: str) -> None:
    """The usual trailing newline is an error now, not when the request is sent, and not shown."""
    with pytest.raises(ConfigurationError, match=r"pass value\.strip\(\)") as caught:
        Secret(value)
    assert "0123456789" not in str(caught.value)


@pytest.mark.parametrize("character", ["\x00", "\x1f", "\x7f", "\u200b", "\ufeff", "\xa0"])
def test_what_cannot_be_seen_is_refused(character: str) -> None:
    """A zero-width space that was pasted along would be looked for in vain."""
    with pytest.raises(ConfigurationError, match="invisible character"):
        Secret(KEY + character)


@pytest.mark.parametrize(("value", "said"), [("", "empty"), (None, "NoneType"), (b"key", "bytes")])
def test_what_is_no_text_is_refused(value: Any, said: str) -> None:
    """An unset variable is the usual cause."""
    with pytest.raises(ConfigurationError, match=said):
        Secret(value)


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable is read when asked; one that is missing or empty is named."""
    monkeypatch.setenv("REDACT_TEST_KEY", KEY)
    assert Secret.from_env("REDACT_TEST_KEY") == Secret(KEY)
    monkeypatch.setenv("REDACT_TEST_KEY", "")
    with pytest.raises(ConfigurationError, match="REDACT_TEST_KEY is not set"):
        Secret.from_env("REDACT_TEST_KEY")
    monkeypatch.delenv("REDACT_TEST_KEY")
    with pytest.raises(ConfigurationError, match="REDACT_TEST_KEY is not set"):
        Secret.from_env("REDACT_TEST_KEY")


@pytest.mark.parametrize("value", [KEY + "\n", " " + KEY, "<your-key>", KEY + "\x00", "****"])
def test_a_wrong_variable_is_named(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is wrong with its value, which is not shown."""
    # No environment holds a NUL.
    monkeypatch.setattr("os.environ", {"REDACT_TEST_KEY": value})
    with pytest.raises(ConfigurationError, match="variable REDACT_TEST_KEY cannot") as caught:
        Secret.from_env("REDACT_TEST_KEY")
    assert "0123456789" not in str(caught.value)
    if value.strip() == KEY:
        assert "nk.Secret(os.environ['REDACT_TEST_KEY'].strip())" in str(caught.value)


@pytest.mark.parametrize(("name", "said"), [("", "name= is ''"), (None, "a NoneType")])
def test_what_names_no_variable_is_refused(name: Any, said: str) -> None:
    """A name that was forgotten is told from a variable that is not set."""
    with pytest.raises(ConfigurationError, match=said):
        Secret.from_env(name)


def test_the_word_of_the_scheme_is_written_once() -> None:
    """A key that was kept with its scheme is a value of the header already."""
    assert Secret(KEY).bearer().reveal() == f"Bearer {KEY}"
    assert Secret(KEY).bearer().bearer() == Secret(KEY).bearer()
    assert Secret(f"bearer {KEY}").bearer().reveal() == f"bearer {KEY}"
