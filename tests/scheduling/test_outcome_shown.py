"""What the repr of an outcome shows."""

from __future__ import annotations

from notebook_kit.scheduling import Outcome


class _Raw:
    def __repr__(self) -> str:
        return "red: \x1b[31m, turned: \u202e"


def test_what_acts_in_a_terminal_is_written_out() -> None:
    """Of the answer, the item and the error, whatever they say of themselves; it is cut, too."""
    error = ValueError("password=hunter2")
    outcome = Outcome(0, _Raw(), _Raw(), error, "ok", "network", 200, 1, 0.0, 0.0, 0.0, 0.0)
    text = repr(outcome)
    assert text.startswith(r"Outcome(index=0, item=red: \x1b[31m, turned: \u202e, value=red: ")
    assert text.isprintable()
    long = Outcome(0, "x" * 9_999, None, None, "ok", "network", 200, 1, 0.0, 0.0, 0.0, 0.0)
    assert len(repr(long)) < 1_000
