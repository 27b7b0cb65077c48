"""Scripts in interpreters of their own, where warnings are errors, to be sent signals."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["AT_ONCE_S", "COUNT", "WORK", "Script"]

COUNT = 10_000
#: A fifth of a second is what is promised. What does not act at once waits for a minute or for ever
#: in these scripts, so that a machine that is busy with other tests may take its time.
AT_ONCE_S = 20.0
#: Seconds after which a script that should tell something has to tell where it hangs.
_PATIENCE_S = 40.0

#: Two functions to be mapped, which say so when there is something to be interrupted. It stands
#: behind `NOW_AT`, the number of calls after which that is so.
WORK = f"""
COUNT = {COUNT}
started, finished = [], []

def begin():
    started.append(time.monotonic())
    if len(started) == NOW_AT:
        print("now", flush=True)

async def item(number):
    begin()
    await asyncio.sleep(0.01)
    finished.append(number)
    return number

def call(number):
    begin()
    time.sleep(0.01)
    finished.append(number)
    return number
"""


class Script:
    """A Python script that runs, and tells by lines of its output where it stands."""

    def __init__(self, source: str) -> None:
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed when the block ends
        self._process = subprocess.Popen(
            [sys.executable, "-X", "faulthandler", "-W", "error", "-c", source],
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._errors.close()

    def _next(self) -> str:
        """Return the next line; nothing at the end, or where the script hangs, which it tells."""
        try:
            return self._lines.get(timeout=_PATIENCE_S)
        except queue.Empty:
            # It dies of it, and the last it does is to write where each of its threads stands.
            self._process.send_signal(getattr(signal, "SIGABRT", signal.SIGTERM))
            return ""

    def _fail(self, found: str, wanted: str) -> AssertionError:
        if found:
            self._process.kill()
        code = self._process.wait()
        self._reader.join()
        rest = [self._lines.get() for _ in range(self._lines.qsize())]
        message = f"{found!r} instead of {wanted}, then {rest}, code {code} and:\n{self._said()}"
        return AssertionError(message)

    def _said(self) -> str:
        self._errors.seek(0)
        return self._errors.read()

    def wait_for(self, line: str) -> None:
        """Wait for this line of output, which has to be the next."""
        found = self._next()
        if found != f"{line}\n":
            raise self._fail(found, repr(line))

    def told(self) -> Any:
        """Return the next line of output, which has to be JSON."""
        line = self._next()
        if not line.startswith(("{", "[")):
            raise self._fail(line, "JSON")
        return json.loads(line)

    def send(self, name: signal.Signals) -> float:
        """Send it a signal; return when, in seconds of the clock that all processes share."""
        now = time.monotonic()
        self._process.send_signal(name)
        return now

    def end(self) -> tuple[int, str]:
        """Wait for its end; return its exit code and what it wrote to standard error."""
        if (rest := self._next()) != "":
            raise self._fail(rest, "the end")
        code = self._process.wait()
        return code, self._said()
