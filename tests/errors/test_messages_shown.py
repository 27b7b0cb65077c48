"""What a server says in an error does nothing to the terminal that shows it."""

from __future__ import annotations

import pickle
import traceback

from notebook_kit.errors import ConfigurationError, NotFound


def test_messages_do_nothing_to_a_terminal() -> None:
    """What acts or misleads is written out, in tracebacks too; lines and the arguments stay."""
    said = "GET /x answered 404: \x1b[31mred\r\u202eturned\x00\nsecond line"
    error = NotFound(said, status_code=404)
    shown = r"GET /x answered 404: \x1b[31mred\r\u202eturned\x00" + "\nsecond line"
    assert str(error) == shown
    assert traceback.format_exception_only(error)[-1].endswith(f"{shown}\n")
    assert error.args == (said,)
    assert str(pickle.loads(pickle.dumps(error))) == shown  # noqa: S301 - our own


def test_ordinary_messages_stay() -> None:
    """Other scripts, emoji and tabs are left alone."""
    text = "naïve 東京 👩\u200d🔬\ttab"
    assert str(ConfigurationError(text)) == text
