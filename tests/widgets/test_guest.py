"""A good guest in somebody's kernel: what else goes on there is not felt, and nothing is left."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.widgets.kernels import Kernel, environment, running_kernel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.kernel

SETUP = """
import asyncio, gc
import notebook_kit as nk

async def work(number):
    await asyncio.sleep(0.002)
    if number % 7 == 0:
        raise ValueError(number)
    return number
"""


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Kernel]:
    with running_kernel(tmp_path) as made:
        made.execute(SETUP)
        yield made


def _faces(messages: list[dict[str, Any]]) -> list[str]:
    texts = [message["content"].get("data", {}).get("text/plain", "") for message in messages]
    return [text for text in texts if " of " in text]


def _ended(message: dict[str, Any]) -> bool:
    text = message["content"].get("data", {}).get("text/plain", "")
    return text.startswith("Done") and "300 of 300" in text


def _wait_for_the_end(kernel: Kernel) -> None:
    if not any(map(_ended, kernel.messages)):
        kernel.read_until(_ended)


def test_a_reset_in_mid_run_leaves_the_run_alone(kernel: Kernel) -> None:
    """All names are gone, and the run, which nobody can name, comes to its end on its panel."""
    kernel.execute("run = nk.map(work, range(300), max_concurrency=4, loop='kit')")
    kernel.execute("%reset -f")
    _wait_for_the_end(kernel)
    kernel.execute(SETUP)
    assert kernel.printed("len(nk.last_run().frame)") == "300"


def test_modules_that_are_loaded_again_do_not_disturb(kernel: Kernel, tmp_path: Path) -> None:
    """With %autoreload a changed module takes effect, and the kit goes on as it was."""
    module = tmp_path / "mine.py"
    module.write_text("async def work(number):\n    return 'old'\n", encoding="utf-8")
    kernel.execute("%load_ext autoreload\n%autoreload 2")
    kernel.execute("import mine")
    first = kernel.execute("frame = await nk.map(mine.work, range(300))")
    assert "300 of 300" in _faces(first)[-1]
    module.write_text("async def work(number):\n    return 'new one'\n", encoding="utf-8")
    kernel.execute("frame = await nk.map(mine.work, range(300))")
    assert kernel.printed("set(frame['result'])") == "{'new one'}"


def test_runs_that_nobody_waits_for_complain_of_nothing(kernel: Kernel) -> None:
    """Failures of a run that was dropped are in its panel, and not on standard error."""
    kernel.execute("nk.map(work, range(300), max_concurrency=50, retry=0); nk.forget()")
    _wait_for_the_end(kernel)
    kernel.execute("gc.collect(); await asyncio.sleep(0.05); gc.collect();")
    assert [it for it in kernel.messages if it["msg_type"] in {"stream", "error"}] == []


def test_runs_of_one_cell_stay_apart(kernel: Kernel) -> None:
    """Two runs begun side by side have a panel each, and both come to their end."""
    came = kernel.execute(
        """
        await asyncio.gather(
            nk.map(work, range(300), name="first"), nk.map(work, range(300), name="second")
        );
        """
    )
    shown = {
        it["content"]["transient"]["display_id"]: it["content"]["data"].get("text/plain", "")
        for it in came
        if it["msg_type"] in {"display_data", "update_display_data"}
    }
    last = [text.partition("\n")[0] for text in shown.values() if text.startswith("Done")]
    assert sorted("first" in text for text in last) == [False, True]
    assert sorted("second" in text for text in last) == [False, True]


@pytest.mark.slow
def test_papermill_stores_one_summary(tmp_path: Path) -> None:
    """A notebook that papermill executes has the counts of its run, no widget, and no error."""
    notebook = new_notebook(
        cells=[
            new_code_cell(SETUP),
            new_code_cell("frame = await nk.map(work, range(30), retry=0)"),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    source, result = tmp_path / "in.ipynb", tmp_path / "out.ipynb"
    nbformat.write(notebook, source)
    done = subprocess.run(
        [sys.executable, "-m", "papermill", "--no-progress-bar", str(source), str(result)],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (shown,) = nbformat.read(result, as_version=4).cells[1].outputs
    assert set(shown.data) == {"text/plain", "text/html"}
    assert "Done, with errors (work): 30 of 30 · 25 ok · 5 failed" in shown.data["text/plain"]
