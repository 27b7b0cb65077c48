"""Saying what was left open: clients and their connections, streams, runs, tasks and threads."""

from __future__ import annotations

import gc
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.execution.io_thread import pending_tasks
from notebook_kit.lifetime.monitor.survey import survey as survey_all
from notebook_kit.policies import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_kit.policies import Duration

__all__ = ["assert_nothing_open", "nothing_left_open"]

#: Threads of the package that stay: the one for connections, and those of demo servers.
_STAYING: Final = ("notebook_kit-io", "notebook_kit-demo")
#: What was closed a moment ago goes by itself, without a collection, which is not cheap.
_FIRST_COLLECTION_S: Final = 0.05
_ADVICE: Final = {
    "client": "use `with` or `async with`, or client.close()",
    "stream": "read it to its end, or open it in a `with` or `async with` block",
    "run": "await it, call .result(), or run.cancel()",
    "executor": "use `with` or `async with`, or close it",
    "recording": "call .stop() of what nk.record() gave",
    "replay": "call .stop() of what nk.replay() gave",
}


@dataclass(frozen=True, slots=True)
class _Standing:
    """What is open at one moment."""

    resources: dict[int, Any] = field(default_factory=dict)
    tasks: Counter[str] = field(default_factory=Counter)
    threads: frozenset[threading.Thread] = frozenset()

    @classmethod
    def now(cls) -> _Standing:
        survey = survey_all()
        return cls(
            {it.number: it for it in survey if not it.kept},
            Counter(pending_tasks()),
            frozenset(it for it in threading.enumerate() if _is_ours(it)),
        )

    def since(self, before: _Standing) -> list[str]:
        """Say what is open and was not then."""
        new = [it for number, it in self.resources.items() if number not in before.resources]
        told = [_told(resource) for resource in new]
        if not any(resource.busy for resource in new):
            # Those of a run that is named already would only repeat it.
            told += [f"task {task}" for task in (self.tasks - before.tasks).elements()]
        threads = sorted(self.threads - before.threads, key=lambda thread: thread.name)
        return told + [f"thread {it.name!r}" for it in threads if it.is_alive()]


def assert_nothing_open(*, within: Duration = "10 s") -> None:
    """Check that nothing of this package is open: clients, streams, runs, tasks, threads.

    What was closed a moment ago, and what only waits to be collected, is given time to go. Runs
    that have ended, caches in memory and demo servers are not counted.

    Args:
        within: how long to wait at most, a duration.

    Raises:
        AssertionError: naming what is open, since when, where it was made, and how to close it.

    >>> nk.testing.assert_nothing_open()
    """
    _refuse_left(_Standing(), seconds(within, name="within", zero=True))


@contextmanager
def nothing_left_open(*, within: Duration = "10 s") -> Iterator[None]:
    """Check at the end of the block that nothing is open that was not open before it.

    An error that leaves the block leaves it as it is, and nothing is checked: it may hold things.

    Args:
        within: how long to wait at most, a duration.

    Raises:
        AssertionError: as `assert_nothing_open` does.

    >>> with nk.testing.nothing_left_open(), nk.Client("http://fake.test"):
    ...     pass
    """
    limit_s = seconds(within, name="within", zero=True)
    before = _Standing.now()
    yield
    _refuse_left(before, limit_s)


def _refuse_left(before: _Standing, limit_s: float) -> None:
    left = _left_after(before, limit_s)
    if left:
        listed = "\n  ".join(left)
        message = f"still open after {limit_s:g} s:\n  {listed}"
        raise AssertionError(message)


def _left_after(before: _Standing, limit_s: float) -> list[str]:
    began = time.monotonic()
    pause_s = 0.001
    while left := _Standing.now().since(before):
        waited_s = time.monotonic() - began
        if waited_s >= limit_s:
            gc.collect()
            return _Standing.now().since(before)
        if waited_s > _FIRST_COLLECTION_S:
            gc.collect()
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, 0.1)
    return left


def _told(resource: Any) -> str:
    advice = _ADVICE.get(resource.kind)
    return f"{resource}: {advice}" if advice else str(resource)


def _is_ours(thread: threading.Thread) -> bool:
    return thread.name.startswith("notebook_kit") and not thread.name.startswith(_STAYING)
