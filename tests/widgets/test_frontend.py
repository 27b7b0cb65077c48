from __future__ import annotations

import io
import subprocess
import sys
from typing import Any

import pytest

from notebook_kit.widgets import frontend
from notebook_kit.widgets.frontend import Frontend, current_cell, find_frontend, judge_kernel
from tests.widgets.fakes import FakeShell


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("parent", "found"),
    [
        ({"content": {"allow_stdin": True}, "metadata": {"cellId": "a"}}, "live"),
        ({"content": {"allow_stdin": True}, "metadata": {}}, "live"),
        ({"content": {"allow_stdin": False}, "metadata": {"cellId": "a"}}, "live"),
        ({"content": {"allow_stdin": False}, "metadata": {}}, "headless"),
        ({"content": {}}, "headless"),
        ({"content": None, "metadata": None}, "headless"),
        (None, "live"),
    ],
)
def test_a_person_is_told_from_a_program(parent: dict[str, Any] | None, found: str) -> None:
    """A front end that can ask for input or names its cell is a person's."""
    assert judge_kernel(parent) is Frontend(found)


def test_colab_is_a_person_whatever_it_sends() -> None:
    """Colab's requests are its own, so it is known by its module."""
    assert judge_kernel({"content": {}}, colab=True) is Frontend.LIVE


def test_a_kernel_is_found_by_its_shell(shell: FakeShell, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a kernel the request that is being served decides."""
    assert find_frontend() is Frontend.LIVE
    shell.allow_stdin = False
    assert find_frontend() is Frontend.HEADLESS
    monkeypatch.setitem(sys.modules, "google.colab", sys)
    assert find_frontend() is Frontend.LIVE


@pytest.mark.usefixtures("no_shell")
def test_without_a_kernel_standard_error_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal is one that says so; a closed or missing stream is none."""
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert find_frontend() is Frontend.TERMINAL
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert find_frontend() is Frontend.NONE
    closed = Terminal()
    closed.close()
    monkeypatch.setattr(closed, "isatty", io.StringIO.isatty.__get__(closed), raising=False)
    monkeypatch.setattr(sys, "stderr", closed)
    assert find_frontend() is Frontend.NONE
    monkeypatch.setattr(sys, "stderr", None)
    assert find_frontend() is Frontend.NONE


def test_a_shell_in_a_terminal_is_no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """IPython in a terminal has a shell without a kernel behind it."""

    class Module:
        shell: Any = object()

        @classmethod
        def get_ipython(cls) -> Any:
            return cls.shell

    monkeypatch.setitem(sys.modules, "IPython", Module)
    assert frontend.kernel_shell() is None
    Module.shell = FakeShell()
    assert frontend.kernel_shell() is Module.shell


def test_cells_are_told_apart() -> None:
    """Each execution has its own name; a shell that gives none has none."""
    assert current_cell(FakeShell(cell="a")) != current_cell(FakeShell(cell="b"))
    assert current_cell(object()) is None


def test_looking_imports_nothing() -> None:
    """Neither IPython nor ipywidgets is imported where there is no kernel."""
    script = (
        "import sys; from notebook_kit import widgets; "
        "from notebook_kit.widgets.frontend import find_frontend; found = find_frontend(); "
        "print(found, [n for n in ('IPython', 'ipywidgets', 'ipykernel') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "none []\n"
