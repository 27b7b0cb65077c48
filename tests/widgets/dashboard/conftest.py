"""Fixtures for the tests of the list of what is open, and of its live face."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from notebook_kit.lifetime import survey
from notebook_kit.widgets.dashboard import board, listing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.widgets.fakes import FakeShell


@pytest.fixture(autouse=True)
def _nothing_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide what stays for the whole session, such as the demo server of other tests."""
    others = {it.number for it in survey()}
    for module in (board, listing):
        monkeypatch.setattr(
            module, "survey", lambda: [it for it in survey() if it.number not in others]
        )


@pytest.fixture
def watched(shell: FakeShell, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeShell]:
    """A kernel's shell where the dashboard looks for one; what lives in the end is ended."""
    from notebook_kit.widgets.dashboard import showing

    monkeypatch.setattr(showing, "kernel_shell", lambda: shell)
    yield shell
    for living in list(showing._living.values()):
        living.end("The test is over.")
