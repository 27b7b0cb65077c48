"""docs/fastapi.md: its applications, each behind a uvicorn in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from notebook_kit.demo import DemoServer

PAGE = Path(__file__).parents[2] / "docs" / "fastapi.md"
FILE = re.compile(r"^```python\n# (?P<name>\w+)\.py\n(?P<code>.*?)^```", re.DOTALL | re.MULTILINE)
FILES = {match["name"]: match["code"] for match in FILE.finditer(PAGE.read_text("utf-8"))}
RUNNING = re.compile(r"running on (http://\S+)")
DEADLINE_S = 30.0

posix_only = pytest.mark.skipif(os.name != "posix", reason="signals end processes on POSIX only")


@dataclass
class Served:
    """An application behind a uvicorn of its own."""

    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)
    url: str = ""

    def ask(self, paths: list[str], *, at_once: int = 16) -> list[httpx.Response]:
        """Ask for paths, many at once."""
        limits = httpx.Limits(max_connections=at_once)
        with (
            httpx.Client(base_url=self.url, trust_env=False, timeout=30, limits=limits) as browser,
            ThreadPoolExecutor(at_once) as threads,
        ):
            return list(threads.map(browser.get, paths))

    def end(self, number: signal.Signals) -> int:
        """Send a signal, wait for the end and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(DEADLINE_S)


@contextmanager
def served(name: str, folder: Path, api_url: str) -> Iterator[Served]:
    """Run a file of the page: ``main`` by itself, others by uvicorn."""
    (folder / f"{name}.py").write_text(FILES[name], "utf-8")
    own = [f"{name}.py"] if name == "main" else ["-m", "uvicorn", f"{name}:app", "--port", "0"]
    environment = {
        **os.environ,
        "API_URL": api_url,
        "PORT": "0",
        "PYTHONPATH": str(PAGE.parents[1]),
    }
    process = subprocess.Popen(
        [sys.executable, "-W", "default", "-u", *own],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    it = Served(process)
    is_up = threading.Event()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            it.said.append(line.rstrip("\n"))
            if (found := RUNNING.search(line)) is not None:
                it.url = found[1]
                is_up.set()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        assert is_up.wait(DEADLINE_S), it.said
        yield it
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(DEADLINE_S)
        reader.join(DEADLINE_S)
        assert process.stdout is not None
        process.stdout.close()


def _in_time(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def _unusual(lines: list[str]) -> list[str]:
    """Return what was said beside uvicorn's own lines of level INFO."""
    return [line for line in lines if not line.startswith("INFO: ")]


def test_the_page_has_its_files() -> None:
    """Three applications stand on the page, by the names by which they are run."""
    assert list(FILES) == ["app", "each", "main"]


@posix_only
@pytest.mark.parametrize("name", ["app", "each", "main"])
def test_200_requests_and_a_graceful_end(demo: DemoServer, tmp_path: Path, name: str) -> None:
    """E7: async and sync endpoints at once, 200 requests, SIGTERM; no connection is left.

    Nothing is said beside uvicorn's own lines. `main`, which ends as the page says, exits with 0.
    """
    with served(name, tmp_path, demo.url) as app:
        paths = ["/airports/ZRH", "/sync/airports/GVA"] * 100
        answers = app.ask(paths)
        assert [answer.status_code for answer in answers] == [200] * 200
        cities = [answer.json()["city"] for answer in answers]
        assert cities == ["Zurich", "Geneva"] * 100
        seen = demo.stats()
        assert seen.requests == 200
        least, most = {"app": (1, 20), "each": (200, 200), "main": (1, 100)}[name]
        assert least <= seen.connections_opened <= most
        code = app.end(signal.SIGTERM)
        assert _in_time(lambda: demo.stats().connections_open == 0)
    assert code == (0 if name == "main" else -signal.SIGTERM)
    unusual = _unusual(app.said)
    assert [line for line in unusual if not line.startswith("200 requests, ")] == []
    assert len(unusual) == (name == "main")


@posix_only
def test_rows_and_errors_of_the_page(demo: DemoServer, tmp_path: Path) -> None:
    """An endpoint maps many rows, an error of the API becomes an answer, SIGINT exits with 0."""
    with served("app", tmp_path, demo.url) as app:
        rows, missing = app.ask(["/cities?code=ZRH&code=XXX&code=GVA", "/airports/XXX"])
        assert rows.json() == ["Zurich", None, "Geneva"]
        assert missing.status_code == 404
        assert "No airport" in missing.json()["detail"]
        code = app.end(signal.SIGINT)
        assert _in_time(lambda: demo.stats().connections_open == 0)
    assert code == 0
    assert _unusual(app.said) == []


@posix_only
def test_a_request_under_way_is_answered_before_the_end(demo: DemoServer, tmp_path: Path) -> None:
    """SIGTERM in the middle of a request: it is answered, then everything is closed."""
    demo.switches.latency_s = 1.0
    try:
        with served("main", tmp_path, demo.url) as app, ThreadPoolExecutor(2) as threads:
            both = [
                threads.submit(app.ask, [path]) for path in ("/airports/ZRH", "/sync/airports/GVA")
            ]
            assert _in_time(lambda: demo.stats().in_flight == 2)
            code = app.end(signal.SIGTERM)
            cities = [one.result(DEADLINE_S)[0].json()["city"] for one in both]
            assert _in_time(lambda: demo.stats().connections_open == 0)
    finally:
        demo.reset()
    assert cities == ["Zurich", "Geneva"]
    assert code == 0
    assert len(_unusual(app.said)) == 1
