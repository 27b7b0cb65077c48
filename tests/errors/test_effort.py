"""How often and for how long a call was tried stands in its error, and in columns for rows."""

from __future__ import annotations

import pickle
import re

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.errors.effort import effort, leave_to_columns, tell_effort, with_effort


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("It broke", "It broke (after 2 attempts in 1.5 s)"),
        ("It broke.", "It broke (after 2 attempts in 1.5 s)."),
        ("It broke...", "It broke... (after 2 attempts in 1.5 s)"),
        ("", "(after 2 attempts in 1.5 s)"),
    ],
)
def test_it_stands_at_the_end(said: str, told: str) -> None:
    """Before a full stop; what was not tried at all tells nothing."""
    assert with_effort(said, effort(2, 1.5)) == told
    assert with_effort(said, effort(0, 1.5)) == said


def test_an_error_tells_it_once_and_travels_with_it() -> None:
    """Told again it tells the last; a row's error leaves it to the columns."""
    error = nk.ConnectionLost("gone", call="GET http://host/x")
    tell_effort(error, 1, 0.21)
    tell_effort(error, 3, 4.2)
    assert str(error) == "gone (after 3 attempts in 4.2 s)"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301 - our own
    assert (error.attempts, error.elapsed_s) == (3, 4.2)
    leave_to_columns(error)
    assert str(error) == "gone"


def _answer(request: httpx.Request) -> httpx.Response:
    bad = request.url.path == "/users/7"
    return httpx.Response(503 if bad else 200, text="" if bad else "<html>")


def test_a_call_tells_it_and_a_row_does_not() -> None:
    """The message of a call names attempts and seconds; equal errors of rows read alike."""
    retry = nk.Retry(max_attempts=2, base_delay="1 ms", max_delay="1 ms")
    with nk.Client("http://host", retry=retry, transport=httpx.MockTransport(_answer)) as client:
        with pytest.raises(nk.ServerError, match=r"\(after 2 attempts in [\d.]+ m?s\)$"):
            client.get("/users/7")
        frame = client.map("/users/{id}", [7, 7], progress=False)
        assert frame["error"].nunique() == 1
        assert "after" not in frame["error"].iloc[0]
        assert frame["attempts"].tolist() == [2, 2]


def test_what_cannot_be_read_tells_what_the_call_took() -> None:
    """The error of `.json()` has attempts and seconds, as that of the call would have."""
    client = nk.Client("http://host", transport=httpx.MockTransport(_answer))
    with client as api, pytest.raises(nk.DecodeError) as caught:
        api.get("/users/8").json()
    assert caught.value.attempts == 1
    assert caught.value.elapsed_s is not None
    assert re.search(r"\(after [\d.]+ m?s\)$", str(caught.value))
