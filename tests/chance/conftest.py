"""Fixtures of what is tried by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.chance.pair import pair

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.chance.pair import Pair


@pytest.fixture
def both() -> Iterator[Pair]:
    """One server, and a client of it for each transport."""
    with pair() as it:
        yield it
