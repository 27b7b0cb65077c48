"""Who waits for a run is warned of what was lost, where nothing shows it."""

from __future__ import annotations

import inspect
import threading
import warnings
from typing import TYPE_CHECKING

import pytest

import notebook_kit as nk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from notebook_kit.execution.keywords import Progress


class Foo:
    """What no file can hold."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work.db"


def lossy(path: Path, progress: Progress = False) -> nk.Run:  # noqa: FBT002 - as progress=
    return nk.map(lambda _: Foo(), [1, 2], checkpoint=path, progress=progress)


def result_of(run: nk.Run) -> None:
    run.result()


def outcomes_of(run: nk.Run) -> None:
    assert len(list(run.as_completed())) == 2


@pytest.mark.parametrize("wait", [result_of, outcomes_of])
def test_what_was_lost_is_a_warning_where_nothing_shows_it(
    path: Path, wait: Callable[[nk.Run], None]
) -> None:
    """It points to the line that waits, and comes once, however often somebody waits."""
    run = lossy(path)
    with pytest.warns(RuntimeWarning, match="hold a .*Foo are not kept") as told:
        wait(run)
    (warning,) = told
    lines, first = inspect.getsourcelines(wait)
    assert warning.filename == __file__
    assert first < warning.lineno < first + len(lines)
    with warnings.catch_warnings(record=True) as more:
        warnings.simplefilter("always")
        wait(run)
    assert more == []


@pytest.mark.anyio
async def test_who_awaits_is_warned_at_the_line_of_the_await(path: Path) -> None:
    """Also where the warning comes while the loop is at other things."""
    run = lossy(path)
    with pytest.warns(RuntimeWarning, match="are not kept") as told:
        await run
    (warning,) = told
    assert warning.filename == __file__


def test_a_warning_comes_while_the_run_goes_on(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for hours need not wait for the end to hear of it."""
    told: list[str] = []

    def show(message: object, *_: object, **__: object) -> None:
        told.append(str(message))
        gate.set()

    def work(number: int) -> Foo | None:
        return Foo() if number == 0 or gate.wait(20) else None

    gate = threading.Event()
    monkeypatch.setattr(warnings, "showwarning", show)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        run = nk.map(work, [0, 1], max_concurrency=1, checkpoint=path, progress=False)
        frame = run.result()
    assert len(told) == 1
    assert frame["result"].notna().all()


def test_a_function_given_snapshots_shows_nothing_by_itself(path: Path) -> None:
    """What it makes of the notices nobody knows, so that there is a warning."""
    run = lossy(path, lambda snapshot: None)
    with pytest.warns(RuntimeWarning, match="are not kept"):
        run.result()


def test_where_a_line_shows_it_there_is_no_warning(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Text has a line for it, which is enough."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        lossy(path, "text").result()
    assert told == []
    assert "  ! Answers that hold a" in capsys.readouterr().err


def test_where_warnings_are_errors_the_answers_are_given_all_the_same(path: Path) -> None:
    """They have been paid for; the notice is in the snapshot."""
    run = lossy(path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(run.result()) == 2
    (lost,) = run.snapshot().warnings
    assert lost in run.snapshot().notices


def test_other_notices_are_no_warnings() -> None:
    """What is merely otherwise than it was asked for loses nothing."""
    run = nk.map(str, [1], progress=False)
    run.notice("max_concurrency=5 was lowered.")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run.result()
    assert run.snapshot().warnings == ()
    assert run.snapshot().notices == ("max_concurrency=5 was lowered.",)
