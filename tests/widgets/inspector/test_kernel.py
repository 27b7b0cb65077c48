from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.widgets.kernels import data, display_id, of_type

if TYPE_CHECKING:
    from tests.widgets.kernels import Kernel

pytestmark = pytest.mark.kernel

WIDGET = "application/vnd.jupyter.widget-view+json"
SETUP = """
import notebook_kit as nk

def answer(number):
    if number % 3 == 2:
        raise ValueError(f"no answer to {number}")
    return {"twice": 2 * number}

run = nk.map(answer, range(9), progress=False, retry=0)
frame = run.result()
"""


def shown(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return of_type(messages, "display_data")


def test_an_inspection_is_the_last_value_of_a_cell(kernel: Kernel) -> None:
    """The cell has a face and a row of buttons, and no other result."""
    came = kernel.execute("run.inspect()")
    face, row = shown(came)
    assert data(face)["text/plain"].startswith("Item at position 2, 9 in all: failed")
    assert "text/html" in data(face)
    assert WIDGET in data(row)
    assert not [it for it in came if it["msg_type"] in ("execute_result", "stream")]


def test_a_click_changes_the_face_in_place(kernel: Kernel) -> None:
    """Next failure replaces the face, Close empties the row; nothing is printed."""
    face, row = shown(kernel.execute("run.inspect()"))
    kernel.click("Next failure")
    update = kernel.read_until(lambda it: it["msg_type"] == "update_display_data")
    assert display_id(update) == display_id(face)
    assert data(update)["text/plain"].startswith("Item at position 5, 9 in all: failed")
    kernel.click("Close")
    emptied = kernel.read_until(lambda it: it["msg_type"] == "update_display_data")
    assert display_id(emptied) == display_id(row)
    assert not any(data(emptied).values())
    kernel.read_until(lambda it: it["msg_type"] == "comm_close")
    assert not [it for it in kernel.messages if it["msg_type"] in ("stream", "error")]


def test_one_object_in_two_cells(kernel: Kernel) -> None:
    """Shown twice there are two inspectors, and a click on the second leaves the first."""
    first, _ = shown(kernel.execute("inspection = run.inspect(5); inspection"))
    second, _ = shown(kernel.execute("inspection"))
    assert data(first)["text/plain"] == data(second)["text/plain"]
    assert display_id(first) != display_id(second)
    kernel.click("Next")
    update = kernel.read_until(lambda it: it["msg_type"] == "update_display_data")
    assert display_id(update) == display_id(second)
    assert kernel.printed("inspection.position") == "5"


def test_a_program_gets_one_output_without_times(kernel: Kernel) -> None:
    """Where nobody looks there is one output, the same each time."""
    first = shown(kernel.execute("run.inspect()", allow_stdin=False))
    second = shown(kernel.execute("run.inspect()", allow_stdin=False))
    assert len(first) == len(second) == 1
    assert data(first[0]) == data(second[0])
    assert data(first[0]).keys() == {"text/plain", "text/html"}
