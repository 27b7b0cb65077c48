"""Versions of ipykernel beside the one that is installed, as kernels that JupyterLab offers."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Final

__all__ = ["FOLDER", "VERSIONS", "name_of", "write_specs"]

_ROOT: Final = Path(__file__).parents[3]
#: Where scripts/make_kernels.sh lays them.
FOLDER: Final = _ROOT / ".venv-kernels"
VERSIONS: Final = tuple(
    line.split()[0]
    for line in (Path(__file__).parent / "kernels.txt").read_text(encoding="utf-8").splitlines()
)


def name_of(version: str) -> str:
    """Return what the kernel of a version is called."""
    return f"ipykernel-{version}"


def write_specs(data_folder: Path, path: str) -> None:
    """Write a kernel spec for each version that is there.

    Args:
        data_folder: a folder of Jupyter's data.
        path: folders in which modules are found, as in ``PYTHONPATH``.
    """
    for version in VERSIONS:
        if not (FOLDER / version).exists():
            continue
        folder = data_folder / "kernels" / name_of(version)
        folder.mkdir(parents=True)
        spec = {
            "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            "display_name": f"ipykernel {version}",
            "language": "python",
            "env": {"PYTHONPATH": os.pathsep.join([str(FOLDER / version), path])},
        }
        (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
