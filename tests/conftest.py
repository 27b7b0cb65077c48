"""Fixtures for all tests; each test must leave the process as it found it.

Left behind means: a thread, a network socket, a task on the kit's I/O loop, an open resource of the
kit or a changed switch interval, still there when the test's own objects have been collected and a
short deadline has passed. The check costs microseconds in the good case: it collects and waits only
when something is there that was not there before.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import ssl
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
import trustme
from hypothesis import HealthCheck, settings

from tests.quiet import begin_anew

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from notebook_kit.demo import DemoServer

# How long an example takes says nothing on a machine that does other things as well.
settings.register_profile(
    "notebook_kit", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("notebook_kit")

# A shell that starts the tests in the background has them ignore Ctrl-C, and all that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

KIT_THREADS = "notebook_kit-io"
LEAK_DEADLINE_S = 15.0
# Sockets of a client that has just been closed go away without a collection, which is not cheap.
FIRST_COLLECTION_S = 0.05

_FD = Path("/proc/self/fd")
_FAILED = pytest.StashKey[bool]()


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in this process at one moment."""

    threads: frozenset[threading.Thread]
    sockets: frozenset[str]
    tasks: tuple[str, ...]
    resources: dict[tuple[object, ...], object]
    switch_interval: float

    @classmethod
    def now(cls) -> Standing:
        return cls(
            threads=frozenset(threading.enumerate()),
            sockets=frozenset(_open_sockets()),
            tasks=_kit_tasks(),
            resources=_kit_resources(),
            switch_interval=sys.getswitchinterval(),
        )

    def left_since(self, before: Standing) -> list[str]:
        """Name what stands now and did not stand before."""
        left = [
            f"thread {thread.name!r}"
            for thread in self.threads - before.threads
            if thread.is_alive() and not thread.name.startswith(KIT_THREADS)
        ]
        left += _name_sockets(self.sockets - before.sockets)
        left += [f"task on the I/O loop: {task}" for task in _more(self.tasks, before.tasks)]
        left += [
            f"open {resource}"
            for key, resource in self.resources.items()
            if key not in before.resources
        ]
        if self.switch_interval != before.switch_interval:
            left.append(f"switch interval of {self.switch_interval} s")
        return left


def _more(now: Iterable[str], before: Iterable[str]) -> Iterator[str]:
    return (Counter(now) - Counter(before)).elements()


def _open_sockets() -> Iterator[str]:
    """Yield something that identifies each socket of this process, as cheaply as the system can."""
    if not _FD.exists():
        for connection in psutil.Process().net_connections(kind="inet"):
            yield f"{connection.fd} {connection.laddr} {connection.raddr}"
        return
    for name in os.listdir(_FD):  # noqa: PTH208 - runs twice a test
        with contextlib.suppress(OSError):
            target = os.readlink(f"{_FD}/{name}")  # noqa: PTH115 - as above
            if target.startswith("socket:"):
                yield f"{name} {target}"


def _name_sockets(new: Iterable[str]) -> list[str]:
    """Describe new sockets; those inside the process, as each event loop has, do not count."""
    if not _FD.exists():
        return [f"socket {it}" for it in new]
    named = []
    for it in new:
        number, target = it.split(" ", 1)
        # It may be closed, or its number reused, while we look.
        with contextlib.suppress(OSError):
            if os.readlink(f"{_FD}/{number}") != target:  # noqa: PTH115
                continue
            with socket.socket(fileno=os.dup(int(number))) as copy:
                if copy.family in {socket.AF_INET, socket.AF_INET6}:
                    named.append(f"socket {_ends(copy)}")
    return named


def _ends(copy: socket.socket) -> str:
    ends = f"bound to {copy.getsockname()}"
    with contextlib.suppress(OSError):
        ends += f", connected to {copy.getpeername()}"
    return ends


def _kit_tasks() -> tuple[str, ...]:
    # Only what has been imported can have left something, and a test may watch what is imported.
    io_thread = sys.modules.get("notebook_kit.execution.io_thread")
    return tuple(io_thread.pending_tasks()) if io_thread else ()


def _kit_resources() -> dict[tuple[object, ...], object]:
    lifetime = sys.modules.get("notebook_kit.lifetime")
    if lifetime is None:
        return {}
    return {(it.kind, it.name, it.opened): it for it in lifetime.open_resources()}


def _forget_the_last_run() -> None:
    # The package keeps it for the user, with its answers; the next test is another user.
    mapping = sys.modules.get("notebook_kit.mapping")
    if mapping is not None:
        mapping.forget()


def _wait_until_clean(before: Standing, deadline_s: float) -> list[str]:
    """Poll until nothing is left or time is up; give what is left then."""
    start = time.monotonic()
    pause_s = 0.001
    while left := Standing.now().left_since(before):
        waited_s = time.monotonic() - start
        if waited_s > deadline_s:
            return left
        if waited_s > FIRST_COLLECTION_S:
            gc.collect()
        time.sleep(pause_s)
        pause_s = min(pause_s * 2, 0.1)
    return []


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave helper modules alone: looking for doctests, pytest would import each of them."""
    is_helper = collection_path.suffix == ".py" and not collection_path.name.startswith("test_")
    return True if is_helper else None


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Set aside what modules and collected tests hold: it stays, so no collection need look there.

    Each of the many collections of a run, asked for or not, would walk through all of it.
    """
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember a failure: its traceback keeps objects alive, so leaks could not be told."""
    report = yield
    if report.failed:
        item.stash[_FAILED] = True
    return report


@pytest.fixture(scope="session")
def leak_deadline_s() -> float:
    """How long a test's remains have to go away; a test of this very check shortens it."""
    return LEAK_DEADLINE_S


@pytest.fixture(autouse=True)
def _nothing_left_behind(request: pytest.FixtureRequest, leak_deadline_s: float) -> Iterator[None]:
    """Fail a test that leaves something behind, and name it."""
    before = Standing.now()
    yield
    _forget_the_last_run()
    failed = request.node.stash.get(_FAILED, False)
    left = [] if failed else _wait_until_clean(before, leak_deadline_s)
    if sys.getswitchinterval() != before.switch_interval:
        sys.setswitchinterval(before.switch_interval)
    if left:
        pytest.fail("this test left behind:\n  " + "\n  ".join(left), pytrace=False)


@pytest.fixture
def demo(demo_server: DemoServer) -> DemoServer:
    """The embedded demo API in its first state: no faults switched on, nothing counted."""
    begin_anew(demo_server)
    return demo_server


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests (`@pytest.mark.anyio`) run on asyncio, the loop of a kernel."""
    return "asyncio"


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """A certificate authority of the test session's own."""
    return trustme.CA()


@pytest.fixture(scope="session")
def client_context(authority: trustme.CA) -> ssl.SSLContext:
    """A TLS context that trusts the session's authority."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture(scope="session")
def server_context(authority: trustme.CA) -> ssl.SSLContext:
    """A TLS context of a server that is known as 127.0.0.1 and localhost."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context
