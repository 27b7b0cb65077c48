"""The notebook of the policies in a real JupyterLab: what its panels say at the end."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest

if TYPE_CHECKING:
    from tests.browser.lab import LabNotebook

pytestmark = pytest.mark.slow

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "02_policies.ipynb"


def _panels(lab: LabNotebook) -> list[str]:
    """The text of each panel of the notebook, from the top."""
    texts = lab.page.locator(".jp-OutputArea .nbk").all_inner_texts()
    return [re.sub(r"\s+", " ", text) for text in texts]


def test_the_panels_of_the_policies_tell_how_it_ended(lab: LabNotebook) -> None:
    """Every cell runs without an error; each panel says how its run ended, and how to go on."""
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    sources = [cell.source for cell in cells if cell.cell_type == "code"]
    lab.open(sources)
    lab.run_all()
    lab.wait_cell(len(sources) - 1, timeout_s=60)
    shown = [lab.output_text(index) for index in range(len(sources))]
    assert not any("Traceback" in text for text in shown)

    refused, automatic, outage, equal, dear, rest = _panels(lab)
    assert refused.startswith("Done GET /airports/{iata}")
    assert "200 of 200 100 % 200 ok" in refused
    assert "1,000 of 1,000" in automatic
    assert re.search(r"auto: \d+ at once at the end", automatic)
    assert "500 of 500 100 % 500 ok" in outage
    assert "limit 300/s" in outage
    assert equal.startswith("Cancelled")
    assert re.search(r"\d+ ok \d+ reused \d+ cancelled", equal)
    assert "run.retry_failed() goes on with the rest." in equal
    assert dear.startswith("Stopped early")
    assert "100 of 150 67 % 100 ok 50 skipped" in dear
    assert re.search(r"max_cost=25 is spent, .*\. run\.retry_failed\(\) goes on with the", dear)
    assert "25.00 of 25" in dear
    assert "50 of 50" in rest
    # No row of controls outlives its run.
    assert lab.page.locator(".jp-OutputArea button.jupyter-button").count() == 0
