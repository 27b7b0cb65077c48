"""httpbin and datasette, each in a process of its own, run by an environment of their own."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

import notebook_kit as nk
from tests.certificates import unused_context
from tests.third_party.tables import make_database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
WANTED = HERE / "requirements.txt"
RUNNING = re.compile(r"running on (http://[\d.:]+)")
DEADLINE_S = 60.0
#: How a client can send: by aiohttp's connections, by httpx's in pieces, by the user's transport.
TRANSPORTS = ("aiohttp", "httpx", "custom")


def _python() -> str:
    """Return the interpreter that has the servers; without it, fail where CI is set, else skip."""
    folder = ROOT / ".venv-servers"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = folder / ".installed"
    if python.exists() and stamp.exists() and stamp.read_bytes() == WANTED.read_bytes():
        return str(python)
    message = "NOT RUN: httpbin and datasette are not installed: run scripts/make_servers.sh"
    if os.environ.get("CI"):
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


@contextlib.contextmanager
def _running(command: list[str], folder: Path) -> Iterator[str]:
    """Start a server and give its URL once it says that it serves; end it afterwards."""
    said = folder / "said.txt"
    with said.open("w") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + DEADLINE_S
        while (found := RUNNING.search(said.read_text("utf-8"))) is None:
            assert process.poll() is None, said.read_text("utf-8")
            assert time.monotonic() < deadline, said.read_text("utf-8")
            time.sleep(0.02)
        yield found[1]
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


@pytest.fixture(scope="session")
def httpbin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an httpbin behind waitress."""
    command = [_python(), str(HERE / "serve_httpbin.py")]
    with _running(command, tmp_path_factory.mktemp("httpbin")) as url:
        yield url


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database of 5,000 airports and 20,000 flights between them."""
    path = tmp_path_factory.mktemp("database") / "air.db"
    make_database(path)
    return path


@pytest.fixture(scope="session")
def datasette(database: Path) -> Iterator[str]:
    """The URL of a datasette that serves this database."""
    settings = ["max_returned_rows", "1000", "sql_time_limit_ms", "5000"]
    options = [part for at in (0, 2) for part in ("--setting", *settings[at : at + 2])]
    command = [_python(), "-m", "datasette", "serve", str(database), "--port", "0", *options]
    with _running(command, database.parent) as url:
        yield url


@pytest.fixture(params=TRANSPORTS)
def client_of(request: pytest.FixtureRequest) -> Callable[..., nk.Client]:
    """Makes clients of one transport; a test that uses it runs once for each."""

    def make(url: str, **options: object) -> nk.Client:
        if request.param == "httpx":
            options["http2"] = True
        elif request.param == "custom":
            options["transport"] = httpx.AsyncHTTPTransport(verify=unused_context())
        return nk.Client(url, **options)  # type: ignore[arg-type]  # checked there

    return make
