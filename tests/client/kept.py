"""What the tests of kept answers and of fallbacks are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

import notebook_kit as nk
from notebook_kit.testing import Behaviour, answer
from tests.client.origins import Origin

if TYPE_CHECKING:
    from notebook_kit.client.kept.keeper import Keeper
    from notebook_kit.testing import ReceivedRequest

__all__ = [
    "JSON",
    "QUICK",
    "Hand",
    "both_transports",
    "client_of",
    "counting",
    "keeper_of",
    "numbered",
]

#: Three tries without a wait.
QUICK: Final = nk.Retry(max_attempts=3, base_delay=0)
JSON: Final = ("content-type", "application/json")

both_transports = pytest.mark.parametrize("transport", ["aiohttp", "httpx"])


def client_of(url: str, transport: str = "aiohttp", **options: Any) -> nk.Client:
    """Return a client over a transport."""
    options.setdefault("retry", QUICK)
    # HTTP/2 is what httpx's own transport is taken for; the test server speaks HTTP/1.1.
    return nk.Client(url, http2=transport == "httpx", **options)


def numbered(number: int, _: ReceivedRequest) -> Behaviour:
    """Answer with the number of the request."""
    return answer(f'{{"n": {number}}}', headers=[JSON])


def counting() -> Origin:
    """Return a server that numbers its answers."""
    return Origin(numbered)


def keeper_of(client: nk.Client) -> Keeper:
    """Return what keeps the answers of a client that has kept one."""
    keeper = client._core.care.keeper
    assert keeper is not None
    return keeper


class Hand:
    """The hand of a clock, moved by a test."""

    def __init__(self, client: nk.Client) -> None:
        self.now = 1_000.0
        care = client._core.care
        assert care.policy is not None
        care.keeper_for(care.policy)._clock = lambda: self.now

    def move(self, seconds: float) -> None:
        self.now += seconds
