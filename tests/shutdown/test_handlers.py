"""The block among other handlers of signals, of the user, of asyncio, of a forked child."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from typing import Any

import pytest

import notebook_kit as nk
from notebook_kit.shutdown import GracefulShutdown, graceful_shutdown
from tests.scripts import Script

TERM = signal.SIGTERM
INT = signal.SIGINT


def leave(shutdown: GracefulShutdown, name: signal.Signals = TERM) -> None:
    with shutdown:
        signal.raise_signal(name)


def test_only_the_main_thread_may_enter() -> None:
    """Elsewhere it is refused at once, with a hint."""
    errors: list[BaseException] = []

    def enter() -> None:
        try:
            with graceful_shutdown():
                pass
        except nk.ConfigurationError as error:
            errors.append(error)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join(20)
    assert "main thread" in str(errors)


def test_a_users_handler_is_put_back() -> None:
    """Also when it was replaced within the block."""
    heard: list[int] = []

    def mine(number: int, _: object) -> None:
        heard.append(number)

    def other(_: int, __: object) -> None: ...

    before = signal.signal(TERM, mine)
    try:
        with graceful_shutdown():
            signal.signal(TERM, other)
        assert signal.getsignal(TERM) is mine
        with pytest.raises(SystemExit):
            leave(graceful_shutdown())
        assert heard == []
        signal.raise_signal(TERM)
        assert heard == [TERM]
    finally:
        signal.signal(TERM, before)


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    """Who started the process so wants it to go on."""
    before = signal.signal(TERM, signal.SIG_IGN)
    try:
        with graceful_shutdown() as shutdown:
            signal.raise_signal(TERM)
            assert not shutdown.requested
    finally:
        signal.signal(TERM, before)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is not there")
def test_a_signal_that_cannot_be_handled_is_refused() -> None:
    """Those before it in the list are put back, and it may be tried again without it."""
    shutdown = graceful_shutdown(signals=[TERM, signal.SIGKILL])
    for _ in range(2):
        with pytest.raises(nk.ConfigurationError, match=r"SIGKILL cannot be handled"), shutdown:
            pass


def test_a_handler_from_outside_python_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """It could not be put back."""
    with monkeypatch.context() as patch:
        patch.setattr(signal, "getsignal", lambda _: None)
        with (
            pytest.raises(nk.ConfigurationError, match=r"SIGTERM is handled by something outside"),
            graceful_shutdown(),
        ):
            pass


def test_the_handler_of_asyncio_is_replaced_and_put_back() -> None:
    """Ctrl-C in the block drains, and after it cancels the main task, as asyncio.run has it."""

    async def main() -> None:
        asyncios: Any = signal.getsignal(INT)
        with graceful_shutdown() as shutdown:
            assert signal.getsignal(INT) is not asyncios
        assert signal.getsignal(INT) is asyncios
        assert not shutdown.requested
        with graceful_shutdown():
            signal.raise_signal(INT)
            await asyncio.sleep(0)

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(main())


@pytest.mark.skipif(sys.platform == "win32", reason="not offered there")
def test_a_handler_of_the_loop_is_called_as_well() -> None:
    """Asyncio hears of signals in a way of its own."""
    heard: list[str] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        arrived = asyncio.Event()

        def hear() -> None:
            heard.append("loop")
            arrived.set()

        loop.add_signal_handler(TERM, hear)
        try:
            with graceful_shutdown():
                signal.raise_signal(TERM)
                await asyncio.wait_for(arrived.wait(), 20)
        finally:
            loop.remove_signal_handler(TERM)

    with pytest.raises(SystemExit):
        asyncio.run(main())
    assert heard == ["loop"]


FORK = """
import multiprocessing, os, signal, time
from notebook_kit.shutdown import graceful_shutdown

def child():
    print("child", flush=True)
    time.sleep(60)

with graceful_shutdown() as shutdown:
    context = multiprocessing.get_context("fork")
    process = context.Process(target=child)
    process.start()
    while not shutdown.requested:
        time.sleep(0.01)
    process.terminate()
    process.join(10)
    print([process.exitcode], flush=True)

    if os.fork() == 0:
        # A child that walks out of the block goes on as if there were none.
        pid = os.getpid()
    else:
        pid = None
        os.wait()
if pid == os.getpid():
    print("[1]", flush=True)
    os._exit(0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.skipif(sys.version_info >= (3, 12), reason="forking with threads warns there")
def test_a_forked_child_does_what_it_would_do_without_the_block() -> None:
    """SIGTERM ends it; leaving the block is nothing to it."""
    with Script(FORK) as script:
        script.wait_for("child")
        script.send(TERM)
        assert script.told() == [-TERM]
        assert script.told() == [1]
        assert script.end() == (143, "")


def test_in_a_forked_child_a_users_handler_is_called() -> None:
    """The block has taken its place in the parent only."""
    heard: list[int] = []

    def mine(number: int, _: object) -> None:
        heard.append(number)

    before = signal.signal(TERM, mine)
    try:
        with graceful_shutdown() as shutdown:
            shutdown._pid, own = -1, shutdown._pid
            signal.raise_signal(TERM)
            shutdown._pid = own
            assert heard == [TERM]
            assert not shutdown.requested
    finally:
        signal.signal(TERM, before)


def test_importing_is_enough_for_every_system() -> None:
    """What is handled if nothing is said exists here, and asks a process to end."""
    names = {name.name for name in graceful_shutdown()._signals}
    assert names <= {"SIGTERM", "SIGINT", "SIGBREAK"}
    assert "SIGINT" in names
