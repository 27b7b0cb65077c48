"""What may be asked of a graceful shutdown."""

# ruff: noqa: PT012 - an exit comes at the end of a block, whatever is in it
from __future__ import annotations

import signal
from datetime import timedelta
from typing import Any

import pytest

import notebook_kit as nk
from notebook_kit.shutdown import GracefulShutdown, graceful_shutdown


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"deadline": "soon"}, r"deadline='soon' is not a duration"),
        ({"deadline": -1}, r"deadline=-1 must be zero or more"),
        ({"signals": signal.SIGTERM}, r"signals=.* must be signals of this system"),
        ({"signals": []}, r"signals=\[\] must be signals"),
        ({"signals": [4711]}, r"signals=\[4711\] must be .*signals=\[signal.SIGTERM"),
        ({"signals": ["SIGTERM"]}, r"signals=\['SIGTERM'\] must be"),
        ({"on_signal": "print"}, r"on_signal='print' must be a function"),
    ],
)
def test_what_cannot_work_is_refused(options: dict[str, Any], said: str) -> None:
    """Before the block is entered, with what was given and what to write instead."""
    with pytest.raises(nk.ConfigurationError, match=said):
        graceful_shutdown(**options)


@pytest.mark.parametrize("deadline", [None, 0, 2.5, "1 min", timedelta(seconds=3)])
def test_the_deadline_is_a_duration_or_none(deadline: Any) -> None:
    """Zero cuts at once, and None never."""
    with graceful_shutdown(deadline) as shutdown:
        assert isinstance(shutdown, GracefulShutdown)


def test_numbers_of_signals_are_signals() -> None:
    """As `kill -15` has it."""
    with pytest.raises(SystemExit), graceful_shutdown(signals=[15]) as shutdown:
        signal.raise_signal(signal.SIGTERM)
        assert shutdown.received is signal.SIGTERM
