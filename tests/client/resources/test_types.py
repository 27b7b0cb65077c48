"""What type checkers say of declared endpoints."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
FILES = [str(HERE / name) for name in ("typing_api.py", "demo_api.py")]


def said(*command: str) -> str:
    """Return all that a type checker says of the two files."""
    done = subprocess.run(
        [sys.executable, "-m", *command, *FILES],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
        cwd=ROOT,
    )
    return done.stdout + done.stderr


def test_mypy_knows_what_endpoints_give() -> None:
    """mypy finds the types that typing_api.py states, and the mistakes that it marks."""
    pytest.importorskip("mypy")
    lines = said("mypy").splitlines()
    # What it says of other files is for who works on them.
    assert [line for line in lines if "client/resources/" in line] == []
    assert "checked 2 source files" in lines[-1] or "in 2 source files" in lines[-1]


@pytest.mark.slow
def test_pyright_knows_what_endpoints_give() -> None:
    """pyright, which editors use, finds the same types."""
    pytest.importorskip("pyright")
    assert "0 errors, 0 warnings" in said("pyright", "--pythonpath", sys.executable)
