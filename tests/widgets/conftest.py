"""Fixtures for the tests of what is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import comm
import pytest
from comm.base_comm import BaseComm

from notebook_kit.widgets import frontend
from tests.widgets.fakes import FakeShell

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> FakeShell:
    """A kernel's shell, found where the package looks for one; a front end is watching."""
    fake = FakeShell()
    for module in ("frontend", "showing"):
        monkeypatch.setattr(f"notebook_kit.widgets.{module}.kernel_shell", lambda: fake)
    return fake


@pytest.fixture
def no_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """No kernel, whatever process the tests run in."""
    monkeypatch.setattr(frontend, "kernel_shell", lambda: None)


@pytest.fixture
def comm_messages(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What widgets send to the front end: the kind of message and its data."""
    sent: list[tuple[str, Any]] = []

    class _Comm(BaseComm):
        def publish_msg(self, msg_type: str, data: Any = None, *_: Any, **__: Any) -> None:
            sent.append((msg_type, data))

    create: Callable[..., BaseComm] = _Comm
    monkeypatch.setattr(comm, "create_comm", create)
    return sent
