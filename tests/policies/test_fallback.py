"""When something else is given than an answer, and what may be."""

from __future__ import annotations

from typing import Any

import pytest

from notebook_kit.errors import (
    CircuitOpen,
    ConfigurationError,
    ConnectionFailed,
    ConnectionLost,
    DecodeError,
    NotFound,
    RateLimited,
    RequestTimeout,
    ServerError,
    UnwantedAnswer,
)
from notebook_kit.policies import Fallback, classify
from notebook_kit.policies.fallback import fitting, unavailable

MIRROR = Fallback(base_url="https://mirror")
STALE = Fallback(stale="1 day")
VALUE = Fallback(value=None)
WRITES = Fallback(value=None, writes=True)
LOST = classify(ConnectionLost())


@pytest.mark.parametrize(
    ("error", "is_unavailable"),
    [
        (ConnectionFailed(), True),
        (ConnectionLost(), True),
        (RequestTimeout(), True),
        (RequestTimeout(phase="item"), True),
        (CircuitOpen(), True),
        (ServerError(status_code=500), True),
        (ServerError(status_code=503), True),
        (RateLimited(status_code=429), True),
        (NotFound(status_code=404), False),
        (DecodeError(), False),
        (UnwantedAnswer(), False),
        (ConfigurationError(), False),
        (ValueError(), False),
    ],
)
def test_what_says_that_nobody_is_there(error: Exception, *, is_unavailable: bool) -> None:
    """Connections, limits of time, 429 and 5xx, an open breaker; nothing else."""
    assert unavailable(classify(error)) is is_unavailable


@pytest.mark.parametrize(
    ("fallback", "so", "fits"),
    [
        (MIRROR, {"repeatable": True}, True),
        (MIRROR, {}, False),
        (STALE, {"kept": True}, True),
        (STALE, {"reads": True, "repeatable": True}, False),
        (VALUE, {"reads": True}, True),
        (VALUE, {"repeatable": True}, False),
        (WRITES, {}, True),
    ],
)
def test_what_may_be_given(fallback: Fallback, so: dict[str, bool], *, fits: bool) -> None:
    """Another server for what may be repeated, a value for what reads, or where it is said."""
    given = {"reads": False, "repeatable": False, "kept": False} | so
    assert fallback.fits(LOST, **given) is fits


@pytest.mark.parametrize(
    "error", [ConnectionFailed(), RateLimited(status_code=429), CircuitOpen()], ids=repr
)
def test_what_was_surely_not_processed_may_go_elsewhere(error: Exception) -> None:
    """Whatever it does."""
    assert MIRROR.fits(classify(error), reads=False, repeatable=False, kept=False)


def test_those_that_fit_in_their_order() -> None:
    """And none where the endpoint is there."""
    several = (VALUE, STALE, MIRROR)
    so: Any = {"reads": True, "repeatable": True, "kept": False}
    assert fitting(several, LOST, **so) == (VALUE, MIRROR)
    assert fitting(several, classify(ValueError()), **so) == ()


# How it is written


@pytest.mark.parametrize("value", [None, False])
def test_nothing_is_given_unless_asked_for(*, value: bool | None) -> None:
    """There are no fallbacks then."""
    assert Fallback.of(value) == ()


def test_one_or_several() -> None:
    """A base URL is short for a policy."""
    assert Fallback.of("https://mirror") == (MIRROR,)
    assert Fallback.of(VALUE) == (VALUE,)
    assert Fallback.of(["HTTPS://mirror", STALE, VALUE]) == (
        Fallback(base_url="HTTPS://mirror"),
        STALE,
        VALUE,
    )
    assert Fallback.of((VALUE, WRITES)) == (VALUE, WRITES)


@pytest.mark.parametrize("value", [True, 7, "mirror", {"value": 1}, ["mirror"], [None]])
def test_an_option_that_says_nothing_is_refused(value: Any) -> None:
    """The message shows the three forms."""
    with pytest.raises(ConfigurationError, match=r"nk\.Fallback\(value="):
        Fallback.of(value)


@pytest.mark.parametrize("value", [[VALUE, MIRROR], [WRITES, VALUE], [MIRROR, WRITES, WRITES]])
def test_what_is_never_reached_is_refused(value: Any) -> None:
    """A value always holds."""
    with pytest.raises(ConfigurationError, match="never reached"):
        Fallback.of(value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "A fallback is something"),
        ({"value": 1, "stale": 60}, "A fallback is one thing"),
        ({"base_url": "mirror"}, "must begin with https"),
        ({"base_url": 7}, "must begin with https"),
        ({"stale": 0}, "more than zero"),
        ({"value": 1, "headers": {}}, "which was not given"),
        ({"stale": 60, "writes": True}, "writes=True is True or False"),
        ({"value": 1, "writes": "yes"}, "writes='yes' is True or False"),
    ],
)
def test_what_cannot_work_is_refused(options: dict[str, Any], said: str) -> None:
    """With what to write instead."""
    with pytest.raises(ConfigurationError, match=said):
        Fallback(**options)


def test_how_old_an_answer_may_be() -> None:
    """In seconds, where a kept answer is what is given."""
    assert (STALE.stale_s, MIRROR.stale_s, VALUE.stale_s) == (86_400.0, None, None)


def test_an_empty_list_is_refused() -> None:
    """It may be a mistake."""
    with pytest.raises(ConfigurationError, match="holds nothing"):
        Fallback.of([])


@pytest.mark.parametrize(
    ("fallback", "shown"),
    [
        (MIRROR, "Fallback(base_url='https://mirror')"),
        (Fallback(base_url="https://u:secret@host", headers={"key": "secret"}), "host"),
        (STALE, "Fallback(stale=86400.0)"),
        (Fallback(value={"token": "secret"}), "Fallback(value={'token': ****})"),
        (WRITES, "Fallback(value=None, writes=True)"),
    ],
)
def test_it_shows_itself_without_secrets(fallback: Fallback, shown: str) -> None:
    """Neither credentials of an address nor headers."""
    assert shown in repr(fallback)
    assert "secret" not in repr(fallback)
