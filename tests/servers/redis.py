"""A real Redis of the tests' own."""

from __future__ import annotations

import shutil
from typing import ClassVar

from tests.servers.local import LocalServer, not_run

__all__ = ["RedisServer"]


class RedisServer(LocalServer):
    """A redis-server that keeps its data in memory: after a stop there is none.

    Args:
        password: what it asks for; nothing, if empty.
        settings: further lines of its configuration.

    Attributes:
        url: where it is, with the password, as ``redis://:password@127.0.0.1:6379/0``.
    """

    ready: ClassVar[str] = "Ready to accept connections"

    def __init__(self, *, password: str = "", settings: tuple[str, ...] = ()) -> None:
        binary = shutil.which("redis-server")
        if binary is None:
            not_run("redis-server")
        super().__init__()
        self._binary = binary
        self.password = password
        asked = [f"requirepass {password}"] if password else []
        lines = [
            f"bind {self.host}",
            f"port {self.port}",
            'save ""',
            "appendonly no",
            "daemonize no",
            f"dir {self.folder}",
            *asked,
            *settings,
        ]
        self._configuration = self.folder / "redis.conf"
        self._configuration.write_text("\n".join(lines) + "\n", "utf-8")

    @property
    def url(self) -> str:
        """Where it is, with the password."""
        credentials = f":{self.password}@" if self.password else ""
        return f"redis://{credentials}{self.host}:{self.port}/0"

    def command(self) -> list[str]:
        """Return what starts it in the foreground."""
        return [self._binary, str(self._configuration)]
