"""A real PostgreSQL of the tests' own."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from tests.servers.local import LocalServer, not_run

if TYPE_CHECKING:
    import subprocess

__all__ = ["PostgresServer"]

#: Debian keeps the programs of each version in a folder that is on nobody's path.
DEBIAN = Path("/usr/lib/postgresql")


def _program(name: str) -> str:
    """Return the newest one that is there; without it, fail where CI is set, else skip."""
    versions = sorted(DEBIAN.glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]))
    found = str(versions[-1]) if versions else shutil.which(name)
    if found is None:
        not_run("PostgreSQL")
    return found


class PostgresServer(LocalServer):
    """A PostgreSQL that asks for a password and need not outlive a power cut.

    Args:
        password: that of its only user, ``tester``.
        settings: further settings, as ``max_connections=20``.

    Attributes:
        dsn: where it is, with user and password.
    """

    ready: ClassVar[str] = "database system is ready to accept connections"
    user: ClassVar[str | None] = "postgres"  # it refuses to run as root; Debian makes this one

    def __init__(
        self, *, password: str = "pw-of-the-tests", settings: tuple[str, ...] = ()
    ) -> None:
        self._initdb, self._postgres = _program("initdb"), _program("postgres")
        super().__init__()
        self.password = password
        self._settings = (
            f"listen_addresses={self.host}",
            f"port={self.port}",
            "unix_socket_directories=",
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
            "shared_buffers=16MB",
            "max_connections=40",
            "autovacuum=off",
            *settings,
        )

    @property
    def dsn(self) -> str:
        """Where it is, with user and password."""
        return f"postgresql://tester:{self.password}@{self.host}:{self.port}/postgres"

    def prepare(self) -> None:
        """Make an empty cluster of databases."""
        words = self.folder / "password"
        words.write_text(self.password, "utf-8")
        words.chmod(0o644)
        plain = ["--no-sync", "--no-instructions", "--locale=C", "--encoding=UTF8"]
        access = ["--auth=scram-sha-256", "--username=tester", f"--pwfile={words}"]
        self.run_once([self._initdb, f"--pgdata={self.folder / 'data'}", *plain, *access])

    def command(self) -> list[str]:
        """Return what starts it in the foreground."""
        options = [part for setting in self._settings for part in ("-c", setting)]
        return [self._postgres, "-D", str(self.folder / "data"), *options]

    def _ask_to_end(self, process: subprocess.Popen[bytes]) -> None:
        # It ends its connections; a polite request would wait for them to end by themselves.
        process.send_signal(signal.SIGINT)
