from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.widgets import redisplay, show, words
from notebook_kit.widgets.face import render_face
from notebook_kit.widgets.inspector.showing import show_inspection
from notebook_kit.widgets.naming import called, named, snapshot_of
from notebook_kit.widgets.text import render_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from notebook_kit.execution import Run
    from tests.widgets.fakes import FakeShell


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The names that the cells of a notebook have."""
    found: dict[str, Any] = {"nk": nk}
    shell = SimpleNamespace(user_ns=found)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    return found


@pytest.fixture
def run() -> Iterator[Run]:
    """A run that has ended, in which one item failed, and which is the last."""
    made = nk.map(int, ["1", "a"], retry=0, progress=False)
    made.result(timeout=20)
    yield made
    nk.forget()


def test_a_run_is_called_as_the_notebook_calls_it(names: dict[str, Any], run: Run) -> None:
    """A name of another run, or of something else, is none of its."""
    assert called(run) == "nk.last_run()"
    names |= {"run": object(), "_": run, "_1": run, "not a name": run}
    vars(sys.modules["IPython"])["get_ipython"]().user_ns[5] = run
    assert called(run) == "nk.last_run()"
    names["mine"] = run
    assert called(run) == "mine"
    names["run"] = run
    assert called(run) == "run"


def test_what_is_written_depends_on_how_the_package_is_called(
    names: dict[str, Any], run: Run
) -> None:
    """A notebook that knows it by another name is told that one."""
    names["kit"] = names.pop("nk")
    assert called(run) == "kit.last_run()"
    names.clear()
    assert called(run) == "nk.last_run()"


def test_a_run_that_cannot_be_had_is_called_as_in_documents(
    names: dict[str, Any], run: Run
) -> None:
    """A later run is the last one now, and nothing else leads to this one."""
    nk.map(str, [1], progress=False).result(timeout=20)
    assert called(run) == "run"


def test_without_a_notebook_the_last_run_is_known(
    monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    """In a terminal nobody can tell what names there are."""
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    assert called(run) == "nk.last_run()"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("run.go() goes on, run.cancel() does not.", "it.go() goes on, it.cancel() does not."),
        ("nk.last_run().retry_failed() goes on.", "nk.last_run().retry_failed() goes on."),
        ("rerun.go() of.run.go() run.off() a run. go()", None),
        ("run.go() or so. (nk.last_run() is the run, if it has no name.)", "it.go() or so."),
    ],
)
def test_only_calls_of_the_run_are_renamed(text: str, said: str | None) -> None:
    """What else looks like it stays as it is; of the usual name nothing is changed."""
    assert named(text, "it") == (said or text)
    assert named(text, "run") == text


def test_face_and_text_write_what_works(names: dict[str, Any], run: Run) -> None:
    """Errors, advice and notices name the run as the notebook can."""
    run.notice("run.retry_failed() goes on with what is left.")
    snapshot = snapshot_of(run)
    face, text = str(render_face(snapshot)), render_text(snapshot)
    for shown in (face, text, *words.explanations(snapshot)):
        assert "nk.last_run()" in shown
        assert "run.inspect" not in shown.replace("nk.last_run().inspect", "")
        assert "run.retry_failed" not in shown
        assert "run.errors" not in shown
    names["run"] = run
    assert "nk.last_run()" not in str(render_face(snapshot_of(run)))
    assert "run.inspect(1)" in str(render_face(snapshot_of(run)))


def test_every_view_writes_what_works(
    names: dict[str, Any], run: Run, shell: FakeShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The live panel, the one of a run that has ended, the static one, and the inspector."""
    from notebook_kit.widgets.inspector import showing as inspector_showing

    monkeypatch.setattr(inspector_showing, "kernel_shell", lambda: shell)
    ways: list[Callable[[Any], object]] = [
        show,
        redisplay,
        lambda it: show_inspection(it.inspect()),
    ]
    for number, display in enumerate(ways):
        shell.cell = f"cell-{number}"
        before = len(shell.display_pub.messages)
        display(run)
        face = next(it for it in shell.display_pub.messages[before:] if it.data.get("text/html"))
        assert "nk.last_run()." in face.data["text/html"]
        assert "nk.last_run()." in face.data["text/plain"]
    shell.allow_stdin = False
    shell.cell = "headless"
    redisplay(run)
    assert "nk.last_run().errors" in shell.display_pub.messages[-1].data["text/html"]
