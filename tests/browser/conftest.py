"""One JupyterLab for the session, Chromium through Playwright, and a notebook for each test."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from tests.browser.lab import READY_S, LabNotebook, LabServer
from tests.browser.support.kernels import write_specs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

HERE = Path(__file__).parent

# A page that looks the same each time: no news, no saving behind the test's back, all cells drawn.
SETTINGS: dict[str, dict[str, Any]] = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "docmanager-extension/plugin": {"autosave": False},
    "notebook-extension/tracker": {"windowingMode": "none"},
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder, and put them last.

    Playwright keeps an event loop running in the main thread until the session ends; a test that
    calls `asyncio.run` after that would be refused.
    """
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)
    items.sort(key=lambda item: item.path.is_relative_to(HERE))


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; without one the browser tests are skipped, and say so."""
    names = [os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"]
    for name in names:
        if name and (path := shutil.which(name)):
            return path
    pytest.skip("NO CHROMIUM: install chromium, or set CHROMIUM to the path of one")


@pytest.fixture(scope="session")
def browser_type_launch_args(chromium: str) -> dict[str, Any]:
    """How pytest-playwright starts the browser: the system's own, and quiet on the network."""
    return {
        "executable_path": chromium,
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
    }


def _environment(folder: Path) -> dict[str, str]:
    """An environment in which Jupyter reads and writes nothing outside the folder."""
    spec = importlib.util.find_spec("notebook_kit")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    package = next(iter(spec.submodule_search_locations))
    own = {
        name: str(folder / name.lower())
        for name in (
            "JUPYTER_PATH",
            "JUPYTER_CONFIG_DIR",
            "JUPYTER_DATA_DIR",
            "JUPYTER_RUNTIME_DIR",
            "JUPYTERLAB_SETTINGS_DIR",
            "JUPYTERLAB_WORKSPACES_DIR",
            "IPYTHONDIR",
        )
    }
    # The kernels import the package that is under test, wherever it lies.
    return os.environ | own | {"PYTHONPATH": str(Path(package).parent)}


def _write_settings(folder: Path) -> None:
    for name, values in SETTINGS.items():
        path = folder / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), encoding="utf-8")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _wait_for_url(process: subprocess.Popen[bytes], runtime: Path, log: Path) -> str:
    """Wait until the server has written where it is and answers there."""
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and process.poll() is None:
        for info in runtime.glob("jpserver-*.json"):
            try:
                url = str(json.loads(info.read_text(encoding="utf-8"))["url"])
                urllib.request.urlopen(f"{url}api/status", timeout=5).close()  # noqa: S310 - ours
            except (OSError, ValueError):
                continue
            else:
                return url
        time.sleep(0.1)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text(encoding='utf-8')[-3000:]}")


@pytest.fixture(scope="session")
def lab_server(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    """One JupyterLab for all browser tests, on loopback, in a folder of its own."""
    folder = tmp_path_factory.mktemp("lab")
    environment = _environment(folder)
    write_specs(Path(environment["JUPYTER_PATH"]), environment["PYTHONPATH"])
    _write_settings(Path(environment["JUPYTERLAB_SETTINGS_DIR"]))
    work = folder / "work"
    work.mkdir()
    log = folder / "server.log"
    command = [
        *(sys.executable, "-m", "jupyterlab", "--allow-root", "--no-browser"),
        *("--ip=127.0.0.1", f"--port={_free_port()}", f"--ServerApp.root_dir={work}"),
        *("--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True"),
        "--LabApp.expose_app_in_browser=True",
        "--JupyterNotebookApp.expose_app_in_browser=True",
    ]
    with (
        log.open("wb") as out,
        subprocess.Popen(
            command, env=environment, cwd=work, stdin=subprocess.DEVNULL, stdout=out, stderr=out
        ) as process,
    ):
        try:
            url = _wait_for_url(process, Path(environment["JUPYTER_RUNTIME_DIR"]), log)
            yield LabServer(url, work, psutil.Process(process.pid))
        finally:
            _stop(process)


@pytest.fixture(scope="session")
def base_url(lab_server: LabServer) -> str:
    """Where relative addresses lead, for pytest-playwright."""
    return lab_server.url


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the server and, should it not do so itself, its kernels."""
    family = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
    _, alive = psutil.wait_procs(family, timeout=5)
    for orphan in alive:
        orphan.kill()


@pytest.fixture
def lab(page: Page, lab_server: LabServer, request: pytest.FixtureRequest) -> Iterator[LabNotebook]:
    """A notebook in a workspace of its own; any error on the page's console fails the test."""
    name = re.sub(r"\W+", "-", request.node.name).strip("-")
    notebook = LabNotebook(page, lab_server, name)
    yield notebook
    notebook.close()
    assert notebook.console_errors == []
