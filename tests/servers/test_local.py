from __future__ import annotations

import shutil
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer

if TYPE_CHECKING:
    from tests.servers.local import LocalServer

ROOT = Path(__file__).parents[2]


def is_answered(server: LocalServer) -> bool:
    """Tell whether something listens on the server's port."""
    with socket.socket() as caller:
        return caller.connect_ex((server.host, server.port)) == 0


@pytest.mark.parametrize("kind", [RedisServer, PostgresServer])
def test_a_server_comes_and_goes_on_its_port(kind: type[LocalServer]) -> None:
    """It can be stopped, killed and started again; nothing of it is left when it is closed."""
    with kind() as server:
        port = server.port
        for end in (server.stop, server.kill):
            assert is_answered(server)
            end()
            end()  # A second time changes nothing.
            assert not is_answered(server)
            server.start()
            server.start()
        assert (is_answered(server), server.port) == (True, port)
    assert not is_answered(server)
    assert not server.folder.exists()


@pytest.mark.parametrize("kind", [RedisServer, PostgresServer])
def test_a_server_that_is_not_installed_is_said_loudly(
    kind: type[LocalServer], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its tests are skipped, and fail where CI is set."""
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr("tests.servers.postgres.DEBIAN", tmp_path)
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"NOT RUN: .* scripts/ensure_servers.sh"):
        kind()
    monkeypatch.setenv("CI", "1")
    with pytest.raises(pytest.fail.Exception, match=r"NOT RUN: "):
        kind()


def test_what_cannot_be_installed_is_said_loudly(tmp_path: Path) -> None:
    """The script that installs them never fails, and names what is missing."""
    for name in ("bash", "cat", "id"):
        found = shutil.which(name)
        assert found is not None
        (tmp_path / name).symlink_to(found)
    done = subprocess.run(
        [tmp_path / "bash", ROOT / "scripts" / "ensure_servers.sh"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "!!!  NOT INSTALLED: " in done.stderr
    assert "redis-server. THE TESTS" in done.stderr
