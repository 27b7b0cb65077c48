"""A run that does nothing but what a test tells it to."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notebook_kit.scheduling import RunState, Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FakeRun"]

_NEW = Snapshot(RunState.RUNNING, 1_000, in_flight=4, max_concurrency=10, name="fake")


class FakeRun:
    """Stands for a run; keeps what its views asked of it.

    Attributes:
        asked: the names of what was called, in order.
        looks: how often the snapshot was read.
        broken: raised by everything that is asked, if it is set.
    """

    def __init__(self, snapshot: Snapshot = _NEW) -> None:
        self.asked: list[str] = []
        self.looks = 0
        self.broken: Exception | None = None
        self._snapshot = snapshot
        self._callbacks: list[Callable[[Any], Any]] = []
        self._lock = threading.Lock()

    def snapshot(self) -> Snapshot:
        self.looks += 1
        return self._snapshot

    def change(self, **numbers: Any) -> None:
        """Have the snapshot say something else from now on."""
        self._snapshot = replace(self._snapshot, **numbers)

    def end(self, state: RunState = RunState.DONE, **numbers: Any) -> None:
        """End, and tell those who wait for it."""
        with self._lock:
            self.change(state=state, in_flight=0, waiting_for=None, **numbers)
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback(self)

    def pause(self) -> None:
        self._note("pause")
        self.change(state=RunState.PAUSED)

    def resume(self) -> None:
        self._note("resume")
        self.change(state=RunState.RUNNING)

    def cancel(self) -> None:
        self._note("cancel")

    @property
    def max_concurrency(self) -> int:
        return self._snapshot.max_concurrency

    @max_concurrency.setter
    def max_concurrency(self, value: int) -> None:
        self._note(f"max_concurrency={value}")
        self.change(max_concurrency=value, auto=False)

    @property
    def rate(self) -> str | None:
        return self._snapshot.rate

    def scale_rate(self, factor: float) -> None:
        self._note(f"scale_rate({factor:g})")
        self.change(rate=f"{factor * 50:g}/s")

    def export(self) -> Path:
        self._note("export")
        return Path("fake.csv")

    def retry_failed(self) -> FakeRun:
        self._note("retry_failed")
        return FakeRun()

    def add_done_callback(self, fn: Callable[[Any], object], /) -> None:
        with self._lock:
            if not self._snapshot.state.ended:
                self._callbacks.append(fn)
                return
        fn(self)

    def _note(self, what: str) -> None:
        self.asked.append(what)
        if self.broken is not None:
            raise self.broken
