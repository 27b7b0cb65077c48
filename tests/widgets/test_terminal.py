from __future__ import annotations

import io
import logging
import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from notebook_kit.widgets.terminal import TerminalView
from tests.widgets.fake_run import FakeRun
from tests.widgets.states import DONE_WITH_ERRORS, PILOT_DONE, RUNNING

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def columns(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    def set_to(width: int) -> None:
        size = os.terminal_size((width, 24))
        monkeypatch.setattr(shutil, "get_terminal_size", lambda *_, **__: size)

    set_to(200)
    return set_to


def screen(written: str) -> list[str]:
    """What a terminal shows after this was written to it: its lines, blanks at the end cut."""
    lines: list[list[str]] = [[]]
    column = 0
    for character in written:
        if character == "\n":
            lines.append([])
            column = 0
        elif character == "\r":
            column = 0
        else:
            lines[-1][column:] = [character, *lines[-1][column + 1 :]]
            column += 1
    return ["".join(line).rstrip() for line in lines]


@pytest.mark.usefixtures("columns")
def test_the_line_is_written_over_itself() -> None:
    """However the length changes, the terminal shows one line, the newest."""
    out, run = io.StringIO(), FakeRun(RUNNING)
    view = TerminalView(run, stream=out)
    view.tick()
    run.change(name="", failed=0, waiting_for=None)
    view.tick()
    assert len(screen(out.getvalue())) == 1
    assert screen(out.getvalue())[0].startswith("Running: 2,298 of 3,000")
    assert "users" not in screen(out.getvalue())[0]


@pytest.mark.usefixtures("columns")
def test_nothing_new_nothing_written() -> None:
    """A tick that has nothing to say writes nothing."""
    out = io.StringIO()
    view = TerminalView(FakeRun(RUNNING), stream=out)
    view.tick()
    written = out.getvalue()
    view.tick()
    assert out.getvalue() == written


def test_a_narrow_terminal_does_not_wrap(columns: Callable[[int], None]) -> None:
    """The line is cut short of the last column."""
    columns(40)
    out = io.StringIO()
    TerminalView(FakeRun(RUNNING), stream=out).tick()
    assert len(screen(out.getvalue())[0]) == 39


def test_what_matters_is_kept_where_there_is_little_room(columns: Callable[[int], None]) -> None:
    """Before the time left is cut, counts that can be worked out are left away."""
    columns(100)
    out = io.StringIO()
    TerminalView(FakeRun(replace(RUNNING, waiting_for=None)), stream=out).tick()
    assert screen(out.getvalue())[0].replace("\N{NO-BREAK SPACE}", " ") == (
        "Running (users): 2,310 of 3,000 (77 %) · 40 reused · 12 failed · 50.2/s · 46 s · "
        "about 15 s left"
    )


@pytest.mark.usefixtures("columns")
def test_the_summary_takes_the_place_of_the_line() -> None:
    """At the end nothing is left of the line, and what follows begins on a line of its own."""
    out, run = io.StringIO(), FakeRun(RUNNING)
    view = TerminalView(run, stream=out)
    view.tick()
    run.end(**{name: getattr(DONE_WITH_ERRORS, name) for name in ("ok", "failed", "errors")})
    view.finish_in_caller()
    view.finish_in_caller()
    view.tick()
    shown = screen(out.getvalue())
    assert shown[0].startswith("Done, with errors (users)")
    assert "404" in shown[1]
    assert shown[-1] == ""
    assert sum("Done" in line for line in shown) == 1


@pytest.mark.usefixtures("columns")
def test_a_file_gets_the_summary_only() -> None:
    """Where lines cannot be written over, only the end is written."""
    out, run = io.StringIO(), FakeRun(RUNNING)
    view = TerminalView(run, stream=out, rewrites=False)
    view.tick()
    assert out.getvalue() == ""
    run.end()
    view.finish_in_caller()
    assert out.getvalue().startswith("Done")
    assert "\r" not in out.getvalue()


@pytest.mark.usefixtures("columns")
@pytest.mark.parametrize("rewrites", [True, False])
def test_what_is_lost_is_written_at_once_and_once(*, rewrites: bool) -> None:
    """It stands above the line while the run goes on, and is not said again at the end."""
    out, run = io.StringIO(), FakeRun(RUNNING)
    view = TerminalView(run, stream=out, rewrites=rewrites)
    view.tick()
    run.change(notices=("full", "lowered"), warnings=("full",))
    view.tick()
    view.tick()
    assert screen(out.getvalue())[0] == "  ! full"
    assert screen(out.getvalue())[1].startswith("Running" if rewrites else "")
    run.end(notices=("full", "lowered", "gone"), warnings=("full", "gone"))
    view.finish_in_caller()
    shown = screen(out.getvalue())
    assert [line for line in shown if "!" in line] == ["  ! full", "  ! gone"]
    assert shown[1].startswith("Done")
    assert "lowered" not in out.getvalue()


@pytest.mark.usefixtures("columns")
def test_any_encoding_will_do() -> None:
    """A terminal that knows only ASCII gets stand-ins, not an error."""
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    TerminalView(FakeRun(RUNNING), stream=out).tick()
    assert b"2,310 of 3,000" in raw.getvalue()


def test_a_closed_stream_is_nobodys_error(caplog: pytest.LogCaptureFixture) -> None:
    """A view that cannot write is removed and logged once; the waiter feels nothing."""
    out = io.StringIO()
    out.close()
    view = TerminalView(FakeRun(RUNNING), stream=out)
    with caplog.at_level(logging.WARNING, "notebook_kit.widgets"):
        view.tick()
        view.tick()
        view.finish_in_caller()
        TerminalView(FakeRun(RUNNING), stream=out).finish_in_caller()
    assert len(caplog.records) == 2


@pytest.mark.usefixtures("columns")
def test_the_end_of_a_pilot_is_written_and_then_that_of_the_run() -> None:
    """Whoever waits for the pilot reads what the rest will take, and later how it ended."""
    out, run = io.StringIO(), FakeRun(PILOT_DONE)
    view = TerminalView(run, stream=out)
    view.tick()
    view.finish_in_caller()
    run.end(ok=1_000, failed=0)
    view.tick()
    view.finish_in_caller()
    view.finish_in_caller()
    shown = screen(out.getvalue())
    assert shown[0].startswith("Pilot done (users): 20 of 1,000")
    assert shown[1].startswith("  The other 980 items, guessed from 20 items: time about 49")
    assert shown[2] == "  run.go() goes on with the other 980, run.cancel() leaves it at that."
    assert sum(line.startswith("Done") for line in shown) == 1
