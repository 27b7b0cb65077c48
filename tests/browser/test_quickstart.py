"""The quickstart notebook in a real JupyterLab."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

if TYPE_CHECKING:
    from tests.browser.lab import LabNotebook

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "01_quickstart.ipynb"


def test_the_quickstart_runs(lab: LabNotebook) -> None:
    """Every cell runs without an error, and the panels show the end of their runs."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert len(notebook.cells) <= 15
    lab.open(cells)
    lab.run_all()
    lab.wait_cell(len(cells) - 1, timeout_s=60)
    shown = [lab.output_text(index) for index in range(len(cells))]
    assert not any("Traceback" in text for text in shown)
    assert "3,000 of 3,000" in shown[2]
    assert "12 failed" in shown[2]
    assert "NotFound" in shown[2]
    assert "12 of 12" in shown[5]
