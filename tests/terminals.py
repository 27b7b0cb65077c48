"""Programs in a terminal of their own, where Ctrl-C is a key that is pressed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from typing import Self

__all__ = ["Terminal"]

_PATIENCE_S = 40.0

#: The child takes the terminal as its own, so that the key sends it a signal; whoever started the
#: tests in the background has signals ignored, which children inherit.
_OWN = """
import fcntl, signal, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGINT, signal.default_int_handler)
"""


class Terminal:
    """A Python program that reads from and writes to a terminal.

    Args:
        source: the program.
        **environment: variables of the environment, beside those of this process.
    """

    def __init__(self, source: str, **environment: str) -> None:
        import pty  # not on Windows

        self._keys, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _OWN + source],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            env={**os.environ, "TERM": "dumb", "COLUMNS": "120", **environment},
        )
        os.close(theirs)
        self._heard = threading.Condition()
        self._text = ""
        self._over = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        data = b"-"
        while data:
            try:
                data = os.read(self._keys, 4096)
            except OSError:
                # The other end is closed.
                data = b""
            with self._heard:
                self._text += data.decode("utf-8", "replace")
                self._over = not data
                self._heard.notify_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        os.close(self._keys)

    def press(self, keys: str) -> float:
        """Press keys; return when that was."""
        os.write(self._keys, keys.encode())
        return time.monotonic()

    def until(self, text: str) -> str:
        """Wait until it has written this; return all that it wrote since it was last asked."""
        with self._heard:
            found = self._heard.wait_for(lambda: text in self._text or self._over, _PATIENCE_S)
            assert found, f"no {text!r} in: {self._text}"
            before, mark, self._text = self._text.partition(text)
            assert mark, f"it has ended, without {text!r}: {before}"
        return before + mark

    def end(self) -> tuple[int, str]:
        """Wait for its end; return its exit code and the rest of what it wrote."""
        with self._heard:
            assert self._heard.wait_for(lambda: self._over, _PATIENCE_S), self._text
        return self._process.wait(), self._text
