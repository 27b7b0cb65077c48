"""What is read off errors, however they carry it."""

from __future__ import annotations

from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

import pytest

from notebook_kit.policies import FailureKind, classify
from tests.policies.carriers import Carrying, answered


@pytest.mark.parametrize("status", [200, 302, 399, 600, 1000, -1, True, "503", None, 503.0])
def test_a_number_that_is_no_error_status_is_ignored(status: Any) -> None:
    """Only whole numbers from 400 to 599 are statuses of errors."""
    assert classify(Carrying(status_code=status, status=status)).kind is FailureKind.OTHER


def test_a_status_may_be_an_enum() -> None:
    """A status is kept as a plain number."""
    failure = classify(Carrying(status=HTTPStatus.TOO_MANY_REQUESTS))
    assert failure.status_code == 429
    assert type(failure.status_code) is int


@pytest.mark.parametrize(
    "headers", [None, 7, [("retry-after", "5")], {"Retry-After": 5}, {"other": "5"}, "retry-after"]
)
def test_headers_that_cannot_be_read_are_ignored(headers: Any) -> None:
    """Whatever stands in the place of headers, it does not hide the status."""
    failure = classify(Carrying(status_code=503, headers=headers))
    assert (failure.status_code, failure.retry_after_s) == (503, None)


@pytest.mark.parametrize("name", ["retry-after", "Retry-After"])
def test_headers_may_be_a_plain_dict(name: str) -> None:
    """A dict knows only one way of writing a name; both are tried."""
    answer = SimpleNamespace(status_code=503, headers={name: "5"})
    assert classify(Carrying(response=answer)).retry_after_s == 5.0


class Hostile(Exception):
    @property
    def response(self) -> Any:
        raise RuntimeError("there is none yet")

    @property
    def headers(self) -> Any:
        class Headers:
            def get(self, name: str) -> str:
                raise OSError(name)

        return Headers()

    status = 500


def test_an_error_whose_attributes_raise_is_classified_all_the_same() -> None:
    """Properties may raise, as httpx's own do: the attempt failed, not the classification."""
    failure = classify(Hostile())
    assert (failure.kind, failure.status_code, failure.retry_after_s) == (
        FailureKind.STATUS,
        500,
        None,
    )


def test_headers_of_an_odd_dict() -> None:
    """Names that are no text are passed over."""
    odd = {1: "5", b"retry-after": "6", "RETRY-AFTER": "7"}
    assert classify(Carrying(status=503, headers=odd)).retry_after_s == 7.0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>insufficient_quota</html>",
        b"\xff\xfe\xfd",
        b"[" * 90_000,
        b'{"code": "insufficient_quota", "padding": "' + b"x" * 100_000 + b'"}',
        b"9" * 5_000,
    ],
)
def test_bodies_that_cannot_be_read(content: bytes) -> None:
    """No text, no JSON, too deep or too long: then the body says nothing."""
    failure = classify(answered(429, content=content))
    assert (failure.status_code, failure.quota_gone) == (429, False)


class Unread:
    """An answer whose body is still on the way: asking for it would block."""

    status_code = 429
    is_closed = False
    raw = SimpleNamespace(closed=False)

    @property
    def content(self) -> bytes:
        raise AssertionError("the body was asked for")


class ReadOnce(Unread):
    is_closed = True

    @property
    def content(self) -> bytes:
        raise RuntimeError("it was read piece by piece")


@pytest.mark.parametrize("response", [Unread(), ReadOnce()])
def test_a_body_that_is_not_at_hand(response: Any) -> None:
    """It is not read for the sake of classification, and what reading raises is of no matter."""
    failure = classify(Carrying(response=response))
    assert (failure.status_code, failure.quota_gone) == (429, False)
