"""What the tests of tapes are given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from notebook_kit.testing import FaultServer, answer
from tests.tapes.taping import JSON

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a tape may be made."""
    return tmp_path / "tape.db"


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """Return a server that answers everything with the same JSON."""
    with FaultServer() as server:
        server.when("*", answer('{"n": 1}', headers=[JSON]))
        yield server
