"""Fixtures of the launcher's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from tests.quiet import begin_anew
from tests.widgets.launcher.cell import Cell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from notebook_kit.demo import DemoServer
    from tests.widgets.fakes import FakeShell


@pytest.fixture
def client(demo_server: DemoServer) -> Iterator[nk.Client]:
    """A client of the demo API."""
    begin_anew(demo_server)
    made = nk.Client(demo_server.url, headers={"x-api-key": nk.Secret("sk-1029384756")})
    yield made
    made.close().wait()


@pytest.fixture
def cell(
    shell: FakeShell, comm_messages: list[tuple[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Cell]]:
    """Makes launchers in a cell of a stand-in for a kernel, and closes them."""
    monkeypatch.setattr("notebook_kit.widgets.launcher.launcher.kernel_shell", lambda: shell)
    made: list[Cell] = []

    def make(subject: Any, path: str | None = None, **given: Any) -> Cell:
        made.append(Cell(shell, subject, path, **given))
        return made[-1]

    yield make
    for it in made:
        it.launcher.close()
    nk.forget()
