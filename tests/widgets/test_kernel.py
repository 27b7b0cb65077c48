from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.widgets.kernels import data, display_id, environment, of_type

if TYPE_CHECKING:
    from pathlib import Path

    from tests.widgets.kernels import Kernel

pytestmark = pytest.mark.kernel

SETUP = """
import asyncio, comm, pathlib, threading, time
import notebook_kit as nk
from notebook_kit.widgets import panel, redisplay, reload, show
from tests.widgets.fake_run import FakeRun

panel.ROW_AFTER_S = reload.LINGER_S = reload.DRAWN_S = 0

def until(path):
    deadline = time.monotonic() + 30
    while not pathlib.Path(path).exists() and time.monotonic() < deadline:
        time.sleep(0.01)

def until_all_closed():
    # The row is emptied first, so that nobody sees it without its widgets.
    deadline = time.monotonic() + 30
    while comm.get_comm_manager().comms and time.monotonic() < deadline:
        time.sleep(0.01)

def in_background(function):
    threading.Thread(target=function).start()
"""


def test_the_panel_lives_while_the_main_thread_is_blocked(kernel: Kernel, tmp_path: Path) -> None:
    """In a cell that sleeps, updates arrive, the end arrives, and the controls are emptied."""
    enough, over = tmp_path / "enough", tmp_path / "over"
    updates: list[str] = []

    def follow(message: dict[str, Any]) -> None:
        if message["msg_type"] != "update_display_data":
            return
        updates.append(data(message)["text/plain"])
        if len(updates) == 3:
            enough.touch()
        if not any(data(message).values()):
            over.touch()

    came = kernel.execute(
        f"""
        run = FakeRun()
        view = show(run)
        def work():
            step = 0
            while not pathlib.Path({str(enough)!r}).exists() and step < 3_000:
                step += 1
                run.change(ok=step % 1_000)
                time.sleep(0.01)
            run.end(ok=1_000)
        in_background(work)
        until({str(over)!r})
        until_all_closed()
        """,
        on_message=follow,
    )
    assert over.exists()
    face, row = of_type(came, "display_data")
    assert "application/vnd.jupyter.widget-view+json" in data(row)
    assert [text.split(" ")[0] for text in updates[:3]] == ["Running"] * 3
    assert updates[-2].startswith("Done (fake): 1,000 of 1,000")
    faces = [it for it in came if display_id(it) == display_id(face)]
    rows = [it for it in came if display_id(it) == display_id(row)]
    assert len(faces) == len(updates)
    assert len(rows) == 2
    assert len(of_type(came, "comm_open")) == len(of_type(came, "comm_close"))
    assert of_type(came, "stream") == []


def test_nothing_is_left_in_the_kernel(kernel: Kernel, tmp_path: Path) -> None:
    """After a run nothing is drawn, there is one thread of the kit, and soon no widget at all."""
    kernel.execute("run = FakeRun(); view = show(run); run.end(); view.finish_in_caller()")
    kernel.execute("from notebook_kit.execution.io_thread import io_loop")
    kernel.execute("asyncio.run_coroutine_threadsafe(asyncio.sleep(0), io_loop()).result(10)")
    assert kernel.printed("nk.widgets.refresher.refresher.is_idle") == "True"
    names = kernel.printed("[t.name for t in threading.enumerate() if 'notebook_kit' in t.name]")
    assert names == "['notebook_kit-io']"
    kernel.execute("until_all_closed()")
    widgets = "__import__('ipywidgets').widgets.widget._instances"
    assert kernel.printed(f"len({widgets})") == "0"


def test_a_click_reaches_a_run_that_lives_on(kernel: Kernel) -> None:
    """After its cell a run is steered by its buttons; they print nothing."""
    kernel.execute("run = FakeRun(); view = show(run)")
    kernel.click("Pause")
    kernel.read_until(lambda it: data(it).get("text/plain", "").startswith("Paused"))
    kernel.click("More attempts at once")
    kernel.read_until(lambda it: "of 11 at once" in _html(it))
    assert of_type(kernel.messages, "stream", "error") == []
    assert kernel.printed("run.asked") == "['pause', 'max_concurrency=11']"
    kernel.execute("run.end(); view.finish_in_caller()")


def _html(message: dict[str, Any]) -> str:
    return data(message).get("text/html", "").replace("<b>", "").replace("</b>", "")


