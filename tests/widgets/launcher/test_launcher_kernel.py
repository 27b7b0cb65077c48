from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.widgets.kernels import Kernel, data, display_id, environment, of_type, running_kernel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.kernel

SETUP = """
import asyncio
import notebook_kit as nk
from notebook_kit.demo import serve
server = serve(latency=0)
client = nk.Client(server.url)
codes = ["ZRH", "GVA", "XXX"]
loops = []
async def work(item):
    loops.append(asyncio.get_running_loop())
    return item.lower()
"""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    with running_kernel(tmp_path_factory.mktemp("launcher")) as made:
        made.execute(SETUP)
        yield made


def outputs(messages: list[dict[str, Any]], kind: str) -> dict[str, dict[str, str]]:
    """The outputs of a kind, the last of each display id."""
    return {str(display_id(message)): data(message) for message in of_type(messages, kind)}


def says(words: str) -> Callable[[dict[str, Any]], bool]:
    """Tell whether a message says something; one that says what went wrong fails."""

    def found(message: dict[str, Any]) -> bool:
        html = data(message).get("text/html", "")
        assert "did not work" not in html
        return words in html

    return found


def test_a_click_fills_outputs_of_the_cell(kernel: Kernel) -> None:
    """Run puts the panel into outputs that the cell has, and the frame into the variable."""
    shown = outputs(kernel.execute('form = client.launcher("/airports/{iata}")'), "display_data")
    first = len(kernel.messages)
    kernel.click("Run")
    kernel.read_until(says("frame: 3 rows, 1 not ok"))
    came = kernel.messages[first:]
    assert {it["msg_type"] for it in came} <= {
        "status", "update_display_data", "comm_open", "comm_msg", "comm_close",
    }  # fmt: skip
    updates = outputs(came, "update_display_data")
    assert updates.keys() <= shown.keys()
    assert any("Done, with errors" in it["text/plain"] for it in updates.values())
    assert kernel.printed("frame['status'].tolist()") == "['ok', 'ok', 'failed']"
    kernel.click("Close")
    kernel.read_until(says("The form is closed"))
    # The panel keeps its buttons until a page has drawn them, and the box of its face for longer.
    kernel.execute(
        """
        import time
        from ipywidgets.widgets import widget
        def left():
            return {type(it).__name__ for it in widget._instances.values()} & {
                "Button", "Text", "Dropdown"
            }
        deadline = time.monotonic() + 20
        while left() and time.monotonic() < deadline:
            time.sleep(0.01)
        """
    )
    assert kernel.printed("left()") == "set()"


def test_an_async_function_runs_in_the_kernel(kernel: Kernel) -> None:
    """A click runs the function on the loop of the kernel, as the code would."""
    kernel.execute("form = nk.launcher(work); home = asyncio.get_running_loop()")
    kernel.click("Run")
    kernel.read_until(says("frame: 3 rows"))
    assert kernel.printed("frame['result'].tolist()") == "['zrh', 'gva', 'xxx']"
    assert kernel.printed("set(loops) == {home}") == "True"
    kernel.execute("form.close()")


def test_a_program_gets_one_output(tmp_path: Path) -> None:
    """A notebook that a program executes has the code in its output, and no widget."""
    cells = [SETUP, 'client.launcher("/airports/{iata}", rate="50/s")']
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(it) for it in cells])
    runner = NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}})
    runner.execute(env=environment())
    (output,) = notebook.cells[1].outputs
    text = output["data"]["text/plain"]
    assert 'frame = await client.map("/airports/{iata}", codes, rate="50/s")' in text
    assert "needs a person" in text
    assert "widget-view" not in str(output)
