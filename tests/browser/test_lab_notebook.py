"""What the browser tests stand on: JupyterLab, a kernel and widgets work from a test."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.lab import LabNotebook

pytestmark = pytest.mark.slow

BUTTON = """
import ipywidgets as widgets
button, label = widgets.Button(description="Count"), widgets.Label("0")
button.on_click(lambda _: setattr(label, "value", f"{int(label.value) + 1} clicked"[:9]))
widgets.VBox([button, label])
"""


def test_cells_run(lab: LabNotebook) -> None:
    """A cell shows its value, the kernel has the package, and a cell can be run again."""
    lab.open(["1 + 1", "import notebook_kit; print(notebook_kit.__name__)"])
    lab.run_all()
    lab.wait_cell(1)
    assert lab.output_text(0).strip() == "2"
    assert lab.output_text(1).strip() == "notebook_kit"
    lab.run_cell(0)
    lab.wait_cell(0)
    assert "2" in lab.output_html(0)


def test_button_clicks(lab: LabNotebook) -> None:
    """A click on an ipywidgets button reaches Python, and its effect comes back."""
    lab.open([BUTTON])
    lab.run_all()
    lab.wait_cell(0)
    lab.click_button("Count")
    lab.wait_output(0, "1 clicked")


def test_interrupt_and_crash(lab: LabNotebook) -> None:
    """The stop button ends a busy cell; what a cell showed outlives a kernel that dies."""
    lab.open(["import time; print('busy')\nwhile True: time.sleep(0.01)"])
    lab.run_all()
    lab.wait_output(0, "busy")
    lab.interrupt()
    lab.wait_cell(0)
    assert "KeyboardInterrupt" in lab.output_text(0)
    lab.kill_kernel()
    assert "busy" in lab.output_text(0)


def test_saved_file_is_read_without_a_kernel(lab: LabNotebook, tmp_path: Path) -> None:
    """A saved notebook shows its output in either theme when no kernel runs."""
    lab.open(["print('kept')"])
    lab.run_all()
    lab.wait_cell(0)
    lab.reopen_without_kernel()
    assert lab.output_text(0).strip() == "kept"
    assert "kept" in json.dumps(json.loads(lab.path.read_text(encoding="utf-8"))["cells"])
    assert lab.page.request.get(f"{lab.server.url}api/sessions").json() == []
    lab.set_theme(dark=True)
    lab.screenshot(tmp_path / "dark.png")
    assert (tmp_path / "dark.png").read_bytes().startswith(b"\x89PNG")
