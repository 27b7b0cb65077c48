"""What each test of signals has to leave as it was."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from notebook_kit import mapping

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """Whatever a test does, the handlers are put back, and no run is refused after it."""
    before = {name: signal.getsignal(name) for name in (signal.SIGTERM, signal.SIGINT)}
    yield
    found = {name: signal.getsignal(name) for name in before}
    for name, handler in before.items():
        signal.signal(name, handler)
    assert found == before
    assert mapping.refusals == []
