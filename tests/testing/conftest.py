"""Fixtures of the tests of the testing room."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from notebook_kit.testing import FaultServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A server that is running."""
    with FaultServer() as server:
        yield server