def test_a_run_shown_in_another_cell_works_there(kernel: Kernel) -> None:
    """Both places carry the same display ids, so that one update reaches both."""
    started = kernel.execute("run = FakeRun(); view = show(run); redisplay(run)")
    first = of_type(started, "display_data")
    again = of_type(kernel.execute("redisplay(run)"), "display_data")
    assert [display_id(it) for it in again] == [display_id(it) for it in first]
    assert len(first) == 2
    kernel.execute("run.end(); view.finish_in_caller()")


@pytest.mark.skipif(
    int(version("ipykernel").split(".")[0]) < 7,
    reason="before ipykernel 7 all threads share one parent",
)
def test_updates_belong_to_the_cell_that_started_the_run(kernel: Kernel, tmp_path: Path) -> None:
    """While another cell is executed, what the panel sends still names its own cell."""
    seen = tmp_path / "seen"
    came = kernel.execute("run = FakeRun(); view = show(run)")
    # What the row of an earlier run still has to say may come in between.
    shown, opened = of_type(came, "display_data"), of_type(came, "comm_open")
    own = {display_id(it) for it in shown} | {it["content"]["comm_id"] for it in opened}
    home = shown[0]["parent_header"]["msg_id"]

    def follow(message: dict[str, Any]) -> None:
        if "333 ok" in data(message).get("text/plain", ""):
            seen.touch()

    elsewhere = kernel.execute(f"run.change(ok=333); until({str(seen)!r})", on_message=follow)
    sent = [
        *(it for it in of_type(elsewhere, "update_display_data") if display_id(it) in own),
        *(it for it in of_type(elsewhere, "comm_msg") if it["content"]["comm_id"] in own),
    ]
    assert seen.exists()
    assert {message["parent_header"]["msg_id"] for message in sent} == {home}
    kernel.execute("run.end(); view.finish_in_caller()")


def test_a_program_gets_one_output(kernel: Kernel) -> None:
    """Without a front end there is one output in the waiting cell: no widget, no update, no id."""
    # What is left of the runs of other tests.
    kernel.execute("until_all_closed()")
    came = kernel.execute(
        """
        run = FakeRun()
        view = show(run)
        in_background(lambda: run.end(ok=1_000, elapsed_s=time.monotonic()))
        while not run.snapshot().state.ended:
            view.tick()
        view.finish_in_caller()
        """,
        allow_stdin=False,
    )
    kinds = {message["msg_type"] for message in came}
    assert kinds == {"status", "execute_input", "display_data"}
    (shown,) = of_type(came, "display_data")
    assert data(shown)["text/plain"] == "Done (fake): 1,000 of 1,000 · 1,000 ok"
    assert display_id(shown) is None


@pytest.mark.parametrize("wait", ["await run", "run.result()"])
def test_a_real_run_keeps_the_contract(kernel: Kernel, wait: str) -> None:
    """Runs of the package itself call their views as they should, however they are waited for."""
    code = f"run = nk.map(lambda number: number / (number % 7), list(range(50)))\nframe = {wait}"
    (shown,) = of_type(kernel.execute(code, allow_stdin=False), "display_data")
    assert "50 of 50" in data(shown)["text/plain"]
    assert "ZeroDivisionError" in data(shown)["text/plain"]
    live = of_type(kernel.execute(code), "display_data", "update_display_data")
    faces = [it for it in live if display_id(it) == display_id(live[0])]
    assert data(faces[-1])["text/plain"].startswith("Done, with errors")


NOTEBOOK = [
    SETUP,
    """
    run = FakeRun()
    view = show(run)
    in_background(lambda: run.end(ok=990, failed=10, elapsed_s=time.monotonic()))
    while not run.snapshot().state.ended:
        time.sleep(0.01)
    view.finish_in_caller()
    """,
    "redisplay(run)",
    "redisplay(FakeRun())",
]


def executed(folder: Path) -> Any:
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(dedent(cell).strip()) for cell in NOTEBOOK],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    client = NotebookClient(
        notebook, timeout=60, resources={"metadata": {"path": str(folder)}}, allow_errors=False
    )
    client.execute(env=environment())
    return notebook


@pytest.mark.slow
def test_stored_outputs_stay_equal(tmp_path: Path) -> None:
    """nbclient stores one static output a cell, and nbval finds the same when it runs it again."""
    notebook = executed(tmp_path)
    first, shown, *again = (cell.outputs for cell in notebook.cells)
    assert first == []
    kinds = [output.output_type for outputs in (shown, *again) for output in outputs]
    assert kinds == ["display_data"] * 3
    assert "10 failed" in shown[0]["data"]["text/plain"]
    path = tmp_path / "stored.ipynb"
    nbformat.write(notebook, path)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval", "-q", "-c", "/dev/null", str(path)],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout
