"""Scripts in interpreters of their own, where warnings are errors, to be sent signals."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import signal
    from types import TracebackType

__all__ = ["Script"]


class Script:
    """A Python script that runs, and tells by lines of its output where it stands."""

    def __init__(self, source: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", source],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def wait_for(self, line: str) -> None:
        """Wait for this line of output, which has to be the next."""
        assert self._process.stdout is not None
        found = self._process.stdout.readline()
        if found != f"{line}\n":
            self._process.kill()
            rest, errors = self._process.communicate()
            message = f"{found!r} instead of {line!r}, then {rest!r} and {errors}"
            raise AssertionError(message)

    def told(self) -> Any:
        """Return the next line of output, which has to be JSON."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.startswith(("{", "[")):
            self._process.kill()
            rest, errors = self._process.communicate()
            message = f"{line!r} instead of JSON, then {rest!r} and {errors}"
            raise AssertionError(message)
        return json.loads(line)

    def send(self, name: signal.Signals) -> float:
        """Send it a signal; return when, in seconds of the clock that all processes share."""
        now = time.monotonic()
        self._process.send_signal(name)
        return now

    def end(self, timeout_s: float = 20) -> tuple[int, str]:
        """Wait for its end; return its exit code and what it wrote to standard error."""
        rest, errors = self._process.communicate(timeout=timeout_s)
        assert rest == ""
        return self._process.returncode, errors
