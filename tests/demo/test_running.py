from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest

from notebook_kit.demo import running as running_module
from notebook_kit.demo import serve
from notebook_kit.demo.protocol import HttpServer
from notebook_kit.demo.running import Running

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A socket that listens and is closed when the test ends."""
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


class _Obedient:
    """Starts at once and stops when told to."""

    async def run_until(
        self, stopping: asyncio.Event, listening: socket.socket, *, started: Callable[[], None]
    ) -> None:
        started()
        await stopping.wait()


class _Failing:
    """Cannot start."""

    async def run_until(self, *_: Any, **__: Any) -> None:
        message = "no luck"
        raise OSError(message)


class _Deaf:
    """Says that it has started, if it does, and then listens to nobody until it is let go."""

    def __init__(self, *, starts: bool) -> None:
        self._starts = starts
        self.let_go = threading.Event()

    async def run_until(
        self, stopping: asyncio.Event, listening: socket.socket, *, started: Callable[[], None]
    ) -> None:
        if self._starts:
            started()
        self.let_go.wait(10)


def _running(server: Any, listening: socket.socket) -> Running:
    return Running(server, listening)


def test_what_prevents_the_start_is_raised_where_it_was_asked_for(
    listening: socket.socket,
) -> None:
    """Not in a thread that nobody watches; the socket is closed."""
    running = _running(_Failing(), listening)
    with pytest.raises(OSError, match="no luck"):
        running.start()
    assert not running.alive
    assert listening.fileno() == -1


def test_a_server_that_cannot_start_leaves_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also through the public function."""
    monkeypatch.setattr(HttpServer, "run_until", _Failing.run_until)
    with pytest.raises(OSError, match="no luck"):
        serve()


def test_a_start_that_takes_too_long_is_given_up(
    listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says how long it was waited for, and a warning that the thread is stuck."""
    monkeypatch.setattr(running_module, "_PATIENCE_S", 0.05)
    server = _Deaf(starts=False)
    running = _running(server, listening)
    with (
        pytest.warns(ResourceWarning, match="did not stop"),
        pytest.raises(TimeoutError, match="did not start"),
    ):
        running.start()
    server.let_go.set()
    running._thread.join(20)
    assert not running.alive


def test_a_server_that_does_not_stop_is_told_of(
    listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closing returns after a while, with a warning in place of an endless wait."""
    server = _Deaf(starts=True)
    running = _running(server, listening)
    running.start()
    monkeypatch.setattr(running_module, "_PATIENCE_S", 0.05)
    with pytest.warns(ResourceWarning, match="did not stop"):
        running.stop()
    server.let_go.set()
    running._thread.join(20)
    assert not running.alive


def test_it_can_be_stopped_from_its_own_thread(listening: socket.socket) -> None:
    """Where the garbage collector may run the finalizer; it cannot wait for itself there."""
    running = _running(_Obedient(), listening)
    running.start()
    called_in: list[str] = []

    def stop() -> None:
        called_in.append(threading.current_thread().name)
        running.call(lambda: called_in.append("at once"))
        running.stop()

    running.call(stop)
    running._thread.join(20)
    assert called_in == ["notebook_kit-demo", "at once"]
    assert not running.alive


def test_a_call_to_a_server_that_has_ended_is_made_on_the_spot(listening: socket.socket) -> None:
    """There is no loop any more that it could disturb."""
    running = _running(_Obedient(), listening)
    running.start()
    running.stop()
    called_in: list[threading.Thread] = []
    running.call(lambda: called_in.append(threading.current_thread()))
    assert called_in == [threading.current_thread()]


def test_an_error_in_a_call_does_not_hold_up_the_caller(listening: socket.socket) -> None:
    """The loop reports it as any error of a callback, and goes on."""
    running = _running(_Obedient(), listening)
    running.start()
    reported: list[BaseException] = []
    assert running._loop is not None
    running._loop.set_exception_handler(lambda _, told: reported.append(told["exception"]))

    def fail() -> None:
        raise LookupError

    running.call(fail)
    running.call(lambda: None)
    assert [type(error) for error in reported] == [LookupError]
    assert running.alive
    running.stop()
