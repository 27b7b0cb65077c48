"""The thread, the loop and the socket of one server, without the object that the user holds."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import warnings
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from notebook_kit.demo.protocol import HttpServer

__all__ = ["Running"]

#: Starting and stopping take milliseconds; this is for a machine that stands still.
_PATIENCE_S: Final = 30.0
#: How often a waiting thread looks whether the server has ended meanwhile.
_GLANCE_S: Final = 0.1


class Running:
    """Serves from a daemon thread, from `start` to `stop`.

    Holds no reference to whatever started it, so that a finalizer may hold this.
    """

    def __init__(self, server: HttpServer, listening: socket.socket) -> None:
        self._server = server
        self._listening = listening
        self._process = os.getpid()
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="notebook_kit-demo", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether requests are answered."""
        return self._thread.is_alive() and os.getpid() == self._process

    def start(self) -> None:
        """Start the thread and wait until it answers requests."""
        self._thread.start()
        if not self._ready.wait(_PATIENCE_S):
            self.stop()
            message = f"The demo API did not start within {_PATIENCE_S:.0f} s."
            raise TimeoutError(message)
        if self._failure is not None:
            self._thread.join(_PATIENCE_S)
            raise self._failure

    def stop(self) -> None:
        """End connections, loop and thread; more than once is as good as once."""
        # After a fork the thread is the parent's, and so is the loop that this would wake.
        if os.getpid() != self._process:
            self._listening.close()
            return
        if self._loop is not None and self._stopping is not None:
            with contextlib.suppress(RuntimeError):  # the loop has just closed
                self._loop.call_soon_threadsafe(self._stopping.set)
        # The garbage collector may call this in the server's own thread, which ends by itself.
        if self._thread is threading.current_thread():
            return
        self._thread.join(_PATIENCE_S)
        if self._thread.is_alive():
            message = "A demo API did not stop; its thread ends with the process."
            warnings.warn(message, ResourceWarning, stacklevel=2)

    def call(self, function: Callable[[], None]) -> None:
        """Call the function where requests are handled, and wait until that is done."""
        if not self.alive or self._loop is None or self._thread is threading.current_thread():
            function()
            return
        done = threading.Event()

        def call_and_tell() -> None:
            try:
                function()
            finally:
                done.set()

        with contextlib.suppress(RuntimeError):  # the loop has just closed
            self._loop.call_soon_threadsafe(call_and_tell)
            while not done.wait(_GLANCE_S) and self.alive:
                continue

    def _run(self) -> None:
        try:
            with asyncio.Runner() as runner:
                runner.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - whoever started it raises it
            self._failure = error
        finally:
            self._listening.close()
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        await self._server.run_until(self._stopping, self._listening, started=self._ready.set)
