"""Failures in a checkpoint, and as errors again."""

from __future__ import annotations

import json
import pickle

import pytest

import notebook_kit as nk
from notebook_kit.errors import RequestTimeout
from notebook_kit.policies import FailureKind
from notebook_kit.redact import Secret
from notebook_kit.storage import EarlierFailure
from notebook_kit.storage.failures import kept_failure, restored_failure


def test_our_own_errors_come_back_as_they_were() -> None:
    """Class, message and plain attributes are kept; a response is not."""
    error = nk.RateLimited(
        "GET https://host/ answered 429",
        status_code=429,
        retry_after_s=2.5,
        response=object(),
        call="GET https://host/",
        attempts=3,
    )
    back = restored_failure(*kept_failure(error), status_code=429, timed_out=False)
    assert type(back.error) is nk.RateLimited
    assert str(back.error) == str(error)
    assert vars(back.error) == {**vars(error), "response": None}
    assert back.status_code == 429


def test_a_timeout_stays_one() -> None:
    """What ended as timeout is restored as such, with its phase."""
    kept = kept_failure(RequestTimeout("too late", phase="read"))
    back = restored_failure(*kept, status_code=0, timed_out=True)
    assert back.kind is FailureKind.TIMEOUT
    assert back.status_code is None
    assert isinstance(back.error, RequestTimeout)
    assert back.error.phase == "read"


def test_errors_of_others_keep_name_and_message() -> None:
    """A ValueError of the user's own comes back under its name, as an EarlierFailure."""
    back = restored_failure(*kept_failure(ValueError("odd")), status_code=0, timed_out=False)
    assert isinstance(back.error, EarlierFailure)
    assert type(back.error).__name__ == "ValueError"
    assert str(back.error) == "odd"
    copy = pickle.loads(pickle.dumps(back.error))  # noqa: S301 - made here
    assert type(copy) is type(back.error)
    assert str(copy) == "odd"


def test_a_foreign_error_with_the_name_of_ours_is_not_taken_for_ours() -> None:
    """Only the class of this package is rebuilt; another NotFound is an EarlierFailure."""
    foreign = type("NotFound", (Exception,), {"__module__": "elsewhere"})("gone")
    back = restored_failure(*kept_failure(foreign), status_code=0, timed_out=False)
    assert not isinstance(back.error, nk.NotFound)
    assert type(back.error).__name__ == "NotFound"


def test_secrets_are_removed() -> None:
    """Message and attributes are free of known secrets and of credentials in addresses."""
    key = Secret("sk-failure-0123456789").reveal()
    error = nk.APIError(f"bad key {key}", status_code=400, call=f"GET https://host/?token={key}")
    kept = kept_failure(error)
    assert key not in "".join(kept)
    assert kept[1] == "bad key ****"


def test_a_password_in_a_message_of_the_user_s_is_removed() -> None:
    """What a function of the user's tells of its credentials does not get into the file."""
    kept = kept_failure(ValueError("login failed: password=hunter2"))
    assert "hunter2" not in "".join(kept)


def test_text_that_cannot_be_had_or_written() -> None:
    """A broken __str__ and half surrogates still give text that a file can hold."""

    class Broken(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert kept_failure(Broken())[1] == "(its message cannot be read: RuntimeError)"
    _, text, parts = kept_failure(nk.ConfigurationError("\ud800"))
    assert text == "\\ud800"
    assert json.loads(parts) == {}


@pytest.mark.parametrize("length", [100, 100_000])
def test_a_long_message_is_cut(length: int) -> None:
    """Of a message of megabytes the first 20,000 characters are kept."""
    assert len(kept_failure(ValueError("x" * length))[1]) == min(length, 20_000)


def test_a_secret_is_not_cut_in_two() -> None:
    """Of a message that is kept in part, the part has no half of a secret at its end."""
    key = Secret("k-5d3a9c27e1-77aa01")
    for before in range(19_980, 20_001):
        _, text, _ = kept_failure(ValueError("x" * before + key.reveal() + "tail"))
        assert len(text) <= 20_000
        assert "k-5" not in text


def test_the_name_of_a_class_is_text() -> None:
    """Also of one whose module is called what no text can be."""
    odd = type("Odd", (Exception,), {"__module__": "\ud800"})("no")
    name, *_ = kept_failure(odd)
    assert name == "\\ud800.Odd"
