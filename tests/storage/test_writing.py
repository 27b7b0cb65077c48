"""When outcomes are written, on a clock that a test turns."""

from __future__ import annotations

import queue
from collections import deque
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import pytest

from notebook_kit.storage import writing
from notebook_kit.storage.batch import Batch, End
from notebook_kit.storage.labels import Labels
from notebook_kit.storage.problems import Problems
from notebook_kit.storage.run_rows import RunRow
from notebook_kit.storage.writing import Pace, Writing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from notebook_kit.storage.entries import Row

_LATE_S: Final = 0.2


class World:
    """Items that end at known moments, and a disk that takes its time.

    It is the clock, the queue of jobs, the event that is waited for, and what makes rows.
    """

    def __init__(self, ends: Iterable[float], *, write_s: float = 0.0) -> None:
        self.now = 0.0
        self.ended_at = sorted(ends)
        self.write_s = write_s
        #: When each was on disk, and how many there were in each transaction.
        self.on_disk: dict[int, float] = {}
        self.sizes: list[int] = []
        self.waits: list[float] = []
        self.labels = Labels(None)
        self._coming = deque(enumerate(self.ended_at))

    # The queue

    def get(self) -> Any:
        """Give the next job, and let the time pass until it comes."""
        if self._coming:
            self.now = max(self.now, self._coming[0][1])
        return self.get_nowait() if self._coming else End("done", len(self.ended_at))

    def get_nowait(self) -> Any:
        """Give the next job if it has come."""
        if self.empty():
            raise queue.Empty
        return self._coming.popleft()[0]

    def empty(self) -> bool:
        """Tell whether there is none."""
        return not self._coming or self._coming[0][1] > self.now

    # The event

    def wait(self, timeout: float) -> bool:
        """Let the time pass, for nobody is in a hurry."""
        self.waits.append(timeout)
        self.now += timeout
        return False

    def is_set(self) -> bool:
        """Tell that nobody is in a hurry."""
        return False

    def clear(self) -> None:
        """Nothing is set."""

    # The rows

    def rows(self, positions: Sequence[int], texts: Mapping[int, str]) -> list[Row]:
        """Make a row of each position."""
        del texts
        return [(position,) for position in positions]

    def undone(self) -> list[Row]:
        """Return none."""
        return []

    def settled_at(self, position: int) -> float:
        """Return when an item ended."""
        return self.ended_at[position]

    # The disk

    def save(self, batch: Batch, _connection: object) -> None:
        """Take what is to be written, and the time for it."""
        self.now += self.write_s
        self.sizes.append(len(batch.rows))
        self.on_disk |= {position: self.now for (position,) in batch.rows}
        batch.rows, batch.end = [], None

    @property
    def latest_s(self) -> float:
        """How long after its end the last of all was on disk, at worst."""
        assert len(self.on_disk) == len(self.ended_at)
        return max(at - self.ended_at[position] for position, at in self.on_disk.items())


def write_all(world: World, monkeypatch: pytest.MonkeyPatch, path: Path, **pace: Any) -> None:
    """Let a writer do its work in that world, to the end."""
    anything: Any = world

    def save(batch: Batch, connection: object) -> None:
        world.save(batch, connection)

    monkeypatch.setattr(writing, "time", SimpleNamespace(monotonic=lambda: world.now))
    monkeypatch.setattr(Batch, "save", save)
    monkeypatch.setattr(Writing, "_connect", lambda _: None)
    writer = Writing(path, Problems(), anything, anything, run=RunRow(1, "u"), pace=Pace(**pace))
    writer.jobs = anything
    writer.go_on()


@pytest.mark.parametrize("write_s", [0.0, 0.01, _LATE_S / 4])
@pytest.mark.parametrize(
    "ends",
    [
        [5.0],
        [at * 0.013 for at in range(500)],
        [at * 0.0001 for at in range(20_000)],
        [0.0, 0.1, 0.1 + 1e-9, 0.3, 0.7],
        [round(at**1.5) / 1_000 for at in range(300)],
    ],
    ids=["one", "now and then", "ten thousand a second", "as one is written", "ever slower"],
)
def test_no_end_waits_longer_than_it_may(
    ends: list[float], write_s: float, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """However ends come, each is on disk in time, on a disk that takes a quarter of it at most."""
    world = World(ends, write_s=write_s)
    write_all(world, monkeypatch, tmp_path / "work.db")
    assert world.latest_s <= _LATE_S + 1e-9
    assert max(world.waits, default=0.0) <= _LATE_S / 2


@pytest.mark.parametrize("flush_every_s", [0.01, 1.0, 30.0])
def test_how_long_it_may_be_is_for_the_user_to_say(
    flush_every_s: float, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Shorter or longer, it is kept to, and made use of to write more at once."""
    world = World([at * flush_every_s / 100 for at in range(1_000)])
    write_all(world, monkeypatch, tmp_path / "work.db", flush_every_s=flush_every_s)
    assert flush_every_s / 4 < world.latest_s <= flush_every_s
    assert len(world.sizes) <= 21


def test_many_ends_at_one_moment_are_written_one_transaction_after_the_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nobody waits for more to come while more is there than fits into one."""
    world = World([0.0] * 30_000, write_s=0.01)
    write_all(world, monkeypatch, tmp_path / "work.db")
    assert world.latest_s <= _LATE_S / 2 + 8 * world.write_s + 1e-9


def test_with_durable_nobody_waits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An end is written as soon as the disk has done with those before."""
    world = World([at * 0.003 for at in range(100)], write_s=0.01)
    write_all(world, monkeypatch, tmp_path / "work.db", durable=True)
    assert world.waits == []
    assert world.latest_s <= 2 * world.write_s + 1e-9
