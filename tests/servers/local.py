"""A real server in a process of its own, which can be stopped and started again on its port."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self

import psutil
import pytest

from tests.ports import kept_port

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["LocalServer", "not_run"]

DEADLINE_S = 60.0


def not_run(what: str) -> NoReturn:
    """Say loudly that a test is not run for want of a server; fail it where CI is set."""
    message = f"NOT RUN: {what} is not installed: run scripts/ensure_servers.sh"
    if os.environ.get("CI"):
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


class LocalServer:
    """One server of the tests' own: its port, its folder and its process.

    Its port is kept for it while it is down, so that nothing else answers there.

    Attributes:
        host: where it listens.
        port: as `host`, the same at each start.
        folder: what it keeps; removed with it.
    """

    #: What it writes when it can be used.
    ready: ClassVar[str]
    #: Another user that it runs as, where it does not run as root.
    user: ClassVar[str | None] = None
    host = "127.0.0.1"

    def __init__(self) -> None:
        self._kept = ExitStack()
        self.port = self._kept.enter_context(kept_port())
        # Pytest's own folders are closed to other users.
        open_to_all = None if self._other_user is None else "/tmp"  # noqa: S108 - as it says
        self.folder = Path(tempfile.mkdtemp(prefix="notebook_kit-", dir=open_to_all))
        self._kept.callback(shutil.rmtree, self.folder, ignore_errors=True)
        if self._other_user is not None:
            shutil.chown(self.folder, self._other_user, self._other_user)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def _other_user(self) -> str | None:
        return self.user if os.name == "posix" and os.geteuid() == 0 else None

    def command(self) -> list[str]:
        """Return what starts it in the foreground."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Make what it needs before it starts for the first time."""

    @property
    def is_running(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it and return when it can be used; nothing where it runs."""
        if self.is_running:
            return
        said = self.folder / "said.txt"
        with said.open("wb") as output:
            self._process = subprocess.Popen(
                self.command(),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C is for the tests, which then stop it.
                start_new_session=True,
                **self._as_user(),
            )
        deadline = time.monotonic() + DEADLINE_S
        while self.ready not in said.read_text("utf-8", "replace"):
            late = time.monotonic() > deadline
            assert self.is_running and not late, said.read_text("utf-8", "replace")  # noqa: PT018
            time.sleep(0.005)

    def stop(self) -> None:
        """Have it close its connections and end; return when it has."""
        if self._process is not None:
            self._ask_to_end(self._process)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None

    def _ask_to_end(self, process: subprocess.Popen[bytes]) -> None:
        process.terminate()

    def kill(self) -> None:
        """End it and all that it has started at once, as a power cut would."""
        if self._process is None:
            return
        with suppress(psutil.NoSuchProcess):
            main = psutil.Process(self._process.pid)
            # It must not see its children end, and do something about it.
            main.suspend()
            all_of_it = [*main.children(recursive=True), main]
            for one in all_of_it:
                with suppress(psutil.NoSuchProcess):
                    one.kill()
            while not all(map(_is_gone, all_of_it)):
                time.sleep(0.002)
        self._process.wait(10)
        self._process = None

    def close(self) -> None:
        """Stop it for good, and remove what it kept."""
        with self._kept:
            self.stop()

    def run_once(self, command: list[str]) -> None:
        """Run one command as the server's user, to its end."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            **self._as_user(),
        )
        assert done.returncode == 0, (done.stdout + done.stderr).decode("utf-8", "replace")

    def _as_user(self) -> dict[str, Any]:
        user = self._other_user
        return {} if user is None else {"user": user, "group": user, "extra_groups": []}

    def __enter__(self) -> Self:
        try:
            self.prepare()
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _is_gone(process: psutil.Process) -> bool:
    # What has ended is there until the system's first process has looked after it.
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
