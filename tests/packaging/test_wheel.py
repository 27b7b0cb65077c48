"""The built wheel, installed where the source folder cannot be seen, is what users get."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

SMOKE = """
import importlib.metadata, importlib.resources, json, sys
import notebook_kit
print(json.dumps({
    "modules": sorted(sys.modules),
    "file": notebook_kit.__file__,
    "version": notebook_kit.__version__,
    "metadata": importlib.metadata.version("notebook_kit"),
    "typed": importlib.resources.files("notebook_kit").joinpath("py.typed").is_file(),
}))
"""


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command that must succeed; give what it printed."""
    result = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the built wheel in it, away from the source."""
    folder = tmp_path_factory.mktemp("wheel")
    build = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    run(*build, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def python(folder: Path) -> Path:
    """A fresh environment's Python, with the wheel installed and the rest in view."""
    environment = folder / "environment"
    venv.create(environment, with_pip=False, symlinks=sys.platform != "win32")
    scripts = "Scripts" if sys.platform == "win32" else "bin"
    python = environment / scripts / Path(sys.executable).name
    (wheel,) = folder.glob("*.whl")
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder)
    here = Path(site.strip())
    pip = (sys.executable, "-m", "pip", "--python", python, "install")
    run(*pip, "--no-deps", "--no-index", "--quiet", wheel, cwd=folder)
    # A path file's lines go to the end of sys.path, so the installed wheel is found first; the
    # editable install's own path file is not read there.
    (here / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return python


@pytest.fixture(scope="module")
def smoke(python: Path, folder: Path) -> dict[str, object]:
    """What a fresh interpreter says of `import notebook_kit`."""
    answer: dict[str, object] = json.loads(run(python, "-I", "-c", SMOKE, cwd=folder))
    return answer


def test_import_is_from_the_wheel(smoke: dict[str, object], python: Path) -> None:
    """The smoke test looks at the installed wheel and not at the source folder."""
    assert Path(str(smoke["file"])).is_relative_to(python.parents[1])


@pytest.mark.parametrize("heavy", ["pandas", "numpy", "ipywidgets", "IPython", "aiohttp"])
def test_import_is_light(smoke: dict[str, object], heavy: str) -> None:
    """Importing the package does not import what only some users of it need."""
    modules = smoke["modules"]
    assert isinstance(modules, list)
    assert heavy not in modules


def test_wheel_is_typed(smoke: dict[str, object]) -> None:
    """Type checkers find the marker file."""
    assert smoke["typed"] is True


def test_version_is_one(smoke: dict[str, object]) -> None:
    """The package, its metadata and pyproject.toml state one version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert smoke["version"] == smoke["metadata"] == project["version"]


def test_demo_explains_itself(python: Path, folder: Path) -> None:
    """The demo API's command line is there after an install."""
    assert "usage" in run(python, "-I", "-m", "notebook_kit.demo", "--help", cwd=folder).lower()
