"""Fixtures for the tests of what is shown."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import comm
import pytest
from comm.base_comm import BaseComm

from notebook_kit.widgets import frontend, panel
from tests.widgets.fakes import FakeShell
from tests.widgets.kernels import Kernel, running_kernel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> FakeShell:
    """A kernel's shell, found where the package looks for one; a front end is watching."""
    fake = FakeShell()
    for module in ("frontend", "showing"):
        monkeypatch.setattr(f"notebook_kit.widgets.{module}.kernel_shell", lambda: fake)
    return fake


@pytest.fixture(autouse=True)
def row_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A panel has its buttons from the start, as nobody clicks on the clock here."""
    monkeypatch.setattr(panel, "ROW_AFTER_S", 0.0)


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


@pytest.fixture(scope="module")
def shared_kernel(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Kernel]:
    """A kernel for a module, in which its ``SETUP`` was executed."""
    with running_kernel(tmp_path_factory.mktemp("kernel")) as kernel:
        kernel.execute(request.module.SETUP)
        yield kernel


@pytest.fixture
def kernel(shared_kernel: Kernel) -> Kernel:
    """The module's kernel, with nothing read yet."""
    shared_kernel.messages.clear()
    return shared_kernel


@pytest.fixture(autouse=True)
def _widgets_are_closed() -> Iterator[None]:
    """Close what a test leaves to its page, so that others can count theirs."""
    before = set(_open_widgets())
    yield
    for model_id in set(_open_widgets()) - before:
        if (widget := _open_widgets().get(model_id)) is not None:
            widget.close()


def _open_widgets() -> dict[str, Any]:
    module = sys.modules.get("ipywidgets.widgets.widget")
    return {} if module is None else dict(module._instances)
