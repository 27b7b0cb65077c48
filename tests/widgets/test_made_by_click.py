"""Where the buttons of a panel stand: in the notebook's own code, not in IPython's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from ipywidgets.widgets import widget as widget_module

import notebook_kit as nk
from notebook_kit.widgets import redisplay
from notebook_kit.widgets.dashboard.board import Board
from notebook_kit.widgets.made_by_click import panel_origin
from notebook_kit.widgets.place import Place
from notebook_kit.widgets.refresher import Refresher
from tests.widgets.fakes import FakeShell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.widgets.kernels import Kernel

SETUP = "import notebook_kit as nk"


def _between(act: Any) -> Any:
    """Stand for IPython, which calls the package for a cell that ends in a name."""
    return act()


def _cell(shell: FakeShell, source: str, /, **names: Any) -> dict[str, Any]:
    """Execute a cell as a kernel does: in the shell's names, which know all cells so far."""
    names = {"In": ["", "first", source], "between": _between, **names}
    shell.user_ns = names  # type: ignore[attr-defined]  # as the shell of a kernel has it
    exec(compile(source, "cell-2", "exec"), names)  # noqa: S102 - our own code
    return names


@pytest.fixture(autouse=True)
def _no_run_is_kept() -> Iterator[None]:
    yield
    nk.forget()


def test_the_notebook_s_own_line_is_named() -> None:
    """Whatever is called between it and the panel; also from a function of the notebook's."""
    shell = FakeShell()
    names = _cell(
        shell,
        "def show():\n    return between(lambda: origin(shell))\nat = show()",
        origin=panel_origin,
        shell=shell,
    )
    assert str(names["at"]) == "panel in cell [2]"
    assert (names["at"].filename, names["at"].lineno) == ("cell-2", 2)


def test_without_a_notebook_the_caller_is_named() -> None:
    """A shell without names, or names without cells, has no number to tell."""
    found = panel_origin(FakeShell())
    assert found.cell is None
    assert "panel in" in str(found)
    shell = FakeShell()
    names = _cell(shell, "at = origin(shell)", origin=panel_origin, shell=shell, In=None)
    assert (names["at"].cell, names["at"].lineno) == (None, 1)


def _made_in() -> list[str]:
    found = nk.open_resources()
    return [str(it.made_at) for it in (*found, *found.kept) if it.kind in {"run", "checkpoint"}]


@pytest.mark.usefixtures("comm_messages")
def test_a_run_that_the_dashboard_takes_up_is_made_where_the_first_was(tmp_path: Path) -> None:
    """Its checkpoint too: no line of the package, or of ipywidgets, is told."""
    seen: list[list[str]] = []

    def work(item: str) -> int:
        if "click" in globals():
            seen.append(_made_in())
        return int(item)

    shell = FakeShell()
    names = _cell(
        shell,
        "run = nk.map(work, ['1', 'a'], retry=0, progress=False, checkpoint=path)\nrun.result()",
        nk=nk,
        work=work,
        path=tmp_path / "kept.db",
    )
    before = _made_in()
    board = Board(Place(shell), Refresher(interval_s=3_600))
    board.appear()
    assert board._row is not None
    (retry,) = (
        button
        for group in board._row.box.children[1:-1]
        for button in group.children
        if button.description.startswith("Retry failed")
    )
    globals()["click"] = True
    try:
        retry.click()
        again = nk.last_run()
        assert again is not None
        assert again is not names["run"]
        again.result()
    finally:
        del globals()["click"]
    assert seen == [before * 2]
    assert _made_in() == before
    board.end("The test is over.")


@pytest.mark.usefixtures("comm_messages")
def test_a_run_that_is_tried_again_is_made_in_the_panel(shell: FakeShell) -> None:
    """The button of a run that has ended has a cell, and that is where the new run is made."""
    _cell(
        shell,
        "run = nk.map(int, ['1', 'a'], retry=0, progress=False)\nrun.result()\nredisplay(run)",
        nk=nk,
        redisplay=lambda run: _between(lambda: redisplay(run)),
    )
    row = _row_of(shell)
    row.click()
    again = nk.last_run()
    assert again is not None
    again.result()
    assert _made_in() == ["panel in cell [2]"]


def _row_of(shell: FakeShell) -> Any:
    found = [it for it in widget_module._instances.values() if getattr(it, "icon", "") == "repeat"]
    assert shell.display_pub.messages
    return found[-1]


@pytest.mark.kernel
def test_in_a_kernel_the_cell_of_the_panel_is_named(kernel: Kernel) -> None:
    """A cell that ends in the name of a run gives it its buttons, and their runs their place."""
    kernel.execute("run = nk.map(int, ['1', 'a'], retry=0, progress=False); _ = run.result()")
    number = kernel.printed("len(In)")
    kernel.execute("run")
    kernel.click("Retry failed")
    kernel.read_until(lambda it: "tried again in a new run" in str(it["content"]))
    kernel.execute("_ = nk.last_run().result()")
    (told,) = (
        kernel.printed("[str(it.made_at) for it in nk.open_resources().kept]")
        .strip("[]")
        .split(",")
    )
    assert told == f"'panel in cell [{number}]'"
