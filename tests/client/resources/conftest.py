"""A client of the demo API, described by classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.client.resources.demo_api import Api

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_kit.demo import DemoServer


@pytest.fixture
def api(demo: DemoServer) -> Iterator[Api]:
    """Return a client that tries nothing twice."""
    client = Api(demo.url, retry=0)
    yield client
    client.close()
