"""No line of the package shows a secret, whatever it is made of and whoever listens."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING

import pytest

import notebook_kit as nk
from notebook_kit.logs import kit_logger

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = nk.Secret("sk-very-secret-0001")
LOG = kit_logger("notebook_kit.test_loggers")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What a handler of the user's own on the root logger writes, with a formatter of its own."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    root.addHandler(handler)
    LOG.setLevel(logging.DEBUG)
    yield stream
    LOG.setLevel(logging.NOTSET)
    root.removeHandler(handler)


def test_secrets_are_taken_out_of_message_and_arguments(lines: io.StringIO) -> None:
    """By value in the text and in arguments, by name in URLs, headers and fields."""
    LOG.info("sent %s with %s", "https://h/x?api_key=abc&page=2", {"Authorization": "xyz"})
    LOG.info(f"the key is {KEY.reveal()}")  # noqa: G004 - a text that was made before
    LOG.info("Bearer abcdefghijkl")
    LOG.info("%s", [(b"Set-Cookie", b"id=1234")])
    said = lines.getvalue()
    for secret in ("abc&", "xyz", "very-secret", "abcdefghijkl", "1234"):
        assert secret not in said
    assert "https://h/x?api_key=****&page=2" in said


def test_secrets_are_taken_out_of_tracebacks(lines: io.StringIO) -> None:
    """The text of an exception, of its cause and of its notes is written without them."""

    def fail() -> None:
        try:
            int(KEY.reveal())
        except ValueError as cause:
            error = RuntimeError("with token='abc'")
            error.add_note(f"sent to https://me:pw@host/?key={KEY.reveal()}")
            raise error from cause

    try:
        fail()
    except RuntimeError:
        LOG.exception("broken", stack_info=True)
    said = lines.getvalue()
    assert "very-secret" not in said
    assert "abc" not in said
    assert "me:pw" not in said
    assert "RuntimeError" in said
    assert "Stack (most recent call last)" in said


def test_a_record_without_secrets_keeps_its_parts(caplog: pytest.LogCaptureFixture) -> None:
    """Handlers that group records by their template, or look at the error, still can."""
    LOG.warning("%d of %s", 3, "five")
    try:
        raise ValueError("plain")  # noqa: TRY301 - to have a traceback
    except ValueError:
        LOG.exception("failed")
    first, second = caplog.records
    assert (first.msg, first.args) == ("%d of %s", (3, "five"))
    assert second.exc_info is not None


def test_arguments_that_do_not_fit_are_not_shown(lines: io.StringIO) -> None:
    """A record that cannot be written does not print its arguments on the standard error."""
    LOG.info("%d", KEY.reveal())
    assert lines.getvalue() == "%d (its arguments do not fit)\n"


def test_a_logger_is_guarded_once() -> None:
    """Asking for a logger again adds nothing to it."""
    count = len(LOG.filters)
    assert kit_logger("notebook_kit.test_loggers") is LOG
    assert len(LOG.filters) == count == 1
