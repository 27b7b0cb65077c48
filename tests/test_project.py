"""The project as its design card describes it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def test_the_top_level() -> None:
    """F1: pyproject.toml, the package, notebooks, tests and binder lie at the top."""
    for name in ("pyproject.toml", "notebook_kit", "notebooks", "tests", "binder"):
        assert (ROOT / name).exists()
    for name in ("runtime.txt", "requirements.txt", "postBuild"):
        assert (ROOT / "binder" / name).is_file()


def test_what_it_is_built_on() -> None:
    """F2: ipywidgets, nest-asyncio's continuation, httpx and pandas; nbval for the tests."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = " ".join(project["dependencies"])
    for name in ("ipywidgets", "nest-asyncio2", "httpx", "pandas"):
        assert name in needed
    assert "ipykernel" not in needed
    assert any(line.startswith("nbval") for line in project["optional-dependencies"]["test"])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebooks_are_short_and_stripped(path: Path) -> None:
    """A notebook has at most 15 cells, asserts something, and is kept without outputs."""
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len(notebook.cells) <= 15
    assert any("assert " in cell.source for cell in code)
    assert all(not cell.outputs and cell.execution_count is None for cell in code)


def test_there_are_notebooks() -> None:
    """The folder of notebooks is not empty."""
    assert NOTEBOOKS
