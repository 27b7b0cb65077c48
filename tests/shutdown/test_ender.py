"""How runs are brought to their end, within one process."""

# ruff: noqa: PT012 - an exit comes at the end of a block, whatever is in it
from __future__ import annotations

import asyncio
import logging
import signal
import threading
from typing import Any

import pytest

import notebook_kit as nk
from notebook_kit.scheduling import RunState
from notebook_kit.shutdown import ender, graceful_shutdown

TERM = signal.SIGTERM


class Gate:
    """A function whose calls wait until they are let through."""

    def __init__(self, wanted: int) -> None:
        self.started = 0
        self.wanted = wanted
        self.enough = threading.Event()
        self.open = threading.Event()

    def __call__(self, item: int) -> int:
        self.started += 1
        if self.started >= self.wanted:
            self.enough.set()
        assert self.open.wait(20)
        return item


def test_calls_in_flight_end_and_nothing_more_starts() -> None:
    """The frame has the five that were under way, and says of the others that they were not."""
    gate, heard = Gate(5), threading.Event()
    with pytest.raises(SystemExit), graceful_shutdown(on_signal=lambda _: heard.set()):
        run = nk.map(gate, range(100), max_concurrency=5, progress=False)
        assert gate.enough.wait(20)
        signal.raise_signal(TERM)
        assert heard.wait(20)
        assert run.state is RunState.RUNNING
        gate.open.set()
        frame = run.result()
        assert frame["status"].tolist() == ["ok"] * 5 + ["cancelled"] * 95
    assert gate.started == 5
    assert run.state is RunState.CANCELLED
    assert "SIGTERM came: nothing more is started" in run.snapshot().notices[0]


@pytest.mark.parametrize("loop", ["caller", "kit"])
def test_nothing_of_a_run_that_starts_later_is_done(loop: Any) -> None:
    """Not one call of two hundred runs is made; each of them has its whole frame."""
    started = 0

    async def item(_: int) -> None:
        nonlocal started
        started += 1

    async def main() -> None:
        with graceful_shutdown():
            signal.raise_signal(TERM)
            for _ in range(200):
                run = nk.map(item, range(3), loop=loop, progress=False)
                frame = await run
                assert frame["status"].tolist() == ["cancelled"] * 3
            assert "Nothing was started" in run.snapshot().notices[0]
            again = await run.retry_failed()
            assert again["status"].tolist() == ["cancelled"] * 3

    with pytest.raises(SystemExit):
        asyncio.run(main())
    assert started == 0


def test_after_the_block_runs_are_started_again() -> None:
    """The signal is over when the process was not left after all."""
    with pytest.raises(SystemExit), graceful_shutdown():
        signal.raise_signal(TERM)
    assert nk.map(str, [1], progress=False).result()["status"].tolist() == ["ok"]


def test_a_deadline_of_zero_cuts_at_once() -> None:
    """Calls in flight are not waited for."""
    gate = Gate(3)
    with pytest.raises(SystemExit), graceful_shutdown(0):
        run = nk.map(gate, range(10), max_concurrency=3, progress=False)
        assert gate.enough.wait(20)
        signal.raise_signal(TERM)
        assert run.result(timeout=20)["status"].tolist() == ["cancelled"] * 10
        assert run.abandoned == 3
    gate.open.set()


def test_what_is_under_way_at_the_end_of_the_block_is_cut() -> None:
    """Whoever has not waited for a run leaves with what it has done so far."""
    gate, heard = Gate(3), threading.Event()
    with pytest.raises(SystemExit), graceful_shutdown(on_signal=lambda _: heard.set()):
        run = nk.map(gate, range(10), max_concurrency=3, progress=False)
        assert gate.enough.wait(20)
        signal.raise_signal(TERM)
        assert heard.wait(20)
    assert run.done
    assert run.frame["status"].tolist() == ["cancelled"] * 10
    gate.open.set()


def test_runs_of_other_threads_are_drained_too() -> None:
    """Signals reach the main thread only; what they mean concerns all."""
    gate, made = Gate(3), threading.Event()
    frames: list[Any] = []

    def other() -> None:
        run = nk.map(gate, range(10), max_concurrency=3, progress=False)
        made.set()
        frames.append(run.result())

    thread = threading.Thread(target=other)
    with pytest.raises(SystemExit), graceful_shutdown(on_signal=lambda _: gate.open.set()):
        thread.start()
        assert made.wait(20)
        assert gate.enough.wait(20)
        signal.raise_signal(TERM)
        thread.join(20)
    assert frames[0]["status"].tolist() == ["ok"] * 3 + ["cancelled"] * 7


def test_the_callback_is_called_once_with_the_first_signal() -> None:
    """In a thread of its own, which has ended when the block has."""
    heard: list[Any] = []
    first = threading.Event()

    def on_signal(name: signal.Signals) -> None:
        heard.append((name, threading.current_thread()))
        first.set()

    with pytest.raises(SystemExit), graceful_shutdown(on_signal=on_signal):
        signal.raise_signal(TERM)
        assert first.wait(20)
        run = nk.map(str, range(3), progress=False)
        run.result()
    assert [name for name, _ in heard] == [TERM]
    assert heard[0][1] is not threading.main_thread()
    assert not heard[0][1].is_alive()
    assert not [
        thread for thread in threading.enumerate() if thread.name == "notebook_kit-shutdown"
    ]


def test_a_callback_that_hangs_or_raises_holds_up_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The run is drained meanwhile; an error is logged and not raised."""
    release = threading.Event()

    def on_signal(_: signal.Signals) -> None:
        assert release.wait(20)
        message = "no"
        raise ValueError(message)

    gate = Gate(3)
    gate.open.set()
    with (
        caplog.at_level(logging.WARNING, "notebook_kit.shutdown"),
        pytest.raises(SystemExit),
        graceful_shutdown(on_signal=on_signal),
    ):
        signal.raise_signal(TERM)
        assert nk.map(gate, range(3), progress=False).result()["status"].eq("cancelled").all()
        release.set()
    assert [record.message for record in caplog.records] == [
        "The on_signal of a graceful shutdown raised."
    ]


def test_a_run_that_cannot_be_told_does_not_keep_the_others(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Its loop may be closed in the very moment; the next one is drained all the same."""

    class Broken:
        """A run whose loop has just been closed."""

        waited_for = False

        def notice(self, _: str) -> None: ...

        def cancel(self, *, drain: bool) -> None:
            message = "Event loop is closed"
            raise RuntimeError(message)

    gate, broken = Gate(3), Broken()
    with (
        caplog.at_level(logging.WARNING, "notebook_kit.shutdown"),
        pytest.raises(SystemExit),
        graceful_shutdown(on_signal=lambda _: gate.open.set()),
    ):
        run = nk.map(gate, range(10), max_concurrency=3, progress=False)
        assert gate.enough.wait(20)
        monkeypatch.setattr(ender, "live_runs", lambda: [broken, run])
        signal.raise_signal(TERM)
        assert run.result(timeout=20)["status"].eq("ok").sum() == 3
    assert caplog.messages == ["A run could not be brought to its end."]
