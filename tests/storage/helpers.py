"""Shared by the tests of this room: journals as runs use them, and a look into a file."""

from __future__ import annotations

import linecache
import sqlite3
import time
from contextlib import closing, contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any, Final, Self

import pytest

from notebook_kit.frames import plan_of
from notebook_kit.scheduling import Ledger, Source, Status
from notebook_kit.storage import open_journal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

#: What a work is, where that is not what is tested.
WORK: Final = {"method": "GET", "path": "/x"}

_cells = count(1)


class Kept:
    """A journal with the plan and the ledger that a run would bring; a context that closes it."""

    def __init__(
        self,
        path: Path,
        items: Any,
        *,
        work: Mapping[str, Any] = WORK,
        name: str = "work",
        typed: tuple[Callable[[Any], Any], Callable[[Any], Any]] | None = None,
        **options: Any,
    ) -> None:
        self.plan = plan_of(items, name=name)
        self.journal = open_journal(path, work, self.plan, **options)
        if typed is not None:
            self.journal.typed(*typed)
        self.ledger = Ledger(epoch=time.time() - time.monotonic())
        self.ledger.grow(self.plan.length or 0)
        self.journal.begin(self.ledger)

    @property
    def said(self) -> list[str]:
        return self.journal.problems.texts

    def found(self) -> dict[int, Any]:
        """Return the answers and failures that are known, by position."""
        found: dict[int, Any] = {}
        for ends in self.journal.known():
            found.update(zip(ends.positions, ends.values, strict=True))
            found.update(ends.failures)
        return found

    def settle(
        self,
        at: int,
        value: Any = None,
        error: BaseException | None = None,
        *,
        status: Status | None = None,
        source: Source = Source.NETWORK,
        seen: bool = False,
    ) -> None:
        """Let an item end as it would in a run, and record it; as one that others see, or not."""
        if status is None:
            status = Status.OK if error is None else Status.FAILED
            status = Status.TIMEOUT if isinstance(error, TimeoutError) else status
        ledger = self.ledger
        ledger.left[at] = time.monotonic()
        ledger.attempts[at] += 1
        ledger.source[at] = source
        ledger.status_code[at] = getattr(error, "status_code", 200)
        ledger.settle(at, status, now=time.monotonic(), value=value, error=error)
        (self.journal.record_seen if seen else self.journal.record)(at)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.journal.close("done", len(self.ledger))


def keep(path: Path, items: Any, *values: Any, **options: Any) -> None:
    """Let a whole run end with these answers and errors."""
    with Kept(path, items, **options) as run:
        for at, value in enumerate(values):
            failed = isinstance(value, BaseException)
            run.settle(at, *((None, value) if failed else (value,)))
    assert run.said == []


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """Let the system refuse to write beyond this size of a file, as a full disk does."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def select(path: Path, question: str) -> list[Any]:
    """Ask the file through a connection of our own."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(question).fetchall()


def kept(path: Path) -> int:
    """Return how many outcomes are in the file."""
    return int(select(path, "SELECT count(*) FROM outcomes")[0][0])


def wait_for(true: Callable[[], object], deadline_s: float = 20.0) -> float:
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
    exec(compile(source, filename, "exec", dont_inherit=True), scope)  # noqa: S102 - the tests' own text
    return scope
