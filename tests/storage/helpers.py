"""Shared by the tests of this room: outcomes made by hand, and a look into a file from outside."""

from __future__ import annotations

import linecache
import sqlite3
import time
from contextlib import closing
from itertools import count
from typing import TYPE_CHECKING, Any

from notebook_kit.scheduling import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_cells = count(1)


def outcome(item: Any, value: Any = None, error: BaseException | None = None) -> Outcome:
    """Return what a run would record."""
    status = "ok"
    if error is not None:
        status = "timeout" if isinstance(error, TimeoutError) else "failed"
    return Outcome(
        index=0,
        item=item,
        value=value,
        error=error,
        status=status,
        source="network",
        status_code=getattr(error, "status_code", 200),
        attempts=1,
        started=0.0,
        waited_s=0.0,
        network_s=0.0,
        backoff_s=0.0,
    )


def select(path: Path, question: str) -> list[Any]:
    """Ask the file through a connection of our own."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(question).fetchall()


def kept(path: Path) -> int:
    """Return how many outcomes are in the file."""
    return int(select(path, "SELECT count(*) FROM outcomes")[0][0])


def wait_for(true: Callable[[], object], deadline_s: float = 5.0) -> float:
    """Poll until something is true; return the seconds that it took."""
    start = time.monotonic()
    while not true():
        assert time.monotonic() - start < deadline_s, "it never came true"
        time.sleep(0.002)
    return time.monotonic() - start


def run_cell(source: str, **names: Any) -> dict[str, Any]:
    """Run source text as a notebook runs a cell: it has no file, and can be read all the same."""
    filename = f"<cell {next(_cells)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    scope: dict[str, Any] = {"__name__": "__main__", **names}
    exec(compile(source, filename, "exec"), scope)  # noqa: S102 - the tests' own text
    return scope
