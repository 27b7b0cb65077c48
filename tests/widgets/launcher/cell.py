"""A launcher in a cell of a stand-in for a kernel, clicked as a person would."""

from __future__ import annotations

import ast
import asyncio
import inspect
from typing import TYPE_CHECKING, Any

import pandas as pd

import notebook_kit as nk
from notebook_kit.client.preview import _ClientTarget
from notebook_kit.launching.function import FunctionTarget
from notebook_kit.widgets.launcher.front import Front
from notebook_kit.widgets.launcher.launcher import Launcher
from notebook_kit.widgets.launcher.preset import entries_of
from notebook_kit.widgets.launcher.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_kit.widgets.launcher.state import Standing
    from tests.widgets.fakes import FakeShell

__all__ = ["Cell", "run_as_cell", "same_answers"]

#: What differs from run to run.
TIMES = ["started", "waited_s", "network_s", "backoff_s", "elapsed_s"]


def run_as_cell(text: str, names: dict[str, Any]) -> dict[str, Any]:
    """Run code as a cell of a notebook, and return its names."""
    names = dict(names)

    async def cell() -> None:
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        made = eval(compile(text, "cell", "exec", flags=flags), names)  # noqa: S307 - our own code
        if inspect.isawaitable(made):
            await made

    asyncio.run(cell())
    return names


def same_answers(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """Check that two frames say the same, whenever they were made."""
    pd.testing.assert_frame_equal(one.drop(columns=TIMES), other.drop(columns=TIMES))


class Cell:
    """One launcher, the variables around it, and what it has sent."""

    def __init__(
        self,
        shell: FakeShell,
        subject: Any,
        path: str | None = None,
        *,
        names: dict[str, Any],
        **preset: Any,
    ) -> None:
        self.shell = shell
        self.names = {"nk": nk, **names}
        target: Any = (
            _ClientTarget(subject) if isinstance(subject, nk.Client) else FunctionTarget(subject)
        )
        entries = entries_of(target, path, preset, self.names)
        self.table = Table(target, entries, self.names, {})
        self.launcher = Launcher(Front(self.table))
        self.launcher.show()

    @property
    def outputs(self) -> Any:
        """The outputs of the launcher, where it was shown last."""
        assert self.launcher._front.cell is not None
        return self.launcher._front.cell

    @property
    def form(self) -> Any:
        return self.outputs._form

    @property
    def standing(self) -> Standing:
        return self.table.look(is_open=True)

    @property
    def face(self) -> str:
        """The face that was sent last."""
        wanted = self.outputs._id
        sent = [it for it in self.shell.display_pub.messages if it.display_id == wanted]
        return str(sent[-1].data["text/html"])

    def widgets(self) -> Iterator[Any]:
        """Every widget that is to be seen."""
        yield from _seen(self.form.box)

    def field(self, label: str) -> Any:
        """The last field, or button, with this label."""
        found = [it for it in self.widgets() if getattr(it, "description", None) == label]
        assert found, sorted({getattr(it, "description", "") for it in self.widgets()})
        return found[-1]

    def choose(self, label: str, option: str) -> None:
        """Choose from a list by what is read there."""
        widget = self.field(label)
        widget.value = dict(widget.options)[option]

    def click(self, label: str) -> None:
        """Click a button that can be clicked."""
        assert not self.field(label).disabled
        self.field(label).click()

    def said(self) -> str:
        """What stands beside the fields."""
        return " ".join(
            it.value for it in self.widgets() if type(it).__name__ == "HTML" and "role=" in it.value
        )

    def wait_for(self, text: str) -> None:
        """Wait until the face says something."""
        self.shell.display_pub.wait_for(lambda _: text in self.face)

    def wait(self) -> pd.DataFrame:
        """Wait until the run has ended and its frame is there."""
        batch = self.table.batch
        assert batch is not None
        batch.runs[-1].result()  # type: ignore[attr-defined]  # it is a run of the kit
        self.shell.display_pub.wait_for(
            lambda _: (
                not batch.is_live and bool(self.table.result) and self.table.result in self.face
            )
        )
        frame: pd.DataFrame = self.names[batch.code.target]
        return frame


def _seen(widget: Any) -> Iterator[Any]:
    if widget.layout.display == "none":
        return
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _seen(child)
