"""Origins: the line of the user's code that made something, never one of the package's own."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from notebook_kit.lifetime import Origin, caller_origin

if TYPE_CHECKING:
    import types


def here() -> int:
    """Return the line this is called from."""
    return sys._getframe(1).f_lineno


def run_as(name: Any, source: str, **names: Any) -> dict[str, Any]:
    """Run source as if it stood in the module of this name."""
    module: dict[str, Any] = {"__name__": name, "caller_origin": caller_origin, **names}
    exec(compile(source, f"<{name}>", "exec"), module)  # noqa: S102 - a module made for the test
    return module


def test_the_line_that_calls() -> None:
    """Outside the package the caller is the line itself; a test counts as outside."""
    origin, line = caller_origin(), here()
    assert origin == Origin(__file__, line)
    assert str(origin) == f"test_origin.py:{line}"


@pytest.mark.parametrize("name", ["notebook_kit", "notebook_kit.client.client"])
def test_lines_of_the_package_are_passed_over(name: str) -> None:
    """However deep in the package it is asked, the answer is the line that called into it."""
    inner = run_as(name, "def make():\n    return caller_origin()\n")
    outer = run_as("notebook_kit.room", "def make():\n    return inner()\n", inner=inner["make"])
    origin, line = outer["make"](), here()
    assert origin == Origin(__file__, line)


@pytest.mark.parametrize("name", ["notebook_kit_tools", "other.notebook_kit", "", None])
def test_a_module_of_another_name_is_a_caller(name: Any) -> None:
    """Only the package itself is passed over, and a module without a name is nobody's."""
    assert run_as(name, "\norigin = caller_origin()")["origin"] == Origin(f"<{name}>", 2)


def test_without_any_caller_the_line_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread of the package has no line of the user's below it."""

    def no_caller(_: int) -> types.FrameType | None:
        return None

    monkeypatch.setattr(sys, "_getframe", no_caller)
    origin = caller_origin()
    monkeypatch.undo()
    assert origin == Origin("<unknown>", 0)


def a_shell() -> None:
    """What a notebook's namespace has under the name get_ipython."""


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ({"get_ipython": a_shell, "In": [""] * 8}, "cell [7], line 1"),
        ({"get_ipython": a_shell, "In": []}, "<__main__>:1"),
        ({"get_ipython": a_shell}, "<__main__>:1"),
        ({"In": [""] * 8}, "<__main__>:1"),
    ],
)
def test_in_a_notebook_the_cell_is_named(names: dict[str, Any], shown: str) -> None:
    """The number of the prompt says more than the file that IPython invents."""
    module = run_as("__main__", "origin = caller_origin()", **names)
    assert str(module["origin"]) == shown


def test_a_script_has_no_cells() -> None:
    """Without IPython a line of `__main__` is a line of its file."""
    assert run_as("__main__", "origin = caller_origin()")["origin"].cell is None


def test_a_module_has_no_cells_either() -> None:
    """A line of a module that a notebook imported is not in the cell."""
    module = run_as("my_tools", "origin = caller_origin()", get_ipython=a_shell, In=[""] * 8)
    assert module["origin"].cell is None


def test_a_with_block_of_the_user_is_the_line() -> None:
    """What `contextlib` puts between the block and what it enters is passed over."""
    from contextlib import contextmanager

    inner = run_as(
        "notebook_kit.room", "def entered():\n    yield caller_origin()\n", caller=caller_origin
    )
    with contextmanager(inner["entered"])() as origin:
        line = here() - 1
    assert origin == Origin(__file__, line)
