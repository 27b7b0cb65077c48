"""tests/requirements.md is true: what it names exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
IDS = [
    *(f"A{n}" for n in range(1, 11)),
    *(f"B{n}" for n in range(1, 12)),
    *(f"C{n}" for n in range(1, 21)),
    *(f"D{n}" for n in range(1, 10)),
    *(f"E{n}" for n in range(1, 9)),
    *(f"F{n}" for n in range(1, 7)),
]
ROW = re.compile(r"^\| (?P<id>[A-F]\d+) \|[^|]*\| (?P<proof>[^|]*) \|$", re.MULTILINE)
ROWS = {
    match["id"]: match["proof"]
    for match in ROW.finditer((HERE / "requirements.md").read_text(encoding="utf-8"))
}
NAMED = [(id_, name) for id_, proof in ROWS.items() for name in re.findall(r"`([^`]+)`", proof)]


def test_every_behaviour_has_a_row() -> None:
    """Each id stands in the table once, with a test or the words "not yet"."""
    assert list(ROWS) == IDS
    for id_, proof in ROWS.items():
        assert "`" in proof or "not yet" in proof, id_


@pytest.mark.parametrize(("id_", "name"), NAMED)
def test_every_named_test_exists(id_: str, name: str) -> None:
    """A test that the table names can be found: a function in its file, or the file itself."""
    path, _, function = name.partition("::")
    file = HERE.parent / path
    assert file.exists(), f"{id_} names {path}"
    if function:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        functions = {node.name for node in ast.walk(tree) if isinstance(node, kinds)}
        assert function in functions, f"{id_} names {name}"
