"""Mixed faults over both transports: all is accounted for, and nothing stays behind."""

from __future__ import annotations

import gc
import os
import threading
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from notebook_kit.testing import FaultServer
from tests.faults.soaking import TRANSPORTS, Soak, misbehave

if TYPE_CHECKING:
    from notebook_kit.testing import Behaviour, ReceivedRequest

#: Between two waves that are alike: what is kept of each distinct line of code, of logs, of caches.
_MOST_GROWN_BYTES = 400_000


class _Counting:
    """Counts what is asked for, and does what the path says."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def react(self, request: ReceivedRequest) -> Behaviour:
        with self._lock:
            self._counts[request.path] += 1
        return misbehave(request)

    def received(self) -> Counter[str]:
        with self._lock:
            counts, self._counts = self._counts, Counter()
        return counts


def _descriptors() -> int:
    gc.collect()
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - counted only


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the system does not list them")
@pytest.mark.parametrize(
    ("many", "traced"), [(80, 50), pytest.param(700, 150, marks=pytest.mark.slow)]
)
def test_mixed_faults(many: int, traced: int) -> None:
    """Each row is there once; descriptors, threads and memory are what they were."""
    counting = _Counting()
    with FaultServer() as server:
        server.when("*", counting.react)
        descriptors, threads = _descriptors(), threading.active_count()
        soak = Soak(server.url, counting.received)
        try:
            seen = [soak.wave(many)]
            tracemalloc.start()
            try:
                seen.append(soak.wave(traced))
                server_keeps = tracemalloc.Filter(False, "*/notebook_kit/testing/*")  # noqa: FBT003 - as it is named there
                before = _allocated(server_keeps)
                seen.append(soak.wave(traced))
                grown = _allocated(server_keeps) - before
            finally:
                tracemalloc.stop()
        finally:
            soak.close()
        assert sum(it.rows for it in seen) == len(TRANSPORTS) * (many + 2 * traced)
        assert all(sum(it.kinds.values()) == it.rows + it.others for it in seen)
        assert grown < _MOST_GROWN_BYTES
        server.hang_up()
        assert server.connections.wait_open(0)
        assert threading.active_count() <= threads + 1, "the kit's own I/O thread is one"
        assert _descriptors() <= descriptors + 4, "the I/O thread's loop has some"


def _allocated(left_out: tracemalloc.Filter) -> int:
    gc.collect()
    traces = tracemalloc.take_snapshot().filter_traces([left_out])
    return sum(it.size for it in traces.statistics("filename"))
