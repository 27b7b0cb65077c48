"""A function that becomes another while its answers are kept and on their way."""

from __future__ import annotations

import linecache
import sys
import threading
import types
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk

if TYPE_CHECKING:
    from pathlib import Path

_SOURCE = """\
PROMPT = "old"

def fetch(number, hold=False):
    prompt = PROMPT
    if hold:
        begun.set()
        go_on.wait(10)
    return f"{prompt} {number}"
"""


class Notebook:
    """Cells that are run one after the other, and a function that one of them has defined."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shell = types.SimpleNamespace(execution_count=1)
        ipython: Any = types.ModuleType("IPython")
        ipython.get_ipython = lambda: self.shell
        monkeypatch.setitem(sys.modules, "IPython", ipython)
        self.module: Any = types.ModuleType("notebook_of_a_test")
        self.begun, self.go_on = threading.Event(), threading.Event()
        vars(self.module).update(begun=self.begun, go_on=self.go_on)
        monkeypatch.setitem(sys.modules, self.module.__name__, self.module)
        lines = _SOURCE.splitlines(keepends=True)
        monkeypatch.setitem(linecache.cache, "<cell>", (len(_SOURCE), None, lines, "<cell>"))
        exec(compile(_SOURCE, "<cell>", "exec"), vars(self.module))  # noqa: S102 - a cell

    def change(self) -> None:
        """Run a cell that gives the function another prompt."""
        self.module.PROMPT = "new"
        self.shell.execution_count += 1


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Notebook:
    return Notebook(monkeypatch)


def test_a_call_that_a_change_overtakes_is_not_kept(notebook: Notebook, tmp_path: Path) -> None:
    """Neither it nor what was kept before is given for what the function is now."""
    # The events of the test cannot be read, and do not change.
    policy: Any = {"ttl": "1 h", "path": tmp_path / "cache.db", "version": "1"}
    kept = nk.cached(**policy)(notebook.module.fetch)
    assert kept(1) == "old 1"
    came: list[str] = []
    caller = threading.Thread(target=lambda: came.append(kept(2, hold=True)))
    caller.start()
    assert notebook.begun.wait(10)
    notebook.change()
    notebook.go_on.set()
    caller.join(10)
    assert came == ["old 2"]
    assert kept(1) == "new 1"
    assert kept(2, hold=True) == "new 2"
    another = nk.cached(**policy)(notebook.module.fetch)
    assert (another(1), another(2, hold=True)) == ("new 1", "new 2")
    assert another.stats().hits == 2


def test_who_asks_after_a_change_does_not_wait_for_the_call_before(
    notebook: Notebook, tmp_path: Path
) -> None:
    """It is answered by what the function was."""
    kept = nk.cached(ttl="1 h", path=tmp_path / "cache.db", version="1")(notebook.module.fetch)
    caller = threading.Thread(target=lambda: kept(2, hold=True))
    caller.start()
    assert notebook.begun.wait(10)
    notebook.change()
    second: list[str] = []
    asking = threading.Thread(target=lambda: second.append(kept(2, hold=True)))
    asking.start()
    notebook.go_on.set()
    caller.join(10)
    asking.join(10)
    assert second == ["new 2"]
