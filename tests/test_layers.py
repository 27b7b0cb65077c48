"""Who may import whom: the rooms are layers, and the contracts in pyproject.toml hold."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parent.parent
FOUNDATION = {
    f"notebook_kit.{name}"
    for name in ("checks", "errors", "markup", "numbers", "redact", "version")
}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Every import of the package, those of other packages and of the standard library too."""
    return grimp.build_graph("notebook_kit", include_external_packages=True, cache_dir=None)


def test_contracts() -> None:
    """All import contracts are kept."""
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    result = subprocess.run(
        [sys.executable, "-c", command, "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def parts_of(graph: grimp.ImportGraph, room: str) -> set[str]:
    """Return a room and all that is in it."""
    return {room} | graph.find_descendants(room)


@pytest.mark.parametrize("room", sorted(FOUNDATION))
def test_foundation_needs_only_python(graph: grimp.ImportGraph, room: str) -> None:
    """The lowest rooms import the standard library and each other, nothing else."""
    lowest = {part for other in FOUNDATION for part in parts_of(graph, other)}
    imported = {
        module
        for part in parts_of(graph, room)
        for module in graph.find_modules_directly_imported_by(part)
    }
    foreign = imported - lowest - sys.stdlib_module_names
    assert not foreign
