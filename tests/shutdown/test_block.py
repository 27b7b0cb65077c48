"""The block by itself: how it ends, used again, nested, with errors in it."""

# ruff: noqa: PT012 - an exit comes at the end of a block, whatever is in it
from __future__ import annotations

import asyncio
import signal
import sys
import threading

import pytest

import notebook_kit as nk
from notebook_kit.lifetime import register
from notebook_kit.shutdown import GracefulShutdown, block, graceful_shutdown

TERM = signal.SIGTERM
INT = signal.SIGINT


def leave(shutdown: GracefulShutdown, name: signal.Signals = TERM) -> None:
    with shutdown:
        signal.raise_signal(name)


def test_without_a_signal_nothing_happens() -> None:
    """The block ends like any other; what is open stays open."""
    with nk.Client("http://localhost") as _:
        with graceful_shutdown() as shutdown:
            assert not shutdown.requested
            assert shutdown.received is None
        assert len(nk.open_resources()) == 1


@pytest.mark.parametrize(
    ("name", "kind", "code"), [(TERM, SystemExit, 143), (INT, KeyboardInterrupt, None)]
)
def test_the_process_is_left_as_the_signal_asks(
    name: signal.Signals, kind: type[BaseException], code: int | None
) -> None:
    """At the end of the block, and not before; with a word on where the answers are."""
    reached = False
    with pytest.raises(kind) as left, graceful_shutdown() as shutdown:
        signal.raise_signal(name)
        assert shutdown.requested
        assert shutdown.received is name
        reached = True
    assert reached
    assert getattr(left.value, "code", None) == code
    assert left.value.__notes__ == [
        f"notebook_kit: {name.name} came; what was done is kept in nk.last_run().frame."
    ]


def test_everything_is_closed() -> None:
    """Clients that are open when the block is left are closed."""
    client = nk.Client("http://localhost")
    with pytest.raises(SystemExit):
        leave(graceful_shutdown())
    assert client.is_closed
    assert nk.open_resources() == []


def test_a_fault_of_closing_does_not_keep_the_process() -> None:
    """It is told beside the exit, secrets removed."""

    async def bad() -> None:
        message = "https://host/?token=abc would not close"
        raise OSError(message)

    class Owner:
        """Something that is open."""

    owner = Owner()
    register(owner, kind="thing", name="t", close_soon=lambda: None, aclose=bad)
    with pytest.raises(SystemExit) as left:
        leave(graceful_shutdown())
    assert "OSError: https://host/?token=**** would not close" in left.value.__notes__[0]


def test_closing_that_takes_too_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process is left without it."""
    monkeypatch.setattr(block, "_CLOSING_S", 0.05)
    release = threading.Event()

    async def slow() -> None:
        while not release.is_set():
            await asyncio.sleep(0.005)

    class Owner:
        """Something that is open."""

    owner = Owner()
    register(owner, kind="thing", name="t", close_soon=lambda: None, aclose=slow)
    with pytest.raises(SystemExit) as left:
        leave(graceful_shutdown())
    release.set()
    assert "TimeoutError: Not done after 0.05 s" in left.value.__notes__[0]


def test_an_error_of_the_block_is_not_hidden() -> None:
    """It leaves as it came, with a note that a signal had come; everything is closed."""
    client = nk.Client("http://localhost")
    with pytest.raises(KeyError) as raised, graceful_shutdown():
        signal.raise_signal(TERM)
        raise KeyError("mine")
    assert "SIGTERM came" in raised.value.__notes__[0]
    assert client.is_closed
    with pytest.raises(KeyError) as raised, graceful_shutdown():
        raise KeyError("mine")
    assert not hasattr(raised.value, "__notes__")


def test_an_exit_of_the_block_is_what_it_asked_for() -> None:
    """sys.exit(3) in the block ends in 3, also after a signal."""
    with pytest.raises(SystemExit) as left, graceful_shutdown():
        signal.raise_signal(TERM)
        sys.exit(3)
    assert left.value.code == 3


def test_a_block_that_is_cancelled_leaves_as_the_signal_asks() -> None:
    """A cancellation that follows from the signal does not hide it."""

    async def main() -> None:
        with graceful_shutdown():
            signal.raise_signal(TERM)
            raise asyncio.CancelledError

    with pytest.raises(SystemExit):
        asyncio.run(main())


def test_a_block_can_be_used_again() -> None:
    """Each time it starts anew, also after a signal."""
    shutdown = graceful_shutdown()
    for _ in range(2):
        with pytest.raises(SystemExit):
            leave(shutdown)
        assert shutdown.requested
        with shutdown:
            assert not shutdown.requested


def test_a_block_is_not_entered_within_itself() -> None:
    """That is refused with a hint, and the outer use goes on."""
    shutdown = graceful_shutdown()
    with shutdown, pytest.raises(nk.ConfigurationError, match=r"make another"), shutdown:
        pass


def test_of_nested_blocks_the_outermost_leaves() -> None:
    """All of them hear of the signal; code between their ends is not skipped."""
    told: list[str] = []
    with pytest.raises(SystemExit), graceful_shutdown() as outer:
        with graceful_shutdown() as middle:
            with graceful_shutdown() as inner:
                signal.raise_signal(TERM)
                assert outer.requested
                assert middle.requested
                assert inner.requested
            told.append("after the inner")
        told.append("after the middle")
    assert told == ["after the inner", "after the middle"]


def test_a_nested_block_leaves_for_what_it_alone_handles() -> None:
    """The block around it handles SIGINT only, so SIGTERM is not its business."""
    with (
        pytest.raises(SystemExit),
        graceful_shutdown(signals=[INT]) as outer,
        graceful_shutdown(signals=[TERM]),
    ):
        signal.raise_signal(TERM)
        assert not outer.requested


def test_signals_of_nested_blocks_are_counted_together() -> None:
    """The third one interrupts, wherever the first ones were heard."""
    reached = 0
    with pytest.raises(SystemExit), graceful_shutdown(None):
        signal.raise_signal(TERM)
        with graceful_shutdown(None):
            signal.raise_signal(TERM)
            reached = 1
            signal.raise_signal(TERM)
            reached = 2
    assert reached == 1
