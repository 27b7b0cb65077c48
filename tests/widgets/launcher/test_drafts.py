"""A launcher whose cell is run again."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.execution.io_thread import io_loop
from notebook_kit.launching.function import FunctionTarget
from notebook_kit.lifetime import Origin, survey
from notebook_kit.widgets.frontend import Frontend
from notebook_kit.widgets.launcher import drafts as drafts_module
from notebook_kit.widgets.launcher import launcher as launcher_module
from notebook_kit.widgets.launcher.drafts import Drafts
from notebook_kit.widgets.launcher.launcher import Launcher, open_launcher
from tests.widgets.fakes import FakeShell
from tests.widgets.launcher.cell import Cell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def resized(item: str, size: int = 3) -> str:
    """Stands for a function of two parameters."""
    return item[:size]


class Shell(FakeShell):
    """A kernel whose front end says which cell is executed."""

    def __init__(self) -> None:
        super().__init__()
        self.cell_id: str | None = "a"
        self.names: dict[str, Any] = {"nk": nk, "items": ["x", "y"], "upper": str.upper}

    def execute(self, cell_id: str | None = "a") -> None:
        """Begin the next execution, of this cell."""
        self.cell, self.cell_id = f"{self.cell}+", cell_id

    def get_parent(self) -> dict[str, Any]:
        parent = super().get_parent()
        return {**parent, "metadata": {"cellId": self.cell_id} if self.cell_id else {}}


class Reopened(Cell):
    """A launcher as its cell makes it, whether for the first time or again."""

    def __init__(self, shell: Shell, subject: Any = str.upper, **preset: Any) -> None:
        self.shell, self.names = shell, shell.names
        self.launcher: Launcher = open_launcher(FunctionTarget(subject), None, preset)
        self.table = self.launcher._front.table


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, comm_messages: list[tuple[str, Any]]) -> Iterator[Shell]:
    made = Shell()
    monkeypatch.setattr(launcher_module, "kernel_shell", lambda: made)
    monkeypatch.setattr(launcher_module, "find_frontend", lambda: Frontend.LIVE)
    monkeypatch.setattr(launcher_module, "user_namespace", lambda: (made.names, {}))
    monkeypatch.setattr(launcher_module, "drafts", Drafts())
    yield made
    nk.forget()


@pytest.fixture
def reopened(shell: Shell) -> Iterator[Callable[..., Reopened]]:
    """Makes launchers as the cell that is executed does, and closes them."""
    made: list[Reopened] = []

    def make(*given: Any, **preset: Any) -> Reopened:
        made.append(Reopened(shell, *given, **preset))
        return made[-1]

    yield make
    for it in made:
        it.launcher.close()


def test_what_was_typed_is_there_again(shell: Shell, reopened: Callable[..., Reopened]) -> None:
    """The same cell, run again, has the form as it stood; Reset puts back what it began with."""
    form = reopened(rate="5/s")
    form.field("rate").value = "7/s"
    form.field("frame variable").value = "loud"
    shell.execute()
    again = reopened(rate="5/s")
    assert again.launcher is not form.launcher
    assert again.field("rate").value == "7/s"
    assert again.standing.code == 'loud = await nk.map(upper, items, rate="7/s")'
    again.click("Reset")
    assert again.field("rate").value == "5/s"
    assert again.field("frame variable").value == "frame"
    assert again.standing.code == 'frame = await nk.map(upper, items, rate="5/s")'


def test_rows_that_can_be_added_are_reset_too(
    shell: Shell, reopened: Callable[..., Reopened]
) -> None:
    """Fixed values that were typed go with the rest."""
    form = reopened(resized)
    form.choose("size", "a fixed value …")
    form.field("fixed value").value = "7"
    form.click("Reset")
    form.choose("size", "a fixed value …")
    assert form.field("fixed value").value == ""


@pytest.mark.parametrize("other", ["cell", "preset", "function", "unnamed cell"])
def test_another_one_begins_anew(
    shell: Shell, reopened: Callable[..., Reopened], other: str
) -> None:
    """Another cell, other options, another function: what was typed is not for them."""
    if other == "unnamed cell":
        shell.execute(None)
    reopened(rate="5/s").field("retry").value = "7"
    shell.execute({"cell": "b", "unnamed cell": None}.get(other, "a"))
    subject = str.lower if other == "function" else str.upper
    again = reopened(subject, rate="6/s" if other == "preset" else "5/s")
    assert again.field("retry").value == ""


def test_two_in_one_cell_stay_two(shell: Shell, reopened: Callable[..., Reopened]) -> None:
    """Launchers that are alike have each their own, in the order in which they were made."""
    first, second = reopened(), reopened()
    first.field("retry").value = "1"
    second.field("retry").value = "2"
    shell.execute()
    assert [reopened().field("retry").value for _ in range(3)] == ["1", "2", ""]


def test_a_function_made_anew_is_the_same(shell: Shell, reopened: Callable[..., Reopened]) -> None:
    """A cell that defines its function again has the form back, and calls the new function."""

    def one() -> Callable[[str], str]:
        def work(item: str) -> str:
            return item + "1"

        return work

    def two() -> Callable[[str], str]:
        def work(item: str) -> str:
            return item + "2"

        return work

    shell.names["work"] = one()
    reopened(shell.names["work"]).field("retry").value = "1"
    shell.execute()
    shell.names["work"] = two()
    again = reopened(shell.names["work"])
    assert again.field("retry").value == "1"
    again.click("Run")
    assert again.wait()["result"].tolist() == ["x2", "y2"]


def test_of_two_that_read_alike_each_has_its_own(
    shell: Shell, reopened: Callable[..., Reopened]
) -> None:
    """Where the cell asks in another order, the very same function has what was typed for it."""

    def make() -> Callable[[str], str]:
        def work(item: str) -> str:
            return item

        return work

    one, two = make(), make()
    for at, function in enumerate((one, two)):
        reopened(function).field("retry").value = str(at)
    shell.execute()
    assert [reopened(it).field("retry").value for it in (two, one)] == ["1", "0"]


def test_words_are_all_that_is_kept(shell: Shell, comm_messages: object) -> None:
    """A closed form lets go of its function; what was typed is there again all the same."""

    class Work:
        def __call__(self, item: str) -> str:
            return item

    work = Work()
    form = Reopened(shell, work)
    form.field("retry").value = "1"
    form.launcher.close()
    gone = weakref.ref(work)
    del form, work
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0), io_loop()).result(10)
    gc.collect()
    assert gone() is None
    shell.execute()
    again = Reopened(shell, Work())
    assert again.field("retry").value == "1"
    again.launcher.close()


def test_a_run_under_way_comes_along(shell: Shell, reopened: Callable[..., Reopened]) -> None:
    """The panel with its buttons is in the new outputs, and what comes after its end too."""
    go = threading.Event()

    def work(item: str) -> str:
        assert go.wait(10)
        return item

    shell.names["work"] = work
    form = reopened(work)
    form.click("Run")
    old = {it.display_id for it in shell.display_pub.messages}
    shell.execute()
    before = len(shell.display_pub.messages)
    again = reopened(work)
    assert again.field("Run").disabled
    came = {it.display_id: it.data for it in shell.display_pub.messages[before:]}
    new = [data for key, data in came.items() if key not in old]
    assert any("0 of 2" in str(it.get("text/html")) for it in new)
    assert sum("application/vnd.jupyter.widget-view+json" in it for it in new) == 2
    go.set()
    assert again.wait()["status"].tolist() == ["ok", "ok"]
    assert "frame: 2 rows" in again.face
    assert again.field("Save")
    shell.display_pub.wait_for(
        lambda it: it.display_id not in old and "2 of 2" in str(it.data.get("text/html"))
    )


def test_a_run_that_has_ended_comes_along(shell: Shell, reopened: Callable[..., Reopened]) -> None:
    """What came of the run, its panel, and what can be done with it are there again."""
    shell.names["items"] = ["1", "a"]
    form = reopened(int, retry=0)
    form.click("Run")
    form.wait()
    shell.execute()
    before = len(shell.display_pub.messages)
    again = reopened(int, retry=0)
    assert "frame: 2 rows, 1 not ok" in again.face
    assert not again.field("Retry failed").disabled
    faces = [it.data.get("text/html", "") for it in shell.display_pub.messages[before:]]
    assert any("Done, with errors" in it for it in faces)
    again.click("Retry failed")
    assert again.wait()["status"].tolist() == ["ok", "failed"]


def test_a_retry_after_the_function_was_made_anew_says_which_it_calls(
    shell: Shell, reopened: Callable[..., Reopened]
) -> None:
    """Rows are tried again with the function of their run; Run calls the one of now."""

    def made(ending: str, broken: set[str]) -> Callable[[str], str]:
        def work(item: str) -> str:
            if item in broken:
                raise ValueError(item)
            return item + ending

        return work

    broken = {"y"}
    shell.names["work"] = made("1", broken)
    form = reopened(shell.names["work"], retry=0)
    form.click("Run")
    form.wait()
    tip = form.field("Retry failed").tooltip
    assert tip.endswith("with the function of their run")
    told = "Retry failed calls the function as it was when Run was clicked."
    assert told not in form.said()
    shell.execute()
    shell.names["work"] = made("2", set())
    again = reopened(shell.names["work"], retry=0)
    assert again.said().count(told) == 1
    assert "nbk-form-wrong" not in again.said()
    broken.clear()
    again.click("Retry failed")
    assert again.wait()["result"].tolist() == ["x1", "y1"]
    assert told not in again.said()
    again.click("Run")
    assert again.wait()["result"].tolist() == ["x2", "y2"]


def test_a_panel_shown_elsewhere_stays_there(
    shell: Shell, reopened: Callable[..., Reopened], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who looks at the run in a cell of its own keeps that panel when the launcher moves on."""
    go = threading.Event()

    def work(item: str) -> str:
        assert go.wait(10)
        return item

    shell.names["work"] = work
    form = reopened(work)
    form.click("Run")
    monkeypatch.setattr("notebook_kit.widgets.showing.find_frontend", lambda: Frontend.LIVE)
    monkeypatch.setattr("notebook_kit.widgets.showing.kernel_shell", lambda: shell)
    shell.execute("b")
    run: Any = form.table.batch.runs[0]  # type: ignore[union-attr]  # it was run
    run._ipython_display_()
    elsewhere = next(
        it.display_id
        for it in reversed(shell.display_pub.messages)
        if "0 of 2" in str(it.data.get("text/html"))
    )
    shell.execute()
    again = reopened(work)
    go.set()
    again.wait()
    shell.display_pub.wait_for(
        lambda it: it.display_id == elsewhere and "2 of 2" in str(it.data.get("text/html"))
    )


def test_the_monitor_names_launcher_and_cell(
    shell: Shell, reopened: Callable[..., Reopened], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that a click starts, and starts again, was made where the launcher was."""
    monkeypatch.setattr(launcher_module, "caller_origin", lambda: Origin("x", 2, cell=7))
    shell.names["items"] = ["1", "a"]
    form = reopened(int, retry=0)
    for button in ("Run", "Retry failed"):
        form.click(button)
        form.wait()
        (told,) = [it for it in survey() if it.kind == "run"]
        assert str(told.made_at) == "launcher in cell [7]"


def test_a_cell_is_named_by_the_front_end(shell: Shell) -> None:
    """A shell that tells of no request has no cells, and nothing is kept."""
    assert drafts_module._name_of_cell(shell) == "a"
    assert drafts_module._name_of_cell(None) is None
    assert drafts_module._name_of_cell(object()) is None
